#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/replay/player.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/virtual_clock.hpp"
#include "harness/device/boot_medium.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/device/power_switch.hpp"

namespace coldboot {

/// A recorded boot played back as a board: off it is silent, on it prints what was recorded when it was recorded.
/// It has a power switch, consoles and a medium (the recording), which a bench opens one by one.
///
/// In virtual time its bytes go through socket pairs, at real pace through pseudo-terminals.
class ReplayBoard : public std::enable_shared_from_this<ReplayBoard> {
 public:
  /// At real pace when `virtual_clock` is null.
  static std::shared_ptr<ReplayBoard> create(Clock& clock, VirtualClock* virtual_clock, std::string where);
  ~ReplayBoard();
  ReplayBoard(const ReplayBoard&) = delete;
  ReplayBoard& operator=(const ReplayBoard&) = delete;

  std::unique_ptr<PowerSwitch> power_switch();
  std::unique_ptr<BootMedium> medium();
  /// Fault `refused` when the console is already open, `io` when the system gives no descriptor.
  Result<std::unique_ptr<ByteStream>> console(const std::string& name);

 private:
  class Console;
  class Switch;
  class Medium;
  class VirtualSource;

  ReplayBoard(Clock& clock, VirtualClock* virtual_clock, std::string where);
  void print(const std::vector<Emission>& emissions);
  void play_at_real_pace(const std::stop_token& stop);

  Clock& clock_;
  VirtualClock* virtual_clock_;
  std::string where_;
  std::mutex mutex_;                     // guards all below
  std::condition_variable_any changed_;  // power, recording or typing changed what comes next
  Player player_;
  std::map<std::string, int> board_ends_;  // console -> the board's end of the line; first opened is the main one
  std::string main_console_;
  std::unique_ptr<VirtualSource> source_;
  std::jthread pace_;  // only at real pace
};

}  // namespace coldboot
