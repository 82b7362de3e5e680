#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/console/boot_watcher.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/core/units.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/event/chunk_sink.hpp"
#include "harness/event/event_log.hpp"

namespace coldboot {

/// A console as a boot knows it: the capture's name for it, and the name in the plan, the record and the events.
struct BootConsole {
  std::string console;
  std::string as;
};

/// The capture loop: one thread reads every console, stamps each read right after it returns, hands the bytes to the
/// record and to the boot's watcher, and appends what is found to the event log.
///
/// All functions may be called from any thread while it runs. received(), last_arrival(), is_lost() and next_due() may
/// be called under the event log's lock, so from inside a condition of EventLog::wait(); the others may not.
class Capture {
 public:
  explicit Capture(EventLog& log);
  ~Capture();  ///< stops and joins the thread; the streams are not closed
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Takes a copy of what a console says, boot or not; called by the loop, so it must not wait.
  using Tap = std::function<void(std::string_view bytes)>;

  /// Starts to read `stream`, which must live until remove(). Until a boot listens to it, its bytes go nowhere but to
  /// `tap`. Faults: `mistake` for a name in use, `refused` for a descriptor that cannot be waited for, `io`.
  Result<void> add(const std::string& console, ByteStream& stream, std::optional<LineRate> line = {}, Tap tap = {});

  /// Goes on with a console that was lost and whose stream was opened anew: its boot, if it is in one, hears more of
  /// it, behind the bytes it had. Appends ConsoleOpened. Faults: `missing`; those of add().
  Result<void> resume(const std::string& console);
  void remove(const std::string& console);  ///< once it returns, the stream is not touched any more

  /// From now on, bytes of `consoles` (none named: all there are, under their own names) belong to boot `number`, from
  /// offset 0. `sink` must live until end_boot(). Several boots may run at once on different consoles; a console moves
  /// to the boot that asked last. Faults: `missing` for a console that was not added, `lost` for one that hung up.
  Result<void> begin_boot(int number, std::shared_ptr<const CompiledPlan> plan, ChunkSink& sink,
                          std::vector<BootConsole> consoles = {});
  void power_on(int number, Instant t0);  ///< PowerSwitched{on} has been appended; t0 is its `returned`
  void power_off(int number);
  void end_boot(int number);  ///< finishes the watcher: last markers are appended before it returns

  [[nodiscard]] std::uint64_t received(const std::string& console) const;  ///< raw bytes of it in this boot
  [[nodiscard]] Instant last_arrival(const std::string& console) const;    ///< Instant{} when none came in this boot
  [[nodiscard]] bool is_lost(const std::string& console) const;            ///< it hung up, and was not resumed yet

  /// Before typing: registers the echo to expect, and returns the raw bytes received so far.
  std::uint64_t begin_send(const std::string& console, std::string_view bytes);
  /// After typing: appends the ConsoleSent event, with its marker if the plan has one.
  void end_send(const std::string& console, std::string_view bytes, std::uint64_t at_offset, Instant at);

  /// Blocks, in real time, until `total_bytes` of the console in this boot were read, stamped, matched and posted.
  /// Faults: `timeout`; `lost` when the console hung up before.
  Result<void> wait_until_received(const std::string& console, std::uint64_t total_bytes,
                                   std::chrono::milliseconds real_timeout);

  /// Takes in, on the caller's thread, all that the consoles hold by now, and makes the watchers look at the clock. For
  /// clocks that jump: nothing sent before is left to be stamped later, quiet times and silences that ended are found.
  /// On the machine's clock the loop does both by itself.
  void catch_up();
  [[nodiscard]] Instant next_due() const;  ///< when the watchers want to look at the clock; Instant::max() for never

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// How far typing came.
struct Typed {
  std::size_t bytes = 0;  ///< taken by the stream for certain
  Instant at{};           ///< when the last of them was
  Result<void> outcome;   ///< faults: those of ByteStream::write; `stopped`, `timeout`
};

/// Types `text` with `key_delay` after each character but the last: firmware and iPXE lose characters that come at
/// full speed. Time is the log's clock.
Typed type_text(ByteStream& stream, EventLog& log, std::string_view text, Nanos key_delay, const Until& until);

}  // namespace coldboot
