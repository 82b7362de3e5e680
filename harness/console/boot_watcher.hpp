#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/console/compiled_plan.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/units.hpp"
#include "harness/event/console_record.hpp"
#include "harness/event/hit.hpp"

namespace coldboot {

/// What the watcher found. A `held` one is provisional: a marker whose pattern more bytes could still lengthen or whose
/// quiet time has not passed, a failure whose line has not ended. It comes again final, or never.
struct Found {
  std::variant<MarkerHit, FailureHit> hit;
  bool held = false;
  bool operator==(const Found&) const = default;
};

/// How one console's bytes are to be timed.
struct ConsoleTiming {
  std::optional<LineRate> line;  ///< declared: times inside a chunk are calculated back from its arrival
  Nanos resolution{};            ///< how coarse the stamps are; 0 for a live console
};

/// Turns the chunks of one boot into marker and failure hits; the same for a boot that runs and for a recorded one.
///
/// - A marker's time is the arrival of its last byte: the chunk's stamp, minus the line time of the bytes after it
///   where a rate is declared, never earlier than the read before.
/// - `after` holds when the other marker's first hit ended before this one begins (same console), or is not later
///   (another console, or a marker without offsets).
/// - `quiet` holds when what the console shows next (blanks, controls and escape sequences show nothing), tick() or
///   finish() comes that much later. Where the stamps are missing or too coarse to tell, it holds when only blanks
///   follow on the line.
/// - A hit within `twice-within` of the last one that counted is the same sign of life and is not reported. Where
///   stamps are too coarse to tell, it is new only if another marker counted in between.
/// - One failure hit is reported for each class and line.
/// - power-on comes from power_on(); first-byte and last-byte are those of the main console (of any, if the plan names
///   none). The pattern of ShutdownPlan::done is reported as a marker named builtin::shutdown_done.
class BootWatcher {
 public:
  explicit BootWatcher(std::shared_ptr<const CompiledPlan> plan);
  ~BootWatcher();
  BootWatcher(BootWatcher&&) noexcept;
  BootWatcher& operator=(BootWatcher&&) noexcept;

  /// Announces a console, or tells what its timing has become. One that is never announced has no line rate.
  void add_console(const std::string& console, const ConsoleTiming& timing);

  void power_on(Instant t0, std::vector<Found>& found);

  /// Nobody saw power come on (a log of another tool): the first byte of all is first-byte.
  void assume_powered();

  void power_off();  ///< silence is no failure from here on

  /// `chunk.offset` continues where the console's last chunk ended.
  void chunk(const std::string& console, const Chunk& chunk, std::string_view bytes, std::vector<Found>& found);

  /// We are about to type: what repeats it is echo. To be called before the bytes at `at_offset` are handed in.
  void typing(const std::string& console, std::string_view bytes, std::uint64_t at_offset);

  /// We have typed; for markers with `sent`.
  void sent(const std::string& console, std::string_view bytes, Instant at, std::vector<Found>& found);

  /// Time has passed: confirms quiet markers, finds silences.
  void tick(Instant now, std::vector<Found>& found);
  [[nodiscard]] Instant next_due() const;  ///< when a tick could find something; Instant::max() for never

  /// The boot is over.
  void finish(Instant at, std::vector<Found>& found);

  /// Names of patterns ("marker menu") that ran into the match limit.
  [[nodiscard]] std::vector<std::string> gave_up() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Replays a record through a BootWatcher: its chunks in order of arrival, its ConsoleSent and PowerSwitched events.
/// What counts finally, in order of time (unstamped: of text).
std::vector<Found> watch(const BootRecord& record, std::shared_ptr<const CompiledPlan> plan);

}  // namespace coldboot
