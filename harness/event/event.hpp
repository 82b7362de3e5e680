#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/core/units.hpp"
#include "harness/event/hit.hpp"

namespace coldboot {

enum class Power { off, on };

/// How a DUT's system came down: `cut`, when power was taken from under it, which makes the next boot slower.
enum class Ending { clean, cut };

/// What became of an image that was to be on the DUT's firmware chip: `written` and read back; `identical`, flashrom
/// found it there; `unchanged`, it was known to be there and nothing was written; `restored`, it is the bench's golden
/// image, written because the chip's content was in doubt.
enum class ChipOutcome { written, identical, unchanged, restored };

/// What a run, a boot or a judged limit came to. Order is precedence: the worst of several decides.
enum class Verdict { skipped, pass, inconclusive, fail, error, aborted };

std::string_view name_of(Power power);
std::string_view name_of(Ending ending);
std::string_view name_of(ChipOutcome outcome);
std::string_view name_of(Verdict verdict);

// What can happen on a bench. Each body is a plain value; docs/run-folder.md describes it as written to disk.

/// A boot begins: its folder exists and its consoles are recorded, power has not been touched yet.
struct BootStarted {
  std::string configuration;
  std::string bench;
  std::string profile;
  std::optional<Ending> after;  ///< how the boot before this one ended, where that is known
  bool operator==(const BootStarted&) const = default;
};

/// A boot is over. Where the record holds less of a console than this, some of it was lost later.
struct BootEnded {
  std::map<std::string, std::uint64_t> bytes;  ///< received in this boot, by console
  bool operator==(const BootEnded&) const = default;
};

/// One switching call that took effect. Of `Power::on`, `returned` is t0 of the boot.
struct PowerSwitched {
  Power wanted = Power::off;
  Instant sent{};                  ///< just before the call
  Instant returned{};              ///< just after it; the event's own time
  std::optional<Power> read_back;  ///< what the device says it does; nothing where it cannot be asked
  int attempt = 1;                 ///< which attempt this was, from 1
  Nanos device_delay{};            ///< declared: the most the device itself may take after taking the command
  /// Not for the sake of this boot, so that it is no t0: to bring the board into S5, or to prove that a firmware boots.
  bool aside = false;
  bool operator==(const PowerSwitched&) const = default;
};

/// What the DUT boots from was changed.
struct MediumPut {
  std::string medium;
  std::string image;
  std::string sha256;
  Nanos took{};  ///< from taking power away to the image being there; 0 in records that do not say
  bool operator==(const MediumPut&) const = default;
};

/// Work on the DUT's firmware chip has come to its next stage: "writing".
struct ChipWork {
  std::string stage;
  bool operator==(const ChipWork&) const = default;
};

/// The DUT's firmware chip holds an image, proved by reading it back or by what the chip was known to hold.
struct FirmwarePut {
  std::string image;    ///< file
  std::string sha256;   ///< of its bytes, lower-case hex
  std::string version;  ///< that the image names; empty where it names none
  std::string programmer;
  std::string chip;  ///< that answered; empty where the chip was not touched
  ChipOutcome outcome = ChipOutcome::written;
  std::string read_back;  ///< SHA-256 of what the chip was read back as; empty where it was not read
  std::string backup;     ///< file with what it held before; empty where none was made
  std::string log;        ///< folder with the programmer's output; empty where it has none
  Nanos took{};           ///< all of it, discharging included
  Nanos saved{};          ///< unchanged: what writing took last time in this run; 0 where not known
  bool operator==(const FirmwarePut&) const = default;
};

struct ConsoleOpened {
  std::string console;
  std::string device;            ///< what it is, for people: "replay board", "/dev/ttyUSB0 (A50285BI)"
  std::optional<LineRate> line;  ///< where declared: byte times inside a chunk are calculated back
  Nanos resolution{};            ///< how coarse the stamps are; 0 for a live console, 1 s for [HH:MM:SS] logs
  std::optional<Nanos> latency;  ///< the most a byte may have waited in an adapter before it was read, where known
  bool operator==(const ConsoleOpened&) const = default;
};

/// The console hung up or failed; nothing more comes from it unless it is opened again.
struct ConsoleLost {
  std::string console;
  std::string what;
  bool operator==(const ConsoleLost&) const = default;
};

/// The console's port lost or garbled bytes. The event's time is when that was first noticed; it counts what came
/// in about a second from then on.
struct ConsoleErrors {
  std::string console;
  std::uint64_t overruns = 0;
  std::uint64_t buffer_overruns = 0;
  std::uint64_t framing = 0;
  std::uint64_t parity = 0;
  bool operator==(const ConsoleErrors&) const = default;
};

/// We typed something. Its echo must not count as a marker. The event's time is when the last byte was written.
struct ConsoleSent {
  std::string console;
  std::string bytes;
  std::uint64_t at_offset = 0;  ///< raw bytes received before the first byte was sent
  bool operator==(const ConsoleSent&) const = default;
};

/// A host command ended.
struct CommandRun {
  std::vector<std::string> argv;
  int exit_status = 0;  ///< 0..255, or 128 + signal
  std::string output;   ///< stdout and stderr as they came, bounded; printable
  Instant started{};
  bool operator==(const CommandRun&) const = default;
};

struct StepStarted {
  int index = 0;     ///< from 0, within the boot
  std::string what;  ///< "expect menu within 600 s"
  bool operator==(const StepStarted&) const = default;
};

struct StepEnded {
  int index = 0;
  Verdict verdict = Verdict::pass;
  Fault fault;  ///< meaningful unless pass
  bool operator==(const StepEnded&) const = default;
};

/// Something went wrong that is no step's own outcome.
struct FaultSeen {
  Fault fault;
  bool operator==(const FaultSeen&) const = default;
};

struct StopRequested {
  std::string by;  ///< "SIGINT"
  int signal = 0;
  bool operator==(const StopRequested&) const = default;
};

/// The bench was put into its safe state, or could not be.
struct MadeSafe {
  Power state = Power::off;
  bool done = false;
  std::string what;  ///< the fault when not done
  bool operator==(const MadeSafe&) const = default;
};

/// What the processors of the harness's machine did during a boot.
struct HostLoad {
  Nanos processors{};           ///< time of all of them together
  Nanos busy{};                 ///< of that, with work of this machine
  Nanos stolen{};               ///< of that, taken by other machines on the same hardware
  std::optional<Nanos> waited;  ///< time in which something could have run and had no processor
  bool operator==(const HostLoad&) const = default;
};

/// For people reading the log.
struct Note {
  std::string text;
  bool operator==(const Note&) const = default;
};

// Live only: derived from console bytes while they arrive, to be waited for. Never written to events.jsonl,
// because whoever reads the folder derives them again.

/// A marker was found. A match that more bytes could still lengthen is `held`; it comes again, final, once a byte
/// has decided, or never.
struct MarkerSeen {
  MarkerHit hit;
  bool held = false;
  bool operator==(const MarkerSeen&) const = default;
};

/// A failure signature was found.
struct FailureSeen {
  FailureHit hit;
  bool operator==(const FailureSeen&) const = default;
};

using EventBody = std::variant<BootStarted, BootEnded, PowerSwitched, MediumPut, ChipWork, FirmwarePut, ConsoleOpened,
                               ConsoleLost, ConsoleErrors, ConsoleSent, CommandRun, StepStarted, StepEnded, FaultSeen,
                               StopRequested, MadeSafe, HostLoad, Note, MarkerSeen, FailureSeen>;

/// One thing that happened at one instant.
struct Event {
  std::uint64_t seq = 0;  ///< run-wide, from 1, set by the log
  Instant at{};
  int boot = 0;  ///< from 1; 0 for what belongs to no boot
  EventBody body;
  bool operator==(const Event&) const = default;
};

/// True for bodies that are derived and so never written down.
bool is_live_only(const EventBody& body);

/// The type as written to disk: "power-switched".
std::string_view type_of(const EventBody& body);

}  // namespace coldboot
