#pragma once

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <termios.h>

#include <gtest/gtest.h>

#include "harness/io/child.hpp"
#include "harness/io/connect.hpp"
#include "tests/drivers/pty/terminal_link.hpp"
#include "tests/io/listener.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// Debian's ser2net as a console server on this host, with a pseudo-terminal as its serial port.
class Ser2net {
 public:
  /// `accepter` is what stands before the address: "telnet(rfc2217),tcp", "telnet,tcp" or "tcp".
  explicit Ser2net(const std::string& accepter, const std::string& options = "") : port_(Listener().port()) {
    put_text(folder_.path() / "ser2net.yaml",
             "connection: &apu2\n"
             "  accepter: " +
                 accepter + ",127.0.0.1," + std::to_string(port_) +
                 "\n"
                 "  connector: serialdev(nouucplock=true)," +
                 (folder_.path() / "port").string() +
                 ",115200n81,local\n"
                 "  options:\n    chardelay: false\n" +
                 options);
    start();
  }
  ~Ser2net() {
    if (process_) stop();
  }
  Ser2net(const Ser2net&) = delete;
  Ser2net& operator=(const Ser2net&) = delete;

  static bool is_installed() { return std::filesystem::exists(program); }

  void start() {
    auto started = Child::start({program, "-d", "-n", "-c", (folder_.path() / "ser2net.yaml").string()});
    ASSERT_TRUE(started) << started.error().text();
    process_.emplace(std::move(*started));
    wait_until_it_listens();
  }
  void stop() {
    process_->signal_group(SIGTERM);
    process_->reap();
    process_.reset();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// The DUT's end of the serial port.
  [[nodiscard]] const TerminalLink& wire() const { return wire_; }
  [[nodiscard]] speed_t speed() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(wire_.dut().get(), &settings), 0);
    return ::cfgetospeed(&settings);
  }

 private:
  static constexpr const char* program = "/usr/sbin/ser2net";

  /// Looks at the system's list and connects to nothing: ser2net would take that for its client.
  void wait_until_it_listens() const {
    constexpr const char* listening = "0A";
    char wanted[32];  // NOLINT(modernize-avoid-c-arrays)
    std::snprintf(wanted, sizeof wanted, "0100007F:%04X 00000000:0000 %s", static_cast<unsigned>(port_), listening);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (text_of("/proc/net/tcp").find(wanted) == std::string::npos) {
      ASSERT_FALSE(process_->has_ended()) << "ser2net ended";
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      ::poll(nullptr, 0, 2);
    }
  }

  TemporaryFolder folder_;
  TerminalLink wire_{folder_.path() / "port"};
  int port_;
  std::optional<Child> process_;
};

}  // namespace coldboot
