#include "drivers/tty/tty_driver.hpp"

#include <fmt/format.h>

#include "drivers/tty/latency.hpp"
#include "drivers/tty/tty_console.hpp"
#include "harness/file/yaml.hpp"

namespace coldboot {
namespace {

struct TtyKeys {
  std::string id;
  TtyFlow flow = TtyFlow::none;
  LineSignal dtr_rts = LineSignal::untouched;
};

keys::Type<TtyKeys> tty_type() {
  return keys::object<TtyKeys>("serial port", "A serial port of this host, such as a USB adapter.")
      .required("id", &TtyKeys::id, keys::text("usb:0403:6001:A50285BI"),
                "The adapter: usb:VENDOR:PRODUCT:SERIAL, usb:PORT for one without a serial number, or a path below "
                "/dev/serial. A number such as ttyUSB0 may be another adapter's after the next plug.")
      .optional("flow", &TtyKeys::flow,
                keys::word<TtyFlow>({{"none", TtyFlow::none, "none."},
                                     {"rts-cts", TtyFlow::rts_cts, "by modem lines."},
                                     {"xon-xoff", TtyFlow::xon_xoff, "by characters, which then are no data."}}),
                "Flow control.", "`none`")
      .optional("dtr-rts", &TtyKeys::dtr_rts,
                keys::word<LineSignal>({{"low", LineSignal::low, "low, as soon as the port is open."},
                                        {"high", LineSignal::high, "high."},
                                        {"untouched", LineSignal::untouched, "as the system sets them: high."}}),
                "DTR and RTS: they feed some boards, and reset others.", "`untouched`");
}

}  // namespace

keys::Table tty_keys() {
  return keys::table<TtyKeys>(tty_type());
}

Result<std::vector<AttachedDevice>> attached_ttys() {
  const std::vector<SerialPort> ports = serial_ports();
  std::vector<AttachedDevice> devices;
  for (const SerialPort& port : ports) {
    devices.push_back({.keys = {{"id", yaml_text(id_among(port, ports))}},
                       .description = port.description(),
                       .trouble = no_right_to(port, port.device)});
  }
  return devices;
}

std::vector<std::string> mend_tty(const DeviceEntry& entry) {
  const auto keys = keys::from_kept(tty_type(), entry.keys, entry.place);
  const auto port = keys ? find_serial_port(keys->id, "") : Result<SerialPort>(keys.error());
  if (!port) return {};
  std::vector<std::string> done;
  if (const auto lock = remove_nameless_lock(*port); !lock.empty())
    done.push_back(fmt::format("removed {}, a lock that named nobody", lock.string()));
  if (const auto before = shorten_latency(port->device.filename()))
    done.push_back(fmt::format("set the latency timer of {} from {} to {}", port->device.string(),
                               duration_text(*before), duration_text(shortest_latency)));
  return done;
}

Result<std::unique_ptr<ByteStream>> open_tty(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(tty_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  TtyConsoleConfig config;
  config.id = keys->id;
  config.where = context.where;
  config.line = {.rate = context.line.value_or(LineRate{}), .dtr = keys->dtr_rts, .rts = keys->dtr_rts};
  config.flow = keys->flow;
  return TtyConsole::open(std::move(config));
}

}  // namespace coldboot
