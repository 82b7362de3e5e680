#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/event/boot_plan.hpp"
#include "harness/file/place.hpp"

namespace coldboot {

// A scenario file as values, read and checked. docs/reference/scenario.md describes every key.

/// How power is taken away: `cut` switches it off at once, `clean` runs the profile's shutdown first.
enum class PowerOff { cut, clean };

/// Which boot comes after which: `interleaved` takes the configurations in turn, so that what drifts meets them all
/// alike; `blocks` makes all boots of one, then of the next, where changing what is on the board costs too much.
enum class BootOrder { interleaved, blocks };

/// Of each configuration in one run.
inline constexpr int most_boots = 100'000;

struct PowerOnStep {};
struct PowerOffStep {
  PowerOff how = PowerOff::cut;
};
struct PowerCycleStep {
  std::optional<Nanos> off;  ///< how long power stays off; nothing: the bench's off-min
};
struct ExpectStep {
  std::string marker;
  Nanos within{};
};
struct SendStep {
  std::string text;     ///< escapes are resolved: "\r" is one byte
  std::string console;  ///< empty: the main one
};
/// Lets time pass, or waits for silence on the console where `quiet` is set.
struct WaitStep {
  Nanos length{};
};
struct RunStep {
  std::vector<std::string> command;  ///< argv; never a shell
  Nanos within{};
};

/// What tells whether the firmware chip holds an image already.
enum class FirmwareKnownBy { chip, banner };

/// Puts an image on the DUT's firmware chip; the boot that follows has to show its version.
struct FlashStep {
  static constexpr Nanos usual_limit = std::chrono::minutes(10);  ///< most chips are written in three
  std::filesystem::path image;
  std::vector<std::string> regions;  ///< empty: the whole chip
  bool if_changed = false;
  FirmwareKnownBy by = FirmwareKnownBy::chip;
  bool backup = true;
  std::optional<Nanos> cut_after;  ///< the write is cut on purpose, and the board has to come back
};
/// Puts the bench's golden image on the chip and sees it boot.
struct RecoverStep {};
struct MediaStep {
  static constexpr Nanos usual_limit = std::chrono::minutes(30);
  std::string medium;
  std::filesystem::path image;
  bool if_changed = false;
};

struct Step {
  std::variant<PowerOnStep, PowerOffStep, PowerCycleStep, ExpectStep, SendStep, WaitStep, RunStep, FlashStep,
               RecoverStep, MediaStep>
      what;
  Place place;
  std::string only_for;  ///< a configuration, or empty for all
};

/// One line for people and the record: "expect menu within 600 s".
std::string describe(const Step& step);

struct Configuration {
  std::string name;
  std::string title;
  std::string profile;                                ///< name as written
  std::map<std::string, std::filesystem::path> boot;  ///< medium -> image, resolved to a full path
  std::map<std::string, std::string> declare;         ///< attribute -> text
  BootPlan plan;                                      ///< the profile, compiled
  std::vector<Step> steps;  ///< of each of its boots; the scenario's where it has none of its own
  Place place;
};

/// A quantity of a boot, from marker to marker. `on` empty: for every configuration whose profile has both markers.
struct MeasurePlan {
  std::string name;
  std::string title;
  std::string from;
  std::string to;
  std::string on;
  Place place;
};

/// What a limit computes over the boots of a run.
struct LimitPlan {
  std::string id;
  std::string that;  ///< as written
  bool gate = true;
  Place place;
};

struct Scenario {
  std::string name;
  std::string title;
  std::string requirement;
  std::filesystem::path file;
  std::string bench;                          ///< bench file named by the scenario, may be empty (then --bench)
  std::vector<Configuration> configurations;  ///< in file order
  std::vector<std::string> must_match;
  int boots = 1;  ///< of each configuration
  BootOrder order = BootOrder::interleaved;
  int bench_retries = 0;
  std::vector<Step> steps;
  std::vector<MeasurePlan> measure;
  std::vector<LimitPlan> limits;
  std::vector<std::filesystem::path> inputs;  ///< every file read, for the record
};

}  // namespace coldboot
