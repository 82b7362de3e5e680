#include "harness/bench/bench.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/button_power.hpp"
#include "harness/bench/leased_power.hpp"
#include "harness/bench/open_device.hpp"
#include "harness/bench/reach.hpp"
#include "harness/bench/relay_power.hpp"

namespace coldboot {
namespace {

constexpr Nanos network_limit = std::chrono::seconds(10);
constexpr Nanos safe_limit = std::chrono::seconds(30);

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

Bench::Bench(BenchFile file) : file_(std::move(file)), clock_(file_.pace) {}

Result<std::unique_ptr<Bench>> Bench::open(const BenchFile& file, const Catalog& catalog, const LeaseRequest& request) {
  std::unique_ptr<Bench> bench(new Bench(file));
  if (file.pace == Pace::real) {
    auto lease = Lease::take(file.name, request);
    if (!lease) return lease.error();
    bench->lease_ = std::move(*lease);
  }
  if (auto opened = bench->open_devices(catalog); !opened) return opened.error();
  if (const SharedDevices shared = shared_devices(file, catalog); !shared.drivers.empty() && !shared.reserved) {
    bench->tell(Note{shared.text() + ", and no lock of this host keeps them off"});
  }
  if (bench->lease_ && !bench->lease_->found().left_safe) {
    if (auto safe = bench->make_safe_first(); !safe) return safe.error();
  }
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_power_alone(const BenchFile& file, const Catalog& catalog, Lease lease) {
  std::unique_ptr<Bench> bench(new Bench(file));
  bench->lease_ = std::move(lease);
  if (auto opened = bench->open_power(catalog); !opened) return opened.error();
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_console_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                         const std::string& console) {
  std::unique_ptr<Bench> bench(new Bench(file));
  bench->lease_ = std::move(lease);
  for (const ConsoleEntry& entry : file.consoles) {
    if (entry.name != console) continue;
    if (auto opened = bench->open_console(catalog, entry); !opened) return opened.error();
  }
  return bench;
}

Result<std::unique_ptr<Bench>> Bench::open_medium_alone(const BenchFile& file, const Catalog& catalog, Lease lease,
                                                        const std::string& medium) {
  auto bench = open_power_alone(file, catalog, std::move(lease));
  if (!bench) return bench.error();
  if (auto opened = (*bench)->open_medium(catalog, medium, file.media.at(medium)); !opened) return opened.error();
  return bench;
}

Result<void> Bench::make_safe_first() {
  auto off = power_->set(Power::off, Until(clock().now() + safe_limit));
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

Result<void> Bench::open_devices(const Catalog& catalog) {
  for (const ConsoleEntry& entry : file_.consoles) {
    if (auto opened = open_console(catalog, entry); !opened) return opened.error();
  }
  for (const auto& [name, entry] : file_.media) {
    if (auto opened = open_medium(catalog, name, entry); !opened) return opened.error();
  }
  for (const auto& [name, entry] : file_.ports) {
    if (auto opened = open_port(catalog, name, entry); !opened) return opened.error();
  }
  return open_power(catalog);
}

Result<void> Bench::open_console(const Catalog& catalog, const ConsoleEntry& entry) {
  OpenContext here = context_for(entry.name);
  here.line = entry.line;
  auto stream = open_device(catalog.consoles, entry.device, entry.name, here);
  if (!stream) return stream.error();
  consoles_.push_back({entry, std::move(*stream)});
  return {};
}

Result<void> Bench::open_medium(const Catalog& catalog, const std::string& name, const DeviceEntry& entry) {
  OpenContext here = context_for(name);
  auto medium = open_device(catalog.media, entry, name, here);
  if (!medium) return medium.error();
  media_.emplace(name, std::move(*medium));
  return {};
}

/// A network of its own for the port's interface, and a host's settings for it.
Result<void> Bench::open_port(const Catalog& catalog, const std::string& name, const PortEntry& entry) {
  OpenContext here = context_for(name);
  auto network = NetworkNamespace::create(here.where);
  if (!network) return network.error();
  BenchPort opened{entry, std::move(*network), nullptr};
  here.network = opened.network;
  auto port = open_device(catalog.ports, entry.device, name, here);
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

Result<void> Bench::open_power(const Catalog& catalog) {
  const PowerEntry& entry = file_.power;
  OpenContext here = context_for("power");
  if (entry.relay) {
    auto relay = open_relay(catalog, entry.device, "power");
    if (!relay) return relay.error();
    power_ = std::make_unique<RelayPower>(**relay, *entry.relay, here.where, clock(), here.tell);
  } else {
    auto power = open_device(catalog.power, entry.device, "power", here);
    if (!power) return power.error();
    power_ = std::move(*power);
  }
  if (entry.button) {
    auto button = open_relay(catalog, entry.button->device, "button");
    if (!button) return button.error();
    power_ = std::make_unique<ButtonPower>(std::move(power_), **button, *entry.button,
                                           fmt::format("{}/button", file_.name), clock());
  }
  if (lease_) power_ = std::make_unique<LeasedPower>(std::move(power_), *lease_);
  return {};
}

Result<Relay*> Bench::open_relay(const Catalog& catalog, const DeviceEntry& entry, const std::string& part) {
  for (const OpenRelay& open : relays_) {
    if (open.entry.driver == entry.driver && open.entry.keys == entry.keys) return open.relay.get();
  }
  OpenContext here = context_for(part);
  auto relay = open_device(catalog.relays, entry, part, here);
  if (!relay) return relay.error();
  relays_.push_back({entry, std::move(*relay)});
  return relays_.back().relay.get();
}

Result<Flasher*> Bench::flasher(const Catalog& catalog) {
  if (flasher_) return flasher_.get();
  if (!file_.flash) {
    return Fault(Cause::mistake, file_.name, "the bench has no flash: nothing here can reach the firmware chip",
                 "say in the bench file what writes it (flash:)");
  }
  OpenContext here = context_for("flash");
  here.size_bytes = file_.flash->size_bytes;
  auto flasher = open_device(catalog.flashers, file_.flash->device, "flash", here);
  if (!flasher) return flasher.error();
  flasher_ = std::move(*flasher);
  return flasher_.get();
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
