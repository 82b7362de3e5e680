#include "drivers/usb_hub/usb_hub.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::uint16_t with_object_store = 0x0201;

constexpr std::uint8_t get_status = 0;
constexpr std::uint8_t clear_feature = 1;
constexpr std::uint8_t set_feature = 3;
constexpr std::uint8_t get_descriptor = 6;
constexpr std::uint8_t to_port = 0x23;  // class, other
constexpr std::uint8_t from_port = 0xa3;
constexpr std::uint8_t from_hub = 0xa0;  // class, device
constexpr std::uint8_t from_device = 0x80;
constexpr std::uint16_t port_power = 8;
constexpr std::uint16_t object_store = 0x0f00;
constexpr std::size_t longest_hub_descriptor = 12;
constexpr std::size_t longest_object_store = 512;
constexpr std::size_t port_status_bytes = 4;

std::string_view path_below_bus(std::string_view port) {
  return port.substr(std::min(port.find('-'), port.size()));
}

std::optional<ContainerId> container_of(UsbDevice& device, const UsbDeviceInfo& info, const Until& until) {
  if (info.version < with_object_store) return std::nullopt;
  const auto bytes = device.receive({from_device, get_descriptor, object_store, 0}, longest_object_store, until);
  return bytes ? container_id(*bytes) : std::nullopt;
}

}  // namespace

bool UsbHub::Half::is_usb3() const {
  return info.version >= usb3_version;
}

Result<std::unique_ptr<UsbHub>> UsbHub::open(std::unique_ptr<UsbBus> bus, UsbHubConfig config, const Until& until) {
  std::unique_ptr<UsbHub> hub(new UsbHub(std::move(bus), std::move(config)));
  if (auto connected = hub->connect(until); !connected) return connected.error();
  return hub;
}

Result<void> UsbHub::set(int channel, Contact wanted, const Until& until) {
  if (auto connected = connect(until); !connected) return connected;
  if (auto checked = check(channel); !checked) return checked;
  const std::uint8_t request = wanted == Contact::closed ? set_feature : clear_feature;
  for (Half& half : halves_) {
    const auto sent = half.device->send({to_port, request, port_power, static_cast<std::uint16_t>(channel)}, {}, until);
    if (sent) continue;
    halves_.clear();
    return seen_from_here(sent.error());
  }
  return {};
}

Result<std::optional<Contact>> UsbHub::read(int channel, const Until& until) {
  if (auto connected = connect(until); !connected) return connected.error();
  if (auto checked = check(channel); !checked) return checked.error();
  bool powered = false;
  for (Half& half : halves_) {
    const auto status =
        half.device->receive({from_port, get_status, 0, static_cast<std::uint16_t>(channel)}, port_status_bytes, until);
    const Result<bool> power = status ? parse_port_power(*status, half.is_usb3()) : Result<bool>(status.error());
    if (!power) {
      halves_.clear();
      return seen_from_here(power.error());
    }
    powered = powered || *power;
  }
  return std::optional(powered ? Contact::closed : Contact::open);
}

std::string UsbHub::description() const {
  return fmt::format("USB hub at usb {}", ports_);
}

Nanos UsbHub::delay() const {
  return power_good_;
}

/// Does nothing while the hub is connected.
Result<void> UsbHub::connect(const Until& until) {
  if (!halves_.empty()) return {};
  const auto devices = bus_->devices();
  if (!devices) return seen_from_here(devices.error());
  const auto info = std::ranges::find(*devices, config_.hub, &UsbDeviceInfo::port);
  if (info == devices->end()) {
    return Fault(was_here_ ? Cause::lost : Cause::missing, config_.where,
                 fmt::format("nothing is plugged in at usb {}, expected a hub", printable_line(config_.hub)),
                 "check its cable; `uhubctl` lists hubs");
  }
  auto hub = open_half(*info, until);
  if (!hub) return seen_from_here(hub.error());
  auto others = other_halves(*hub, *devices, until);
  if (!others) return seen_from_here(others.error());
  ports_ = hub->info.port;
  power_good_ = hub->descriptor.power_good;
  halves_.push_back(std::move(*hub));
  for (Half& other : *others) {
    ports_ += " and " + other.info.port;
    power_good_ = std::max(power_good_, other.descriptor.power_good);
    halves_.push_back(std::move(other));
  }
  was_here_ = true;
  return {};
}

/// Opens a hub and makes sure that it switches ports one by one, or says so at least.
Result<UsbHub::Half> UsbHub::open_half(const UsbDeviceInfo& info, const Until& until) {
  const std::string place = fmt::format("usb {} ({})", info.port, info.id());
  if (info.device_class != usb_hub_class) return Fault(Cause::refused, place, "it is no hub");
  auto device = bus_->open(info);
  if (!device) return device.error();
  const auto kind = static_cast<std::uint16_t>(info.version >= usb3_version ? 0x2a00 : 0x2900);
  const auto bytes = (*device)->receive({from_hub, get_descriptor, kind, 0}, longest_hub_descriptor, until);
  if (!bytes) return bytes.error();
  const auto descriptor = parse_hub_descriptor(*bytes);
  if (!descriptor) return descriptor.error();
  if (descriptor->power == PortPower::each) return Half{info, std::move(*device), *descriptor};
  return Fault(Cause::refused, place,
               descriptor->power == PortPower::never ? "it does not switch the power of its ports"
                                                     : "it switches the power of all its ports together",
               "take a hub that `uhubctl` lists with ppps");
}

/// What else has to be switched: the half of USB 2 or 3 that this one is not.
Result<std::vector<UsbHub::Half>> UsbHub::other_halves(const Half& hub, const std::vector<UsbDeviceInfo>& devices,
                                                       const Until& until) {
  std::vector<Half> others;
  if (config_.alone) return others;
  const auto container = container_of(*hub.device, hub.info, until);
  if (!container && !hub.is_usb3()) return others;
  for (const UsbDeviceInfo& info : devices) {
    const bool of_other_kind = (info.version >= usb3_version) != hub.is_usb3();
    if (info.device_class != usb_hub_class || !of_other_kind) continue;
    auto device = bus_->open(info);
    if (!device || !container || container_of(**device, info, until) != container) continue;
    auto other = open_half(info, until);
    if (!other) return other.error();
    if (other->descriptor.ports == hub.descriptor.ports) others.push_back(std::move(*other));
  }
  if (others.size() > 1) {  // hubs of several chips have one container id: the halves of a chip are plugged in alike
    std::erase_if(others,
                  [&](const Half& other) { return path_below_bus(other.info.port) != path_below_bus(hub.info.port); });
  }
  if (others.size() == 1) return others;
  return Fault(Cause::refused, config_.where,
               fmt::format("found {} hubs that may be the other half of the one at usb {}, expected one", others.size(),
                           hub.info.port),
               "a port keeps its power until both halves of a USB 3 hub let go; `alone: true` switches this one only");
}

Result<void> UsbHub::check(int channel) const {
  const int ports = halves_.front().descriptor.ports;
  if (channel >= 1 && channel <= ports) return {};
  return Fault(Cause::refused, config_.where,
               fmt::format("found port {}, expected one of the hub's {}", channel, ports));
}

/// A fault of a device as this bench's.
Fault UsbHub::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
