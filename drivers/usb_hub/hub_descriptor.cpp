#include "drivers/usb_hub/hub_descriptor.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldboot {
namespace {

constexpr std::size_t least_hub_bytes = 9;
constexpr std::uint8_t usb2_hub = 0x29;
constexpr std::uint8_t usb3_hub = 0x2a;
constexpr unsigned power_unit_ms = 2;
constexpr std::size_t status_bytes = 4;
constexpr unsigned usb2_power_bit = 8;
constexpr unsigned usb3_power_bit = 9;
constexpr std::size_t store_header_bytes = 5;
constexpr std::uint8_t capability = 0x10;
constexpr std::uint8_t container = 0x04;
constexpr std::size_t container_bytes = 20;

PortPower power_of(std::uint8_t characteristics, int ports) {
  switch (characteristics & 3U) {
    case 0: return ports == 1 ? PortPower::each : PortPower::together;
    case 1: return PortPower::each;
    default: return PortPower::never;
  }
}

}  // namespace

Result<HubDescriptor> parse_hub_descriptor(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < least_hub_bytes || (bytes[1] != usb2_hub && bytes[1] != usb3_hub) || bytes[2] == 0)
    return Fault(Cause::protocol, "", fmt::format("found [{:02x}], expected a hub descriptor", fmt::join(bytes, " ")));
  HubDescriptor hub;
  hub.ports = bytes[2];
  hub.power = power_of(bytes[3], hub.ports);
  hub.power_good = std::chrono::milliseconds(power_unit_ms * bytes[5]);
  return hub;
}

Result<bool> parse_port_power(std::span<const std::uint8_t> bytes, bool usb3) {
  if (bytes.size() != status_bytes)
    return Fault(Cause::protocol, "",
                 fmt::format("found [{:02x}], expected the status of a port", fmt::join(bytes, " ")));
  const unsigned status = bytes[0] | static_cast<unsigned>(bytes[1]) << 8U;
  return (status >> (usb3 ? usb3_power_bit : usb2_power_bit) & 1U) != 0;
}

std::optional<ContainerId> container_id(std::span<const std::uint8_t> object_store) {
  if (object_store.size() < store_header_bytes) return std::nullopt;
  auto rest = object_store.subspan(store_header_bytes);
  while (rest.size() >= 3 && rest[0] >= 3 && rest[0] <= rest.size()) {
    const auto one = rest.first(rest[0]);
    rest = rest.subspan(one.size());
    if (one[1] != capability || one[2] != container || one.size() != container_bytes) continue;
    ContainerId id{};
    std::ranges::copy(one.subspan(container_bytes - id.size()), id.begin());
    return id;
  }
  return std::nullopt;
}

}  // namespace coldboot
