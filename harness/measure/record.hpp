#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"
#include "harness/event/hit.hpp"

namespace coldboot {

// What measuring yields: plain values, finished; all a report ever sees.

/// One contribution to the uncertainty of a time. Rectangular over [0, bound] or +-bound/2 alike: u = bound / sqrt(12).
struct UncertaintyTerm {
  std::string name;  ///< "relay closes after the command"
  Nanos bound{};
  bool operator==(const UncertaintyTerm&) const = default;
};

/// A time from one marker or event to another, of one boot.
struct SpanTime {
  std::string name;
  std::string title;
  std::string from;
  std::string to;
  std::optional<Nanos> duration;  ///< nothing: one end was never seen
  bool censored = false;          ///< the start was seen and the deadline passed first: "longer than" `duration`
  Nanos lower{};                  ///< the shortest and the longest it can have been, given stamps and
  Nanos upper{};                  ///< budget; equal to duration where nothing is uncertain
  std::vector<UncertaintyTerm> budget;
  std::string missing;    ///< the marker that was not seen, if any
  Nanos silence{};        ///< the longest time inside it in which the console said nothing
  Nanos silence_slack{};  ///< how far off that may be either way, where stamps are coarse
};

/// A time in which the console said nothing.
struct Silence {
  std::string console;
  Instant from{};
  Nanos length{};
  std::string before;  ///< the last line before it, printable
  std::string after;   ///< the first line after it
  std::size_t line_before = 0;
  std::string span;  ///< the innermost span it lies in, or empty
};

/// One row of the configuration table: what was declared beside what the boot itself said.
struct Attribute {
  std::string name;  ///< "firmware"
  std::string declared;
  std::string observed;
  bool agrees = true;  ///< false only where both are known and differ
};

struct StepOutcome {
  int index = 0;
  std::string what;
  Verdict verdict = Verdict::pass;
  Fault fault;
  Nanos took{};
};

/// An image that was put on the DUT, or found there, in the course of a boot: it is the first one with it.
struct ImagePut {
  std::string medium;  ///< "flash" for the firmware chip
  std::string image;
  std::string sha256;
  std::string version;     ///< of firmware, that the image names; empty where it names none
  std::string chip;        ///< of firmware: what answered; empty where it was not touched
  std::string programmer;  ///< of firmware
  std::string outcome;     ///< written, identical, unchanged, restored
  std::string read_back;   ///< SHA-256 of what was read back; empty where it was not read, or by another proof
  Nanos took{};
  Nanos saved{};     ///< unchanged: what writing took before
  bool ran = false;  ///< the boot ran it; another one of the same medium was replaced before, or put there afterwards
};

/// One boot, measured.
struct BootResult {
  int number = 0;
  std::string configuration;
  std::string bench;
  std::string profile;
  Verdict verdict = Verdict::pass;
  std::string reason;       ///< one line, empty for pass
  std::string reason_type;  ///< short token: deadline, panic, console-lost, relay, ...
  bool cut_off = false;
  std::optional<Instant> started;      ///< t0
  Nanos off_for{};                     ///< how long power had been off before t0, where known
  std::optional<Ending> after;         ///< how the boot before this one ended, where known
  std::vector<MarkerHit> markers;      ///< in order of time
  std::vector<SpanTime> spans;         ///< in profile order
  std::vector<SpanTime> measurements;  ///< those the scenario names, in its order
  std::vector<SpanTime> ranges;        ///< marker ranges that only limits name: "power-on..menu"
  std::vector<Silence> silences;       ///< longest first
  std::vector<FailureHit> failures;
  std::vector<Attribute> attributes;
  std::vector<StepOutcome> steps;
  std::vector<ImagePut> images;  ///< in order of time
  std::vector<Fault> faults;     ///< of the bench
  std::string folder;            ///< below the run folder, empty for a log
  std::map<std::string, std::uint64_t> console_bytes;
  std::optional<HostLoad> host_load;
  std::string tail;  ///< the last lines of the main console, printable, for reports
};

/// One limit, judged over all boots.
struct LimitResult {
  std::string id;    ///< "ACC-014.1"
  std::string that;  ///< "median(xen.boot) <= 240 s"
  bool gate = true;
  Verdict verdict = Verdict::pass;  ///< error when it could not be measured
  std::optional<double> value;      ///< seconds, or a plain number for ratios and counts
  std::optional<double> lower;
  std::optional<double> upper;
  std::string unit;    ///< "s" or ""
  int boots = 0;       ///< how many boots stand behind it
  std::string detail;  ///< one line for people
};

/// Median of one span or measurement of one configuration over its boots.
struct Summary {
  std::string name;
  std::string title;
  int boots = 0;  ///< boots that count (started, not lost to the bench)
  int seen = 0;   ///< of those, with a value
  std::optional<Nanos> median;
  std::optional<Nanos> lowest;
  std::optional<Nanos> highest;
  Nanos uncertainty{};  ///< half width, expanded (k = 2)
};

struct ConfigurationResult {
  std::string name;
  std::string bench;
  std::string profile;
  Verdict verdict = Verdict::pass;
  std::vector<Attribute> attributes;
  std::vector<Summary> spans;
  std::vector<Summary> measurements;
};

/// Two configurations side by side in one quantity.
struct Comparison {
  std::string name;  ///< span or measurement
  std::string title;
  std::string base;  ///< configuration compared against
  std::string other;
  std::optional<Nanos> base_time;
  std::optional<Nanos> other_time;
  std::optional<Nanos> difference;  ///< other - base
  std::optional<double> ratio;      ///< other / base
  bool is_measurement = false;
};

/// A whole run, finished: what every report is made from.
struct RunResult {
  std::string scenario;
  std::string title;
  std::string requirement;
  std::string host;
  std::string version;
  std::string folder;
  std::string started_utc;  ///< 2026-11-22T10:20:30Z
  Nanos took{};
  Verdict verdict = Verdict::skipped;
  std::string reason;
  std::vector<BootResult> boots;
  std::vector<ConfigurationResult> configurations;
  std::vector<Comparison> comparisons;
  std::vector<LimitResult> limits;
};

}  // namespace coldboot
