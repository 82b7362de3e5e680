#include "drivers/telnet/telnet_driver.hpp"

#include "drivers/telnet/telnet_console.hpp"

namespace coldboot {
namespace {

constexpr std::chrono::seconds open_limit{10};

enum class Rfc2217 { use, require, never };

struct TelnetKeys {
  std::string address;
  Rfc2217 rfc2217 = Rfc2217::use;
  std::optional<FlowControl> flow;
  std::optional<bool> dtr_rts;
};

keys::Type<TelnetKeys> telnet_type() {
  const auto address = keys::checked<std::string>(keys::text("rte-3:13541"), "a host and a port",
                                                  [](const std::string& text) -> Result<void> {
                                                    const auto parsed = parse_tcp_address(text);
                                                    return parsed ? Result<void>() : parsed.error();
                                                  });
  return keys::object<TelnetKeys>("telnet console",
                                  "A serial port behind a telnet server, with RFC 2217 where it has it.")
      .required("address", &TelnetKeys::address, address, "Host and port.")
      .optional(
          "rfc2217", &TelnetKeys::rfc2217,
          keys::word<Rfc2217>({{"use", Rfc2217::use, "offer it; where the server refuses, its port stays as it is."},
                               {"require", Rfc2217::require, "a server that refuses is a fault."},
                               {"never", Rfc2217::never, "leave the port as it is."}}),
          "Whether to set the server's port: rate and form as the console's `line` says, and what stands below.",
          "`use`")
      .optional("flow", &TelnetKeys::flow,
                keys::word<std::optional<FlowControl>>({{"none", FlowControl::none, "none."},
                                                        {"rts-cts", FlowControl::rts_cts, "by modem lines."},
                                                        {"xon-xoff", FlowControl::xon_xoff, "by characters."}}),
                "Flow control to set.", "as the server has it")
      .optional("dtr-rts", &TelnetKeys::dtr_rts,
                keys::word<std::optional<bool>>({{"low", false, "both low."}, {"high", true, "both high."}}),
                "Level to set the modem lines to.", "as the server has them");
}

}  // namespace

keys::Table telnet_console_keys() {
  return keys::table<TelnetKeys>(telnet_type());
}

Result<std::unique_ptr<ByteStream>> open_telnet_console(const DeviceEntry& entry, const std::string&,
                                                        OpenContext& context) {
  const auto keys = keys::from_kept(telnet_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto address = parse_tcp_address(keys->address);
  if (!address) return address.error();
  TelnetConsoleConfig config;
  config.address = std::move(*address);
  config.where = context.where;
  config.com_port = keys->rfc2217 != Rfc2217::never;
  config.must_have_com_port = keys->rfc2217 == Rfc2217::require;
  config.settings = {.line = context.line, .flow = keys->flow, .dtr = keys->dtr_rts, .rts = keys->dtr_rts};
  return TelnetConsole::open(std::move(config), context.tell, Until(std::chrono::steady_clock::now() + open_limit));
}

}  // namespace coldboot
