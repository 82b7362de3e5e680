#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/units.hpp"
#include "harness/file/place.hpp"
#include "harness/io/connect.hpp"

namespace coldboot {

// A bench file as values, read and checked. docs/reference/bench.md describes every key.

/// `real`: the machine's clock. `replay`: virtual time, for benches all of whose devices are replayed.
enum class Pace { real, replay };

/// How the DUT is left when nothing runs: `off` cuts power, `off_clean` asks the system to halt first and cuts after.
enum class SafeState { off, off_clean };

struct SafeEntry {
  SafeState state = SafeState::off;
  Nanos clean_for{std::chrono::seconds(60)};  ///< how long a clean end may take before power is cut all the same
};

/// One device entry: its driver and the driver's own keys, already checked against the driver's table. Values are
/// kept as text; the driver's open function turns them into its config with keys::from_kept().
struct DeviceEntry {
  std::string driver;
  std::map<std::string, std::string> keys;
  Place place;
};

/// Which way a relay's contact stands while its coil has no current.
enum class Wiring { normally_open, normally_closed };

/// Which side of the DUT's supply is switched.
enum class SupplySide { dc, mains };

/// How a channel of a relay switches the DUT.
struct RelayEntry {
  int channel = 1;
  Wiring wiring = Wiring::normally_open;
  SupplySide side = SupplySide::dc;
  Nanos settle{std::chrono::milliseconds(20)};  ///< from switching to reading back
  int retries = 2;
  Nanos retry_pause{std::chrono::milliseconds(500)};
};

/// A channel of a relay that stands in for the DUT's power button.
struct ButtonEntry {
  DeviceEntry device;
  int channel = 1;
  Nanos after{std::chrono::seconds(1)};         ///< from power to the press
  Nanos press{std::chrono::milliseconds(500)};  ///< how long it is held
};

/// What proves that switching had its effect on the DUT, where that is to be proved.
struct EffectEntry {
  std::optional<Nanos> silent_after_off;  ///< its consoles fall silent within this, and stay so
  std::optional<Nanos> byte_after_on;     ///< its main console says something within this
};

struct PowerEntry {
  DeviceEntry device;
  std::optional<RelayEntry> relay;          ///< where the device is a relay, and no power switch of its own
  std::optional<ButtonEntry> button;        ///< pressed after power came, where a DUT needs that
  Nanos off_min{std::chrono::seconds(10)};  ///< power stays off at least this long before it comes back
  Nanos device_delay{};                     ///< the most the switch takes after taking a command
  Nanos supply_delay{};                     ///< the most the supply takes to come up
  EffectEntry effect;
  SafeEntry safe;
};

struct ConsoleEntry {
  std::string name;
  DeviceEntry device;
  std::optional<LineRate> line;
  Nanos key_delay{};                             ///< between characters we type
  std::optional<TcpAddress> tee;                 ///< where a live copy of it is to be had
  Nanos wait_if_lost{std::chrono::seconds(30)};  ///< how long a boot waits for it to come back
};

/// A host of ours on one of the DUT's networks.
struct PortEntry {
  DeviceEntry device;
  std::string address;  ///< of our host, with its prefix: "192.168.1.50/24"
  std::string gateway;  ///< where it sends what is not of that network; empty: nowhere
};

/// The image that a DUT's firmware chip is given back whenever that is in doubt.
struct GoldenEntry {
  std::filesystem::path file;
  std::string sha256;                 ///< of its bytes, lower-case hex; empty: it stands in `sha256_file`
  std::filesystem::path sha256_file;  ///< as sha256sum writes it
};

/// A channel of a relay, by which something other than power is switched.
struct ContactEntry {
  DeviceEntry device;
  int channel = 1;
};

/// One move in connecting a programmer to a chip, or in parting them: a line is switched, or time passes.
struct ChipMove {
  std::string line;  ///< empty: time passes
  bool on = false;
  Nanos pause{};
};

/// How a board that has its supply is put into S5: its power button is held.
struct S5Entry {
  ContactEntry button;
  Nanos after{std::chrono::seconds(5)};    ///< from the supply to the press
  Nanos press{std::chrono::seconds(6)};    ///< how long it is held
  Nanos settle{std::chrono::seconds(10)};  ///< from letting go to S5 being reached
};

/// A contact that is closed for a while, with the DUT's supply off.
struct PressEntry {
  ContactEntry contact;
  Nanos press{std::chrono::seconds(10)};
};

/// What a configuration calls the DUT's firmware chip among the media it boots from.
inline constexpr const char* firmware_medium = "flash";

/// The DUT's firmware chip and what writes it.
struct FlashEntry {
  DeviceEntry device;
  std::uint64_t size_bytes = 0;
  std::optional<GoldenEntry> golden;
  std::map<std::string, ContactEntry> lines;     ///< between programmer and chip, where they are switched
  std::vector<ChipMove> connect;                 ///< with each line on in the end
  std::vector<ChipMove> disconnect;              ///< with each line off in the end
  std::optional<S5Entry> s5;                     ///< the chip lives on standby power; nothing: the DUT's power is off
  std::optional<PressEntry> clear_cmos;          ///< after a write
  std::optional<Nanos> discharge;                ///< from power off to touching the chip; nothing: off_min of `power`
  Nanos boots_within{std::chrono::seconds(60)};  ///< from power to the first sign of a golden image that boots
};

struct BenchFile {
  std::string name;
  std::vector<std::string> tags;
  std::map<std::string, std::string> dut;
  Pace pace = Pace::real;
  PowerEntry power;
  std::vector<ConsoleEntry> consoles;  ///< the first is the main one
  std::map<std::string, DeviceEntry> media;
  std::map<std::string, PortEntry> ports;
  std::optional<FlashEntry> flash;
  std::filesystem::path file;
  std::string text;  ///< of the file, as it was read
  std::vector<std::filesystem::path> inputs;
};

}  // namespace coldboot
