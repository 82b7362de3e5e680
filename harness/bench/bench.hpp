#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/bench/bench_clock.hpp"
#include "harness/bench/bench_file.hpp"
#include "harness/bench/catalog.hpp"
#include "harness/bench/firmware_chip.hpp"
#include "harness/bench/lease.hpp"

namespace coldboot {

/// A console of an open bench.
struct BenchConsole {
  ConsoleEntry entry;
  std::unique_ptr<ByteStream> stream;
};

/// A host of ours on one of the DUT's networks.
struct BenchPort {
  PortEntry entry;
  std::shared_ptr<const NetworkNamespace> network;
  std::unique_ptr<NetworkPort> port;  // before the network it lies in goes
};

/// A bench with its devices open. It is ours alone while it lives: a bench of real devices is locked.
class Bench {
 public:
  /// Opens everything the file names, and switches power off first where the bench was not left safe. Faults name the
  /// entry: "apu2-07/com1: ..."; `busy` when another run has the bench, `mistake` when virtual time is asked of a
  /// driver that has none.
  static Result<std::unique_ptr<Bench>> open(const BenchFile& file, const Catalog& catalog,
                                             const LeaseRequest& request = {});

  /// Opens what switches power and nothing else, on a lease there is already.
  static Result<std::unique_ptr<Bench>> open_power_alone(const BenchFile& file, const Catalog& catalog, Lease lease);

  /// The same and one medium, which the file has.
  static Result<std::unique_ptr<Bench>> open_medium_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                          const std::string& medium);

  /// The same of one console, which the file has.
  static Result<std::unique_ptr<Bench>> open_console_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                           const std::string& console);

  [[nodiscard]] const BenchFile& file() const { return file_; }
  [[nodiscard]] Clock& clock() const { return clock_.get(); }
  [[nodiscard]] VirtualClock* virtual_clock() const { return clock_.get_virtual(); }
  [[nodiscard]] Lease* lease() { return lease_ ? &*lease_ : nullptr; }  ///< null in virtual time
  [[nodiscard]] PowerSwitch& power() const { return *power_; }
  [[nodiscard]] const std::vector<BenchConsole>& consoles() const { return consoles_; }
  [[nodiscard]] const BenchConsole* console(const std::string& name) const;
  /// Where to take what devices notice by themselves; nowhere when empty. What they told while they were opened comes
  /// first. Once it returns, the one before is not called any more.
  void on_device_event(std::function<void(EventBody)> take);

  /// The medium of that name; null when the bench has none.
  [[nodiscard]] BootMedium* medium(const std::string& name) const;

  /// The DUT's firmware chip, its programmer and lines opened when it is asked for first: most runs do not need them.
  /// Faults: `mistake` when the bench has none; `busy` when somebody else has the programmer; else the drivers'.
  Result<FirmwareChip*> chip();

  /// Puts right what a holder left that did not end well: its firmware chip is parted from its programmer, once that
  /// has come to its end, and power is off. Returns that last switching. Waits for a programmer as long as a write may
  /// take; switching has 30 s. Faults: those of both.
  Result<PowerSwitched> rescue(std::stop_token stop = {});

  /// The hosts of ours, by the name of their network.
  [[nodiscard]] const std::map<std::string, BenchPort>& ports() const { return ports_; }

 private:
  Bench(BenchFile file, Catalog catalog);
  Result<void> open_devices();
  Result<void> open_console(const ConsoleEntry& entry);
  Result<void> open_medium(const std::string& name, const DeviceEntry& entry);
  Result<void> open_port(const std::string& name, const PortEntry& entry);
  Result<void> open_power();
  Result<void> make_safe_first();
  Result<void> part_chip_from_the_dead();
  Result<Relay*> open_relay(const DeviceEntry& entry, const std::string& part);
  Result<Channel> open_contact(const ContactEntry& entry, const std::string& part);
  OpenContext context_for(const std::string& part);
  void tell(EventBody event);

  BenchFile file_;
  Catalog catalog_;
  BenchClock clock_;
  std::optional<Lease> lease_;
  std::mutex telling_;                   // guards the next three
  std::function<void(EventBody)> take_;  // before the devices, which outlive nothing they tell
  bool was_listened_to_ = false;
  std::vector<EventBody> told_early_;
  SharedParts parts_;
  struct OpenRelay {
    DeviceEntry entry;
    std::unique_ptr<Relay> relay;
  };
  std::vector<OpenRelay> relays_;  // what power_ switches over
  std::unique_ptr<ChipInterlock> power_;
  std::vector<BenchConsole> consoles_;
  std::map<std::string, std::unique_ptr<BootMedium>> media_;
  std::map<std::string, BenchPort> ports_;
  std::unique_ptr<FirmwareChip> chip_;  // last: it lets go of lines while power is still ours to keep away
};

}  // namespace coldboot
