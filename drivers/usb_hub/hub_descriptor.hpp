#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

// What a hub says of itself and of its ports, as bytes. Source: USB 2.0, chapter 11.23 and 11.24; USB 3.2,
// chapter 10.15 and 10.16; the container id is in chapter 9.6.2.

/// How a hub switches the power of its ports.
enum class PortPower { together, each, never };

struct HubDescriptor {
  int ports = 0;
  PortPower power = PortPower::never;
  Nanos power_good{};  ///< from switching a port on until its power is good
};

/// Faults: `protocol` for what is no hub descriptor.
Result<HubDescriptor> parse_hub_descriptor(std::span<const std::uint8_t> bytes);

/// Whether a port has power, by its status of four bytes; it stands elsewhere on hubs of USB 3. Faults: `protocol`.
Result<bool> parse_port_power(std::span<const std::uint8_t> bytes, bool usb3);

using ContainerId = std::array<std::uint8_t, 16>;

/// What the two halves of a USB 3 hub have in common, from the binary object store; nothing where it is not in there.
std::optional<ContainerId> container_id(std::span<const std::uint8_t> object_store);

}  // namespace coldboot
