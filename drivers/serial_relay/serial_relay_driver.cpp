#include "drivers/serial_relay/serial_relay_driver.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "drivers/serial_relay/serial_relay.hpp"
#include "harness/core/pause.hpp"
#include "harness/file/keys.hpp"
#include "harness/file/yaml.hpp"
#include "harness/io/serial_line.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos opening_limit = 10s;
constexpr Nanos sharing_limit = 1s;  // another bench's exchange with the same board takes some ten milliseconds
constexpr Nanos sharing_pause = 10ms;
constexpr std::string_view ch340 = "1a86:7523";
constexpr int most_channels = 32;
constexpr int most_number = 9999;
constexpr int most_modbus_address = 247;

enum class Family { lcus, kmtronic, numato, devantech, modbus, scpi };

struct SerialRelayKeys {
  std::string port;
  Family family = Family::lcus;
  int channels = 1;
  std::optional<LcusStatus> status;
  std::optional<ScpiStyle> style;
  std::optional<ModbusStyle> contacts;
  std::optional<int> address;
  std::optional<int> first;
  std::optional<LineRate> line;
};

keys::Type<SerialRelayKeys> serial_relay_type() {
  return keys::object<SerialRelayKeys>("serial relay", "A relay board behind a serial port.")
      .required("port", &SerialRelayKeys::port, keys::text("usb:1-4.2"),
                "Its serial port: usb:VENDOR:PRODUCT:SERIAL, usb:PORT, or a path.")
      .required("dialect", &SerialRelayKeys::family,
                keys::word<Family>({{"lcus", Family::lcus, "LCUS-1, -2, -4 and -8."},
                                    {"kmtronic", Family::kmtronic, "KMtronic USB and RS-232."},
                                    {"numato", Family::numato, "Numato USB."},
                                    {"devantech", Family::devantech, "Devantech USB-RLY02 and USB-RLY08."},
                                    {"modbus", Family::modbus, "boards on Modbus RTU: Waveshare, R4 and others."},
                                    {"scpi", Family::scpi, "switch units and supplies that speak SCPI."}}),
                "What it speaks.")
      .required("channels", &SerialRelayKeys::channels, keys::integer(1, most_channels, "4"), "How many it has.")
      .optional("status", &SerialRelayKeys::status,
                keys::word<LcusStatus>({{"none", LcusStatus::none, "it cannot be asked, its state is assumed."},
                                        {"text", LcusStatus::text, "lines such as `CH1: ON`."},
                                        {"bytes", LcusStatus::bytes, "a byte for each channel."}}),
                "Of `lcus`: what it reports; batches differ, and README.md says how to find out.", "`none`")
      .optional("style", &SerialRelayKeys::style,
                keys::word<ScpiStyle>({{"route", ScpiStyle::route, "ROUT:CLOS and ROUT:OPEN."},
                                       {"output", ScpiStyle::output, "OUTP ON and OUTP OFF."}}),
                "Of `scpi`: how it names its contacts.", "`route`")
      .optional(
          "contacts", &SerialRelayKeys::contacts,
          keys::word<ModbusStyle>({{"coils", ModbusStyle::coils, "a coil each."},
                                   {"registers", ModbusStyle::registers, "a holding register each, as R4 boards."}}),
          "Of `modbus`: how it keeps its contacts.", "`coils`")
      .optional("address", &SerialRelayKeys::address, keys::integer(1, most_modbus_address, "1"),
                "Of `modbus`: the board's address on its bus.", "1")
      .optional("first", &SerialRelayKeys::first, keys::integer(0, most_number, "101"),
                "Of `scpi` with `route`, and of `modbus`: the number of channel 1 there.",
                "101 of `scpi`, 0 of coils, 1 of registers")
      .optional("line", &SerialRelayKeys::line, keys::line_rate("9600n8"), "Line rate.",
                "9600n8, and 19200n8 of `numato`");
}

std::string_view name_of(Family family) {
  switch (family) {
    case Family::lcus: return "lcus";
    case Family::kmtronic: return "kmtronic";
    case Family::numato: return "numato";
    case Family::devantech: return "devantech";
    case Family::modbus: return "modbus";
    case Family::scpi: return "scpi";
  }
  return "serial";
}

int most_channels_of(const SerialRelayKeys& keys) {
  switch (keys.family) {
    case Family::lcus:
    case Family::kmtronic:
    case Family::devantech: return 8;
    case Family::modbus:
    case Family::numato: return most_channels;
    case Family::scpi: return keys.style == ScpiStyle::output ? 1 : most_channels;
  }
  return 1;
}

/// What no table of keys can say: which of them go together.
Result<void> check_together(const SerialRelayKeys& keys, const Place& place) {
  const auto mistake = [&](const std::string& what) { return Fault(Cause::mistake, place.text(), what); };
  if (keys.channels > most_channels_of(keys)) {
    return mistake(fmt::format("found {} channels, expected at most {} of a {} board", keys.channels,
                               most_channels_of(keys), name_of(keys.family)));
  }
  if (keys.status && keys.family != Family::lcus)
    return mistake(fmt::format("found status with the dialect {}, expected it with lcus only", name_of(keys.family)));
  if (keys.style && keys.family != Family::scpi)
    return mistake(fmt::format("found style with the dialect {}, expected it with scpi only", name_of(keys.family)));
  if ((keys.contacts || keys.address) && keys.family != Family::modbus)
    return mistake(fmt::format("found contacts or address with the dialect {}, expected them with modbus only",
                               name_of(keys.family)));
  if (keys.first && keys.family != Family::modbus && keys.family != Family::scpi)
    return mistake(
        fmt::format("found first with the dialect {}, expected it with modbus and scpi only", name_of(keys.family)));
  return {};
}

std::unique_ptr<RelayDialect> dialect_of(const SerialRelayKeys& keys) {
  constexpr int first_of_first_card = 101;
  switch (keys.family) {
    case Family::lcus: return lcus_dialect(keys.channels, keys.status.value_or(LcusStatus::none));
    case Family::kmtronic: return kmtronic_dialect(keys.channels);
    case Family::numato: return numato_dialect();
    case Family::devantech: return devantech_dialect();
    case Family::modbus: {
      const ModbusStyle contacts = keys.contacts.value_or(ModbusStyle::coils);
      return modbus_dialect(contacts, keys.address.value_or(1),
                            keys.first.value_or(contacts == ModbusStyle::coils ? 0 : 1));
    }
    case Family::scpi:
      return scpi_dialect(keys.style.value_or(ScpiStyle::route), keys.first.value_or(first_of_first_card));
  }
  return nullptr;
}

/// Opens the port as soon as nobody else has it. A port that was there before and is not now is lost.
OpenRelayLine opener(const std::string& port, const LineRate& rate, const std::string& where, Clock& clock) {
  return [port, rate, where, &clock, was_there = false](const Until& until) mutable -> Result<RelayLine> {
    const Until patience(std::min(until.deadline, clock.now() + sharing_limit), until.stop);
    while (true) {
      auto line = SerialLine::open(port, {.rate = rate}, where);
      if (line) {
        was_there = true;
        const auto open = std::make_shared<const SerialLine>(std::move(*line));
        return RelayLine{open->descriptor(), open};
      }
      const Fault fault = line.error();
      if (fault.cause() == Cause::missing && was_there) return Fault(Cause::lost, where, fault.what(), fault.hint());
      if (fault.cause() != Cause::busy) return fault;
      if (auto waited = let_pass(clock, sharing_pause, patience, where); !waited)
        return waited.error().cause() == Cause::stopped ? waited.error() : fault;
    }
  };
}

}  // namespace

keys::Table serial_relay_keys() {
  return keys::table<SerialRelayKeys>(serial_relay_type());
}

/// None of these boards says who it is, so those are offered whose adapter is that of LCUS boards, a CH340; a cable of
/// a console may have the same, which is why none is asked.
Result<std::vector<AttachedDevice>> attached_serial_relays() {
  const std::vector<SerialPort> ports = serial_ports();
  std::vector<AttachedDevice> devices;
  for (const SerialPort& port : ports) {
    if (port.usb_id != ch340) continue;
    devices.push_back(
        {.keys = {{"port", yaml_text(id_among(port, ports))}, {"dialect", "lcus"}, {"channels", "1"}},
         .description = "perhaps an LCUS board, or a console cable with the same chip: " + port.description(),
         .trouble = no_right_to(port, port.device)});
  }
  return devices;
}

std::vector<std::string> mend_serial_relay(const DeviceEntry& entry) {
  const auto keys = keys::from_kept(serial_relay_type(), entry.keys, entry.place);
  const auto port = keys ? find_serial_port(keys->port, "") : Result<SerialPort>(keys.error());
  if (!port) return {};
  const auto lock = remove_nameless_lock(*port);
  if (lock.empty()) return {};
  return {fmt::format("removed {}, a lock that named nobody", lock.string())};
}

Result<std::unique_ptr<Relay>> open_serial_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(serial_relay_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  if (auto together = check_together(*keys, entry.place); !together) return together.error();
  auto dialect = dialect_of(*keys);
  const OpenRelayLine open = opener(keys->port, keys->line.value_or(dialect->rate()), context.where, context.clock);
  const Until until(context.clock.now() + opening_limit);
  if (const auto line = open(until); !line) return line.error();
  SerialRelayConfig config{.where = context.where,
                           .description = fmt::format("{} relay board at {}", name_of(keys->family), keys->port),
                           .channels = keys->channels};
  return std::unique_ptr<Relay>(std::make_unique<SerialRelay>(open, std::move(dialect), std::move(config)));
}

}  // namespace coldboot
