#pragma once

#include <array>
#include <fcntl.h>
#include <pty.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "harness/device/byte_stream.hpp"

namespace coldboot {

/// A console and the DUT at its far end, on a socket pair or a pseudo-terminal.
class EmulatedConsole : public ByteStream {
 public:
  enum class Kind { socket, pty };

  explicit EmulatedConsole(Kind kind = Kind::socket) : kind_(kind) { plug_in(); }
  ~EmulatedConsole() override { unplug(); }
  EmulatedConsole(const EmulatedConsole&) = delete;
  EmulatedConsole& operator=(const EmulatedConsole&) = delete;

  [[nodiscard]] int descriptor() const override { return ours_; }
  Result<void> write(std::string_view bytes, const Until&) override {
    if (::write(ours_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) return {};
    return Fault(Cause::io, "console", "short write");
  }
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until&) override {
    unplug();
    plug_in();
    return {};
  }

  [[nodiscard]] std::string description() const override { return "emulated console"; }

  /// The DUT speaks.
  void say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(dut_, bytes.data(), bytes.size());
      ASSERT_GT(count, 0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// What the DUT was told, up to `most` bytes.
  [[nodiscard]] std::string heard(std::size_t most = 100) const {
    std::string bytes(most, '\0');
    const ssize_t count = ::read(dut_, bytes.data(), bytes.size());
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }

  void hang_up() {
    if (dut_ >= 0) ::close(std::exchange(dut_, -1));
  }

 private:
  void plug_in() {
    if (kind_ == Kind::socket) {
      std::array<int, 2> ends{};
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
      ours_ = ends[0];
      dut_ = ends[1];
    } else {
      EXPECT_EQ(::openpty(&ours_, &dut_, nullptr, nullptr, nullptr), 0);
      termios raw{};
      ::tcgetattr(dut_, &raw);
      ::cfmakeraw(&raw);
      ::tcsetattr(dut_, TCSANOW, &raw);
    }
    ::fcntl(ours_, F_SETFL, O_NONBLOCK);
  }
  void unplug() {
    hang_up();
    if (ours_ >= 0) ::close(std::exchange(ours_, -1));
  }

  Kind kind_;
  int ours_ = -1;
  int dut_ = -1;
};

}  // namespace coldboot
