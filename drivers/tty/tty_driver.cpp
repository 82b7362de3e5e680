#include "drivers/tty/tty_driver.hpp"

#include "drivers/tty/tty_console.hpp"

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
