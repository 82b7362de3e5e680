#include "drivers/hid_relay/lcus_hid_relay.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t lcus_start = 0xa0;
constexpr UsbSetup set_output_report{0x20, 0x09, 0x0200, 0};  // HID 1.11, 7.2.2
constexpr std::size_t longest_answer = 64;
constexpr Nanos answer_limit = 20ms;  // what it says is thrown away, so that it does not pile up in the board
constexpr Nanos lcus_contact_time = 15ms;

}  // namespace

LcusHidCommand lcus_hid_command(int channel, Contact wanted) {
  const int operation = wanted == Contact::closed ? 1 : 0;
  return {lcus_start, static_cast<std::uint8_t>(channel), static_cast<std::uint8_t>(operation),
          static_cast<std::uint8_t>(lcus_start + channel + operation)};
}

Result<std::unique_ptr<LcusHidRelay>> LcusHidRelay::open(std::unique_ptr<UsbBus> bus, LcusHidRelayConfig config) {
  std::unique_ptr<LcusHidRelay> relay(new LcusHidRelay(std::move(bus), std::move(config)));
  if (auto connected = relay->connect(); !connected) return connected.error();
  return relay;
}

Result<void> LcusHidRelay::set(int channel, Contact wanted, const Until& until) {
  if (channel < 1 || channel > config_.channels) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("found channel {}, expected one of the board's {}", channel, config_.channels));
  }
  if (auto connected = connect(); !connected) return connected;
  if (auto sent = send(lcus_hid_command(channel, wanted), until); !sent) {
    device_.reset();
    return seen_from_here(sent.error());
  }
  take_answer(until);
  return {};
}

Result<std::optional<Contact>> LcusHidRelay::read(int, const Until&) {
  return std::optional<Contact>();
}

std::string LcusHidRelay::description() const {
  return fmt::format("LCUS HID relay at usb {}", config_.port);
}

Nanos LcusHidRelay::delay() const {
  return lcus_contact_time;
}

/// Does nothing while the board is connected.
Result<void> LcusHidRelay::connect() {
  if (device_) return {};
  const auto devices = bus_->devices();
  if (!devices) return seen_from_here(devices.error());
  const auto info = std::ranges::find(*devices, config_.port, &UsbDeviceInfo::port);
  if (info == devices->end()) {
    return Fault(was_here_ ? Cause::lost : Cause::missing, config_.where,
                 fmt::format("nothing is plugged in at usb {}, expected a relay board", printable_line(config_.port)),
                 "check its cable");
  }
  if (info->id() != lcus_hid_relay_id) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("found {} at usb {}, expected {}", info->id(), config_.port, lcus_hid_relay_id));
  }
  auto device = bus_->open(*info);
  if (!device) return seen_from_here(device.error());
  const auto endpoints = (*device)->interrupt_endpoints(0);
  if (!endpoints) return seen_from_here(endpoints.error());
  if (endpoints->to_device) {
    if (auto claimed = (*device)->claim(0); !claimed) return seen_from_here(claimed.error());
  }
  endpoints_ = *endpoints;
  device_ = std::move(*device);
  was_here_ = true;
  return {};
}

/// At its endpoint; as a report where it has none.
Result<void> LcusHidRelay::send(const LcusHidCommand& command, const Until& until) {
  if (endpoints_.to_device) return device_->write(*endpoints_.to_device, command, until);
  return device_->send(set_output_report, command, until);
}

void LcusHidRelay::take_answer(const Until& until) {
  if (!endpoints_.to_device || !endpoints_.from_device) return;
  const Until soon(std::min(until.deadline, Instant(std::chrono::steady_clock::now()) + answer_limit), until.stop);
  (void)device_->read(*endpoints_.from_device, longest_answer, soon);
}

/// A fault of the device as this bench's.
Fault LcusHidRelay::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  return Fault(fault.cause(), config_.where, fmt::format("{}: {}", fault.where(), fault.what()), fault.hint());
}

}  // namespace coldboot
