#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "drivers/qemu/board_folder.hpp"
#include "drivers/qemu/machine.hpp"
#include "drivers/qemu/qmp.hpp"
#include "harness/core/result.hpp"
#include "harness/device/boot_medium.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/device/network_port.hpp"
#include "harness/device/power_switch.hpp"
#include "harness/event/event.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/io/network_namespace.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

/// What a virtual board keeps of an image put into it.
enum class QemuMedium { firmware, sd };

/// A board that is a QEMU process: power on starts it, power off kills it, as a relay does. Between two boots only what
/// is in its flash and on its card stays; both are copies of the images that were put, in a folder of its own that goes
/// with it. Instead, its flash may be a file of the user's, which stays.
///
/// QEMU is built first and let run by QMP's `cont`, so that t0 is the board's first instruction and not the start of a
/// process. Resets, shutdowns and panics that QEMU tells of go to `tell`; a process that ends by itself is a fault.
class VirtualBoard : public std::enable_shared_from_this<VirtualBoard> {
 public:
  using Tell = std::function<void(EventBody)>;

  /// Fault: `io` when the process has no descriptor left.
  static Result<std::shared_ptr<VirtualBoard>> create(std::string where, Tell tell);
  ~VirtualBoard();
  VirtualBoard(const VirtualBoard&) = delete;
  VirtualBoard& operator=(const VirtualBoard&) = delete;

  /// The board's power; `machine` is what it is made of but for its media.
  std::unique_ptr<PowerSwitch> power_switch(QemuMachine machine);

  /// Its serial line, which is there whether it has power or not. At `rate`, bytes come as slowly as on such a line;
  /// without, as fast as QEMU makes them. Fault: `refused` for a second one, `io`.
  Result<std::unique_ptr<ByteStream>> console(std::optional<LineRate> rate);

  /// Its firmware chip is this file of 8 MiB, which it may write to: what the file holds when power comes is what
  /// boots. It need not be there before; switching on without it is `missing`, with one of another size `mistake`,
  /// without the right to write it `refused`. Before power_switch() is asked to switch.
  /// Fault: `mistake` when there is a medium for the firmware.
  Result<void> use_chip(std::filesystem::path file);

  /// Fault: `mistake` for the firmware when the board's chip is a file.
  Result<std::unique_ptr<BootMedium>> medium(QemuMedium kind);

  /// The other end of the cable of one of its cards ("lan", "wan"): an interface of that name in `network`, which has a
  /// carrier while the board has power. Before power_switch() is asked to switch.
  /// Faults: `mistake` for a card it has not, `refused`, `io`.
  Result<std::unique_ptr<NetworkPort>> port(const std::string& card, std::shared_ptr<const NetworkNamespace> network);

 private:
  class Switch;
  class Console;
  class Medium;
  class Port;
  struct Running;

  VirtualBoard(std::string where, Tell tell, Descriptor line, Descriptor harness_end, Wake changed);
  Result<void> start(const Until& until);
  [[nodiscard]] Result<void> check_chip() const;
  [[nodiscard]] Fault why_it_did_not_start(Running& board, const Fault& fault) const;
  void stop();
  [[nodiscard]] bool is_running();
  Result<void> put(QemuMedium kind, const std::filesystem::path& image);
  Result<void> type(std::string_view bytes);

  void serve(const std::stop_token& stop);
  void pass_on_locked();
  bool take_print_locked();
  [[nodiscard]] std::size_t group_size() const;
  void look_at_the_process_locked();
  static void take_output(Running& board);
  void tell_event(const QmpEvent& event);
  void tell_reset(const std::string& because);

  const std::string where_;
  const Tell tell_;
  const Descriptor line_;                // the board's end of the serial line
  std::unique_ptr<BoardFolder> folder_;  // made with the first image
  QemuMachine machine_;                  // with the media and the chip below
  std::filesystem::path chip_;           // the user's file; empty: there is none
  bool has_firmware_medium_ = false;
  std::map<std::string, std::shared_ptr<const NetworkNamespace>> cables_;  // by card: where each goes
  Instant let_run_sent_{};                                                 // around `cont` of this boot
  Instant let_run_returned_{};

  std::mutex mutex_;                  // guards everything down to the next blank line
  std::unique_ptr<Running> running_;  // while power is on
  std::optional<LineRate> rate_;      // as slow as that, where it is set
  std::string unsent_;                // printed, and still on its way
  Instant line_free_{};               // when the line has carried the next bytes of them
  bool blocked_ = false;              // until the harness has read

  Descriptor harness_end_;  // until somebody opens the console
  Wake changed_;            // the board was switched
  std::jthread thread_;
};

/// The mistake of a bench that names both a chip that is a file and a medium for the firmware.
Fault two_firmwares(const std::string& where);

/// Whether a file can be put into the board. Faults: `missing`; `mistake` for a size that flash or cards do not have.
Result<void> check_qemu_image(QemuMedium kind, const std::filesystem::path& image);

}  // namespace coldboot
