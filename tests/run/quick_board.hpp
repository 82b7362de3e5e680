#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "harness/bench/catalog.hpp"
#include "tests/console/emulated_console.hpp"
#include "tests/no_keys.hpp"

namespace coldboot {

/// A board at real pace that has spoken before the call that switches it on is back.
class QuickBoard {
 public:
  /// The catalog's only drivers, all named "quick".
  static Catalog catalog() {
    return {
        .power = {{"quick", no_keys(), &open_switch}}, .consoles = {{"quick", no_keys(), &open_console}}, .media = {}};
  }

 private:
  class Switch final : public PowerSwitch {
   public:
    explicit Switch(std::shared_ptr<QuickBoard> board) : board_(std::move(board)) {}
    Result<PowerSwitched> set(Power wanted, const Until&) override {
      PowerSwitched done{.wanted = wanted};
      done.sent = done.returned = std::chrono::steady_clock::now();
      if (wanted == Power::on) board_->console_->say("PC Engines apu2\r\n8) Shell\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      return done;
    }
    Result<std::optional<Power>> state(const Until&) override { return std::optional<Power>(); }

   private:
    std::shared_ptr<QuickBoard> board_;
  };

  static Result<std::unique_ptr<PowerSwitch>> open_switch(const DeviceEntry&, const std::string&,
                                                          OpenContext& context) {
    return std::unique_ptr<PowerSwitch>(std::make_unique<Switch>(board_of(context)));
  }
  static Result<std::unique_ptr<ByteStream>> open_console(const DeviceEntry&, const std::string&,
                                                          OpenContext& context) {
    auto console = std::make_unique<EmulatedConsole>();
    board_of(context)->console_ = console.get();
    return std::unique_ptr<ByteStream>(std::move(console));
  }
  static std::shared_ptr<QuickBoard> board_of(OpenContext& context) {
    return context.parts.get<QuickBoard>([] { return std::make_shared<QuickBoard>(); });
  }

  EmulatedConsole* console_ = nullptr;
};

}  // namespace coldboot
