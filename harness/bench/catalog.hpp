#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/bench/read_bench.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/virtual_clock.hpp"
#include "harness/device/boot_medium.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/device/flasher.hpp"
#include "harness/device/network_port.hpp"
#include "harness/device/power_switch.hpp"
#include "harness/device/relay.hpp"
#include "harness/event/event.hpp"
#include "harness/io/network_namespace.hpp"

namespace coldboot {

/// What several entries of one bench stand on together, one of each type: the board behind a replayed power switch
/// and its consoles.
class SharedParts {
 public:
  /// The part of type T, made by `make` when it is asked for first.
  template <class T, class Make>
  std::shared_ptr<T> get(Make make) {
    std::shared_ptr<void>& part = parts_[std::type_index(typeid(T))];
    if (!part) part = make();
    return std::static_pointer_cast<T>(part);
  }

 private:
  std::unordered_map<std::type_index, std::shared_ptr<void>> parts_;
};

/// What a driver is given when a bench opens it.
struct OpenContext {
  Clock& clock;
  VirtualClock* virtual_clock;  ///< null at real pace
  SharedParts& parts;
  std::string bench;                                ///< its name
  std::string where;                                ///< for faults: "apu2-07/power", "apu2-07/com1"
  std::optional<LineRate> line;                     ///< of a console: its declared rate
  std::optional<std::uint64_t> size_bytes{};        ///< of a firmware chip: its declared size
  std::shared_ptr<const NetworkNamespace> network;  ///< of a port: where its interface belongs
  /// For what a device notices by itself: a note or a fault for the record. From any thread, while the device lives.
  std::function<void(EventBody)> tell;
};

/// Who else reaches a device while this host has it locked.
enum class Reach {
  attached,  ///< to this host: its locks keep others off
  network,   ///< other hosts reach it too, and no lock of this host keeps them off
  reserved,  ///< the same, but it is ours alone on every host while it is open
};

/// Something attached to this machine that a driver would accept.
struct AttachedDevice {
  /// The driver's keys for it and their values as they stand in a file; its identity comes first.
  std::vector<std::pair<std::string, std::string>> keys;
  std::string description;       ///< for people: "USB HID relay BITFT, 2 channels, at usb 1-4.2"
  std::optional<Fault> trouble;  ///< why this user cannot use it now, and what to do
};

/// The drivers a bench file may name. Filled in by drivers/catalog.cpp and handed down, so that nothing here knows a
/// concrete driver.
struct Catalog {
  template <class Device>
  struct Kind {
    std::string name;
    keys::Table keys;
    Result<std::unique_ptr<Device>> (*open)(const DeviceEntry& entry, const std::string& name, OpenContext& context);
    bool replayed = false;  ///< can run in virtual time
    /// Of a medium: whether a file can be put on it, as far as can be told before power is switched.
    Result<void> (*check_image)(const std::filesystem::path& image, const BenchFile& bench) = nullptr;
    Reach reach = Reach::attached;
    /// Everything attached that this driver would accept. Nothing is switched by looking. Faults: `io`.
    Result<std::vector<AttachedDevice>> (*find)() = nullptr;
    /// Puts right what can be without harm, before the device is opened, and says what it did: one sentence each.
    std::vector<std::string> (*mend)(const DeviceEntry& entry) = nullptr;
  };

  std::vector<Kind<PowerSwitch>> power;
  std::vector<Kind<ByteStream>> consoles;
  std::vector<Kind<BootMedium>> media;
  std::vector<Kind<NetworkPort>> ports;
  std::vector<Kind<Relay>> relays;  ///< power is switched over these too; their names are none of `power`
  std::vector<Kind<Flasher>> flashers;

  /// What reading a bench file needs to know of them.
  [[nodiscard]] DriverTables tables() const;
};

}  // namespace coldboot
