#include "drivers/hid_relay/hid_relay.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

// Class requests to the device (HID 1.11, 7.2), the feature report without a number.
constexpr UsbSetup set_report{0x20, 0x09, 0x0300, 0};
constexpr UsbSetup get_report{0xa0, 0x01, 0x0300, 0};

constexpr Nanos contact_time = 15ms;  // operate time of relays of this size, bounce included

Result<HidRelayReport> ask_for_report(UsbDevice& device, const Until& until) {
  const auto bytes = device.receive(get_report, hid_relay_report_bytes, until);
  if (!bytes) return bytes.error();
  return parse_hid_relay_report(*bytes);
}

/// The board behind a device with its USB ids; nothing when it is something else.
Result<std::optional<HidRelayBoard>> look_at(UsbBus& bus, const UsbDeviceInfo& info, const Until& until) {
  const auto device = bus.open(info);
  if (!device) return device.error();
  auto strings = (*device)->strings(until);
  if (!strings) return strings.error();
  const auto channels = hid_relay_channels(strings->product);
  if (!channels) return std::optional<HidRelayBoard>();
  auto report = ask_for_report(**device, until);
  if (!report) return report.error();
  return std::optional(HidRelayBoard{info, std::move(*strings), std::move(*report), *channels});
}

bool fits(const HidRelayBoard& board, const HidRelayIdentity& wanted) {
  return (wanted.id.empty() || wanted.id == board.report.id) &&
         (wanted.port.empty() || wanted.port == board.device.port) &&
         (wanted.serial.empty() || wanted.serial == board.strings.serial);
}

std::string name_of(const HidRelayBoard& board) {
  return fmt::format("{} at usb {}", printable_line(board.report.id), board.device.port);
}

std::vector<std::string> names_of(const std::vector<HidRelayBoard>& boards) {
  std::vector<std::string> names;
  for (const HidRelayBoard& board : boards) names.push_back(name_of(board));
  return names;
}

}  // namespace

std::string HidRelayIdentity::text() const {
  std::vector<std::string> parts;
  if (!id.empty()) parts.push_back(fmt::format("with the id {}", printable_line(id)));
  if (!serial.empty()) parts.push_back(fmt::format("with the USB serial number {}", printable_line(serial)));
  if (!port.empty()) parts.push_back(fmt::format("at usb {}", printable_line(port)));
  return fmt::format("{}", fmt::join(parts, " "));
}

std::string description_of(const HidRelayBoard& board) {
  return fmt::format("USB HID relay {}, {} channel{}, at usb {}", printable_line(board.report.id), board.channels,
                     board.channels == 1 ? "" : "s", board.device.port);
}

Result<HidRelayBoards> find_hid_relays(UsbBus& bus, const Until& until) {
  const auto devices = bus.devices();
  if (!devices) return devices.error();
  HidRelayBoards boards;
  for (const UsbDeviceInfo& info : *devices) {
    if (info.id() != hid_relay_usb_id) continue;
    auto board = look_at(bus, info, until);
    if (!board) {
      boards.silent.push_back({info, board.error()});
    } else if (*board) {
      boards.found.push_back(std::move(**board));
    }
  }
  return boards;
}

Result<std::unique_ptr<HidRelay>> HidRelay::open(std::unique_ptr<UsbBus> bus, HidRelayConfig config,
                                                 const Until& until) {
  std::unique_ptr<HidRelay> relay(new HidRelay(std::move(bus), std::move(config)));
  if (auto connected = relay->connect(until); !connected) return connected.error();
  return relay;
}

Result<void> HidRelay::set(int channel, Contact wanted, const Until& until) {
  if (auto connected = connect(until); !connected) return connected;
  if (auto checked = check(channel); !checked) return checked;
  const auto sent = device_->send(set_report, hid_relay_command(channel, wanted), until);
  if (sent) return {};
  device_.reset();
  return seen_from_here(sent.error());
}

Result<std::optional<Contact>> HidRelay::read(int channel, const Until& until) {
  if (auto connected = connect(until); !connected) return connected.error();
  if (auto checked = check(channel); !checked) return checked.error();
  const auto report = ask(until);
  if (report) return std::optional(report->contact(channel));
  device_.reset();
  return seen_from_here(report.error());
}

std::string HidRelay::description() const {
  return description_of(board_);
}

Nanos HidRelay::delay() const {
  return contact_time;
}

/// Does nothing while the board is connected.
Result<void> HidRelay::connect(const Until& until) {
  if (device_) return {};
  auto board = find(until);
  if (!board) return board.error();
  auto device = bus_->open(board->device);
  if (!device) return seen_from_here(device.error());
  board_ = std::move(*board);
  device_ = std::move(*device);
  return {};
}

Result<HidRelayBoard> HidRelay::find(const Until& until) {
  auto boards = find_hid_relays(*bus_, until);
  if (!boards) return seen_from_here(boards.error());
  std::vector<HidRelayBoard> fitting;
  std::ranges::copy_if(boards->found, std::back_inserter(fitting),
                       [&](const HidRelayBoard& board) { return fits(board, config_.identity); });
  if (fitting.size() == 1) return std::move(fitting.front());
  if (fitting.empty()) return not_found(*boards);
  return Fault(Cause::refused, config_.where,
               fmt::format("found {} HID relay boards {}: {}", fitting.size(), config_.identity.text(),
                           fmt::join(names_of(fitting), ", ")),
               "name the one meant by where it is plugged in (usb: ...)");
}

Fault HidRelay::not_found(const HidRelayBoards& boards) const {
  if (!boards.silent.empty()) {  // it may be one of them
    return seen_from_here(
        boards.silent.front().why.within(fmt::format("no HID relay board {} answers", config_.identity.text())));
  }
  const bool was_here = board_.channels > 0;
  return Fault(was_here ? Cause::lost : Cause::missing, config_.where,
               fmt::format("{} HID relay board {}", was_here ? "it is gone: no" : "found no", config_.identity.text()),
               boards.found.empty()
                   ? "is it plugged in? there is none at all"
                   : fmt::format("is it plugged in? there is {}", fmt::join(names_of(boards.found), ", ")));
}

Result<void> HidRelay::check(int channel) const {
  if (channel >= 1 && channel <= board_.channels) return {};
  return Fault(Cause::refused, config_.where,
               fmt::format("found channel {}, expected one of the board's {}", channel, board_.channels));
}

/// The report of the board that was opened and of no other.
Result<HidRelayReport> HidRelay::ask(const Until& until) {
  auto report = ask_for_report(*device_, until);
  if (report && report->id != board_.report.id) {
    return Fault(Cause::protocol, config_.where,
                 fmt::format("found the id {}, expected {}", printable_line(report->id), board_.report.id));
  }
  return report;
}

/// A fault of the device as this bench's.
Fault HidRelay::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
