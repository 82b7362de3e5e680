#include "harness/bench/bench.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/button_power.hpp"
#include "harness/bench/leased_power.hpp"
#include "harness/bench/open_device.hpp"
#include "harness/bench/reach.hpp"
#include "harness/bench/relay_power.hpp"
#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

constexpr Nanos network_limit = std::chrono::seconds(10);
constexpr Nanos safe_limit = std::chrono::seconds(30);
constexpr Nanos orphan_limit = std::chrono::minutes(15);  // writing a large chip through a slow programmer
constexpr Nanos asks_again_after = std::chrono::milliseconds(100);

template <class Device>
std::map<std::string, keys::Table> tables_of(const std::vector<Catalog::Kind<Device>>& kinds) {
  std::map<std::string, keys::Table> tables;
  for (const auto& kind : kinds) tables.emplace(kind.name, kind.keys);
  return tables;
}

}  // namespace

DriverTables Catalog::tables() const {
  return {.power = tables_of(power),
          .consoles = tables_of(consoles),
          .media = tables_of(media),
          .ports = tables_of(ports),
          .relays = tables_of(relays),
          .flashers = tables_of(flashers)};
}

Bench::Bench(BenchFile file, Catalog catalog)
    : file_(std::move(file)), catalog_(std::move(catalog)), clock_(file_.pace) {}

Result<std::unique_ptr<Bench>> Bench::open(const BenchFile& file, const Catalog& catalog, const LeaseRequest& request) {
  std::unique_ptr<Bench> bench(new Bench(file, catalog));
  if (file.pace == Pace::real) {
    auto lease = Lease::take(file.name, request);
    if (!lease) return lease.error();
    bench->lease_ = std::move(*lease);
  }
  if (auto opened = bench->open_devices(); !opened) return opened.error();
  if (const SharedDevices shared = shared_devices(file, catalog); !shared.drivers.empty() && !shared.reserved) {
    bench->tell(Note{shared.text() + ", and no lock of this host keeps them off"});
  }
  if (bench->lease_ && !bench->lease_->found().left_safe) {
    if (auto safe = bench->make_safe_first(); !safe) return safe.error();
  }
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_power_alone(const BenchFile& file, const Catalog& catalog, Lease lease) {
  std::unique_ptr<Bench> bench(new Bench(file, catalog));
  bench->lease_ = std::move(lease);
  if (auto opened = bench->open_power(); !opened) return opened.error();
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_console_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                         const std::string& console) {
  std::unique_ptr<Bench> bench(new Bench(file, catalog));
  bench->lease_ = std::move(lease);
  for (const ConsoleEntry& entry : file.consoles) {
    if (entry.name != console) continue;
    if (auto opened = bench->open_console(entry); !opened) return opened.error();
  }
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_medium_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                        const std::string& medium) {
  auto bench = open_power_alone(file, catalog, std::move(lease));
  if (!bench) return bench.error();
  if (auto opened = (*bench)->open_medium(medium, file.media.at(medium)); !opened) return opened.error();
  return bench;
}

Result<PowerSwitched> Bench::rescue(std::stop_token stop) {
  const bool chip_is_held = lease_ && lease_->found().chip_is_held;
  const bool in_s5 = file_.flash && file_.flash->s5;
  if (chip_is_held && in_s5) {  // cutting its supply would cut a write
    if (auto parted = part_chip_from_the_dead(); !parted) return parted.error();
  }
  auto off = power_->set(Power::off, Until(clock().now() + safe_limit, std::move(stop)));
  if (!off || !chip_is_held || in_s5) return off;
  if (auto parted = part_chip_from_the_dead(); !parted) return parted.error();
  return off;
}

Result<void> Bench::make_safe_first() {
  auto off = rescue();
  if (!off) return off.error().within("the bench was not left safe, and cannot be made so");
  tell(Note{fmt::format("{} was not left safe by its last holder: power was switched off first", file_.name)});
  return {};
}

OpenContext Bench::context_for(const std::string& part) {
  return OpenContext{.clock = clock(),
                     .virtual_clock = virtual_clock(),
                     .parts = parts_,
                     .bench = file_.name,
                     .where = fmt::format("{}/{}", file_.name, part),
                     .line = std::nullopt,
                     .size_bytes = std::nullopt,
                     .network = nullptr,
                     .tell = [this](EventBody event) { tell(std::move(event)); }};
}

Result<void> Bench::open_devices() {
  for (const ConsoleEntry& entry : file_.consoles) {
    if (auto opened = open_console(entry); !opened) return opened.error();
  }
  for (const auto& [name, entry] : file_.media) {
    if (auto opened = open_medium(name, entry); !opened) return opened.error();
  }
  for (const auto& [name, entry] : file_.ports) {
    if (auto opened = open_port(name, entry); !opened) return opened.error();
  }
  return open_power();
}

Result<void> Bench::open_console(const ConsoleEntry& entry) {
  OpenContext here = context_for(entry.name);
  here.line = entry.line;
  auto stream = open_device(catalog_.consoles, entry.device, entry.name, here);
  if (!stream) return stream.error();
  consoles_.push_back({entry, std::move(*stream)});
  return {};
}

Result<void> Bench::open_medium(const std::string& name, const DeviceEntry& entry) {
  OpenContext here = context_for(name);
  auto medium = open_device(catalog_.media, entry, name, here);
  if (!medium) return medium.error();
  media_.emplace(name, std::move(*medium));
  return {};
}

/// A network of its own for the port's interface, and a host's settings for it.
Result<void> Bench::open_port(const std::string& name, const PortEntry& entry) {
  OpenContext here = context_for(name);
  auto network = NetworkNamespace::create(here.where);
  if (!network) return network.error();
  BenchPort opened{entry, std::move(*network), nullptr};
  here.network = opened.network;
  auto port = open_device(catalog_.ports, entry.device, name, here);
  if (!port) return port.error();
  opened.port = std::move(*port);
  const std::string interface = opened.port->interface();
  std::string commands =
      fmt::format("link set lo up\naddr add {} dev {}\nlink set {} up\n", entry.address, interface, interface);
  if (!entry.gateway.empty()) commands += fmt::format("route add default via {} dev {}\n", entry.gateway, interface);
  if (auto done = opened.network->ip(commands, Until(clock().now() + network_limit)); !done) return done.error();
  ports_.emplace(name, std::move(opened));
  return {};
}

Result<void> Bench::open_power() {
  const PowerEntry& entry = file_.power;
  OpenContext here = context_for("power");
  std::unique_ptr<PowerSwitch> power;
  if (entry.relay) {
    auto relay = open_relay(entry.device, "power");
    if (!relay) return relay.error();
    power = std::make_unique<RelayPower>(**relay, *entry.relay, here.where, clock(), here.tell);
  } else {
    auto opened = open_device(catalog_.power, entry.device, "power", here);
    if (!opened) return opened.error();
    power = std::move(*opened);
  }
  if (entry.button) {
    auto button = open_relay(entry.button->device, "button");
    if (!button) return button.error();
    power = std::make_unique<ButtonPower>(std::move(power), **button, *entry.button,
                                          fmt::format("{}/button", file_.name), clock());
  }
  if (lease_) power = std::make_unique<LeasedPower>(std::move(power), *lease_);
  power_ = std::make_unique<ChipInterlock>(std::move(power), here.where, clock(), here.tell);
  if (lease_ && lease_->found().chip_is_held) (void)power_->hold_for_the_dead();  // in force until rescue() parts it
  return {};
}

Result<Relay*> Bench::open_relay(const DeviceEntry& entry, const std::string& part) {
  for (const OpenRelay& open : relays_) {
    if (open.entry.driver == entry.driver && open.entry.keys == entry.keys) return open.relay.get();
  }
  OpenContext here = context_for(part);
  auto relay = open_device(catalog_.relays, entry, part, here);
  if (!relay) return relay.error();
  relays_.push_back({entry, std::move(*relay)});
  return relays_.back().relay.get();
}

Result<Channel> Bench::open_contact(const ContactEntry& entry, const std::string& part) {
  auto relay = open_relay(entry.device, part);
  if (!relay) return relay.error();
  return Channel{*relay, entry.channel};
}

Result<FirmwareChip*> Bench::chip() {
  if (chip_) return chip_.get();
  if (!file_.flash) {
    return Fault(Cause::mistake, file_.name, "the bench has no flash: nothing here can reach the firmware chip",
                 "say in the bench file what writes it (flash:)");
  }
  const FlashEntry& entry = *file_.flash;
  OpenContext here = context_for("flash");
  here.size_bytes = entry.size_bytes;
  FirmwareChip::Parts parts{.entry = entry, .flasher = nullptr, .lines = {}, .s5_button = {}, .clear_cmos = {}};
  const auto open = [&](const ContactEntry& contact, const std::string& part, auto put) -> Result<void> {
    auto opened = open_contact(contact, part);
    if (!opened) return opened.error();
    put(*opened);
    return {};
  };
  for (const auto& [name, line] : entry.lines) {
    const auto put = [&, &line_name = name](Channel channel) { parts.lines.emplace(line_name, channel); };
    if (auto opened = open(line, "flash/" + name, put); !opened) return opened.error();
  }
  if (entry.s5) {
    const auto put = [&](Channel channel) { parts.s5_button = channel; };
    if (auto opened = open(entry.s5->button, "flash/s5", put); !opened) return opened.error();
  }
  if (entry.clear_cmos) {
    const auto put = [&](Channel channel) { parts.clear_cmos = channel; };
    if (auto opened = open(entry.clear_cmos->contact, "flash/clear-cmos", put); !opened) return opened.error();
  }
  auto flasher = open_device(catalog_.flashers, entry.device, "flash", here);
  if (!flasher) return flasher.error();
  parts.flasher = std::move(*flasher);
  chip_ = std::make_unique<FirmwareChip>(std::move(parts), *power_, lease(), clock(), here.where);
  return chip_.get();
}

/// A programmer whose coldboot was killed works on to its end, and has its lock until then.
Result<void> Bench::part_chip_from_the_dead() {
  const Until until(clock().now() + orphan_limit);
  auto chip = this->chip();
  while (!chip && chip.error().cause() == Cause::busy) {
    if (!let_pass(clock(), asks_again_after, until, file_.name)) break;
    chip = this->chip();
  }
  if (!chip) return chip.error().within("the firmware chip may still be connected to its programmer");
  auto parted = (*chip)->part_for_the_dead();
  if (parted) tell(Note{fmt::format("{}: the firmware chip was parted from its programmer", file_.name)});
  return parted;
}

void Bench::on_device_event(std::function<void(EventBody)> take) {
  const std::lock_guard lock(telling_);
  take_ = std::move(take);
  was_listened_to_ = true;
  for (EventBody& event : std::exchange(told_early_, {})) {
    if (take_) take_(std::move(event));
  }
}

void Bench::tell(EventBody event) {
  const std::lock_guard lock(telling_);
  if (take_) {
    take_(std::move(event));
  } else if (!was_listened_to_) {
    told_early_.push_back(std::move(event));
  }
}

const BenchConsole* Bench::console(const std::string& name) const {
  const auto found =
      std::find_if(consoles_.begin(), consoles_.end(), [&](const BenchConsole& c) { return c.entry.name == name; });
  return found == consoles_.end() ? nullptr : &*found;
}

BootMedium* Bench::medium(const std::string& name) const {
  const auto found = media_.find(name);
  return found == media_.end() ? nullptr : found->second.get();
}

}  // namespace coldboot
