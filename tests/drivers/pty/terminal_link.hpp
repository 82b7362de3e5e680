#pragma once

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A pseudo-terminal at a path that stays the same: what socat or QEMU make, and make again.
class TerminalLink {
 public:
  explicit TerminalLink(std::filesystem::path path) : path_(std::move(path)) { plug_in(); }
  ~TerminalLink() { unplug(); }
  TerminalLink(const TerminalLink&) = delete;
  TerminalLink& operator=(const TerminalLink&) = delete;

  void plug_in() {
    dut_ = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    std::array<char, 64> name{};
    EXPECT_TRUE(::grantpt(dut_.get()) == 0 && ::unlockpt(dut_.get()) == 0 &&
                ::ptsname_r(dut_.get(), name.data(), name.size()) == 0);
    termios raw{};  // else it echoes what the DUT says before somebody has opened it
    ::tcgetattr(dut_.get(), &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(dut_.get(), TCSANOW, &raw);
    std::filesystem::create_symlink(name.data(), path_);
  }
  void unplug() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    dut_.close();
  }

  /// The DUT's end.
  [[nodiscard]] const Descriptor& dut() const { return dut_; }
  void say(std::string_view bytes) const {
    ASSERT_EQ(::write(dut_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

 private:
  std::filesystem::path path_;
  Descriptor dut_;
};

}  // namespace coldboot
