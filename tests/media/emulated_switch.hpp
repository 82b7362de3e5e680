#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/device/media_switch.hpp"

namespace coldboot {

/// What became of a card, and what can be wrong on its way. Outlives the switch.
struct SwitchedCard {
  CardSide side = CardSide::dut;
  std::vector<CardSide> history{};
  // Knobs.
  std::function<void(CardSide)> on_turn{};  ///< the disk appears, or goes
  std::optional<Fault> no_way_to_the_host{};
  std::optional<Fault> no_way_back{};
};

/// A multiplexer at hub 1-4 whose switch is at 1-4.2.
class EmulatedSwitch final : public MediaSwitch {
 public:
  explicit EmulatedSwitch(SwitchedCard& card) : card_(card) {}

  Result<void> turn(CardSide to, const Until&) override {
    const auto& fault = to == CardSide::host ? card_.no_way_to_the_host : card_.no_way_back;
    if (fault) return *fault;
    card_.side = to;
    card_.history.push_back(to);
    if (card_.on_turn) card_.on_turn(to);
    return {};
  }
  Result<std::optional<CardSide>> side(const Until&) override { return std::optional(card_.side); }
  Result<CardReader> reader(const Until&) override { return CardReader{.port = "", .hub = "1-4", .chip = "1-4.2"}; }
  [[nodiscard]] std::string description() const override { return "emulated multiplexer"; }

 private:
  SwitchedCard& card_;
};

}  // namespace coldboot
