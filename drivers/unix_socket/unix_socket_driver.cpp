#include "drivers/unix_socket/unix_socket_driver.hpp"

#include <utility>

#include "harness/io/connect.hpp"
#include "harness/io/open_line.hpp"

namespace coldboot {
namespace {

struct SocketKeys {
  std::filesystem::path path;
};

keys::Type<SocketKeys> socket_type() {
  return keys::object<SocketKeys>("Unix socket console", "A console at a Unix socket of this host.")
      .required("path", &SocketKeys::path, keys::path("/run/qemu/com1"), "The socket.");
}

class UnixSocketConsole final : public ByteStream {
 public:
  UnixSocketConsole(std::filesystem::path path, const std::string& where, Descriptor line)
      : path_(std::move(path)), where_(where), line_(where, std::move(line)) {}

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  Result<void> write(std::string_view bytes, const Until& until) override { return line_.write(bytes, until); }
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until&) override {
    line_.replace(Descriptor());
    auto line = connect_unix(path_, where_);
    if (!line) return line.error();
    line_.replace(std::move(*line));
    return {};
  }
  [[nodiscard]] std::string description() const override { return "Unix socket " + path_.string(); }

 private:
  const std::filesystem::path path_;
  const std::string where_;
  OpenLine line_;
};

}  // namespace

keys::Table unix_socket_keys() {
  return keys::table<SocketKeys>(socket_type());
}

Result<std::unique_ptr<ByteStream>> open_unix_socket(const DeviceEntry& entry, const std::string&,
                                                     OpenContext& context) {
  const auto keys = keys::from_kept(socket_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto line = connect_unix(keys->path, context.where);
  if (!line) return line.error();
  return std::unique_ptr<ByteStream>(std::make_unique<UnixSocketConsole>(keys->path, context.where, std::move(*line)));
}

}  // namespace coldboot
