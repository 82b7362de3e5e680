#include "drivers/ftdi_relay/ftdi_relay.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t all_outputs = 0xff;
constexpr std::uint8_t data_out = 0x02;  // endpoint

constexpr int data_pins = 8;
constexpr int cbus_pins = 4;
constexpr Nanos contact_time = 15ms;  // operate time of relays of this size, bounce included

}  // namespace

std::optional<std::uint8_t> ftdi_bit(FtdiPins pins, FtdiOrder order, int channel) {
  const int pin = order == FtdiOrder::straight ? channel - 1 : 2 * channel - 1;
  if (channel < 1 || pin >= (pins == FtdiPins::data ? data_pins : cbus_pins)) return std::nullopt;
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(pin));
}

Result<std::unique_ptr<FtdiRelay>> FtdiRelay::open(std::unique_ptr<UsbBus> bus, FtdiRelayConfig config,
                                                   const Until& until) {
  std::unique_ptr<FtdiRelay> relay(new FtdiRelay(std::move(bus), std::move(config)));
  if (auto connected = relay->connect(until); !connected) return connected.error();
  return relay;
}

Result<void> FtdiRelay::set(int channel, Contact wanted, const Until& until) {
  const auto bit = bit_of(channel);
  if (!bit) return bit.error();
  if (auto connected = connect(until); !connected) return connected;
  const bool on = wanted == Contact::closed;
  const auto put = config_.pins == FtdiPins::data ? put_data(*bit, on, until) : put_cbus(*bit, on, until);
  if (!put) return lose(put.error());
  return {};
}

Result<std::optional<Contact>> FtdiRelay::read(int channel, const Until& until) {
  const auto bit = bit_of(channel);
  if (!bit) return bit.error();
  if (auto connected = connect(until); !connected) return connected.error();
  const auto pins = read_ftdi_pins(*device_, config_.where, until);
  if (!pins) return lose(pins.error());
  return std::optional((*pins & *bit) != 0 ? Contact::closed : Contact::open);
}

std::string FtdiRelay::description() const {
  return fmt::format("FTDI relay card {}", found_);
}

Nanos FtdiRelay::delay() const {
  return contact_time;
}

/// Does nothing while the chip is connected.
Result<void> FtdiRelay::connect(const Until& until) {
  if (device_) return {};
  const auto info = find(until);
  if (!info) return info.error();
  auto device = bus_->open(*info);
  if (!device) return seen_from_here(device.error());
  if (config_.pins == FtdiPins::data) {
    // The endpoints are below an interface; the serial driver of the system loses it, as a relay card has no line.
    if (auto claimed = (*device)->claim(0); !claimed) return seen_from_here(claimed.error());
  }
  device_ = std::move(*device);
  found_ = fmt::format("{} at usb {}", config_.serial.empty() ? config_.product : printable_line(config_.serial),
                       info->port);
  bit_bang_ = false;
  outputs_ = values_ = 0;
  return {};
}

Result<UsbDeviceInfo> FtdiRelay::find(const Until& until) {
  const auto chips = find_ftdi_chips(*bus_, ftdi_relay_usb_ids, until);
  if (!chips) return seen_from_here(chips.error());
  std::vector<UsbDeviceInfo> fitting;
  std::optional<Fault> silent;
  for (const auto& [info, strings] : *chips) {
    if (!config_.port.empty() && info.port != config_.port) continue;
    if (!strings) {
      silent = strings.error();
      continue;
    }
    if (!is_meant(info, *strings)) continue;
    if (strings->product != config_.product) {
      return Fault(Cause::refused, config_.where,
                   fmt::format("the FTDI chip {} is called \"{}\", expected \"{}\"", wanted(),
                               printable_line(strings->product), config_.product),
                   "a console cable has the same USB ids; set `product` where this is the relay card");
    }
    fitting.push_back(info);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1) {
    return Fault(
        Cause::refused, config_.where, fmt::format("found {} FTDI chips {}", fitting.size(), wanted()),
        fmt::format("name the one meant by where it is plugged in: {} or {}", fitting[0].port, fitting[1].port));
  }
  if (silent) return seen_from_here(silent->within(fmt::format("no FTDI chip {} answers", wanted())));
  return Fault(found_.empty() ? Cause::missing : Cause::lost, config_.where,
               fmt::format("found no FTDI chip {}", wanted()), "is the card plugged in?");
}

bool FtdiRelay::is_meant(const UsbDeviceInfo& info, const UsbStrings& strings) const {
  return (config_.port.empty() || config_.port == info.port) &&
         (config_.serial.empty() || config_.serial == strings.serial);
}

std::string FtdiRelay::wanted() const {
  return config_.serial.empty() ? fmt::format("at usb {}", printable_line(config_.port))
                                : fmt::format("with the serial number {}", printable_line(config_.serial));
}

Result<std::uint8_t> FtdiRelay::bit_of(int channel) const {
  if (const auto bit = ftdi_bit(config_.pins, config_.order, channel)) return *bit;
  const int channels =
      (config_.pins == FtdiPins::data ? data_pins : cbus_pins) / (config_.order == FtdiOrder::straight ? 1 : 2);
  return Fault(Cause::refused, config_.where,
               fmt::format("found channel {}, expected one of the card's {}", channel, channels));
}

/// Makes the data pins outputs, each with the level it has: what was switched before stays switched.
Result<void> FtdiRelay::enter_bit_bang(const Until& until) {
  const auto pins = read_ftdi_pins(*device_, config_.where, until);
  if (!pins) return pins.error();
  if (auto entered = set_ftdi_mode(*device_, FtdiMode::data, all_outputs, until); !entered) return entered;
  bit_bang_ = true;
  const std::array as_they_are = {*pins};
  return device_->write(data_out, as_they_are, until);
}

Result<void> FtdiRelay::put_data(std::uint8_t bit, bool on, const Until& until) {
  if (!bit_bang_) {
    if (auto entered = enter_bit_bang(until); !entered) return entered;
  }
  const auto pins = read_ftdi_pins(*device_, config_.where, until);
  if (!pins) return pins.error();
  const std::array wanted = {static_cast<std::uint8_t>(on ? *pins | bit : *pins & ~bit)};
  return device_->write(data_out, wanted, until);
}

/// Direction in the high half of the mask, level in the low one.
Result<void> FtdiRelay::put_cbus(std::uint8_t bit, bool on, const Until& until) {
  outputs_ = static_cast<std::uint8_t>(outputs_ | bit);
  values_ = static_cast<std::uint8_t>(on ? values_ | bit : values_ & ~bit);
  return set_ftdi_mode(*device_, FtdiMode::cbus, static_cast<std::uint8_t>(outputs_ << 4U | values_), until);
}

Fault FtdiRelay::lose(const Fault& fault) {
  device_.reset();
  return seen_from_here(fault);
}

/// A fault of the device as this bench's.
Fault FtdiRelay::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
