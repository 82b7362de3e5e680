#include "drivers/tcp/tcp_driver.hpp"

#include "drivers/tcp/tcp_console.hpp"

namespace coldboot {
namespace {

constexpr std::chrono::seconds open_limit{10};

struct TcpKeys {
  std::string address;
};

keys::Type<TcpKeys> tcp_type() {
  const auto address = keys::checked<std::string>(keys::text("rte-3:13541"), "a host and a port",
                                                  [](const std::string& text) -> Result<void> {
                                                    const auto parsed = parse_tcp_address(text);
                                                    return parsed ? Result<void>() : parsed.error();
                                                  });
  return keys::object<TcpKeys>("raw TCP console", "A serial port behind a TCP port that hands bytes on as they are.")
      .required("address", &TcpKeys::address, address, "Host and port.");
}

}  // namespace

keys::Table tcp_console_keys() {
  return keys::table<TcpKeys>(tcp_type());
}

Result<std::unique_ptr<ByteStream>> open_tcp_console(const DeviceEntry& entry, const std::string&,
                                                     OpenContext& context) {
  const auto keys = keys::from_kept(tcp_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto address = parse_tcp_address(keys->address);
  if (!address) return address.error();
  return TcpConsole::open(std::move(*address), context.where, context.tell,
                          Until(std::chrono::steady_clock::now() + open_limit));
}

}  // namespace coldboot
