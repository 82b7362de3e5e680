#include "drivers/pty/pty_driver.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/open_line.hpp"

namespace coldboot {
namespace {

struct PtyKeys {
  std::filesystem::path path;
};

keys::Type<PtyKeys> pty_type() {
  return keys::object<PtyKeys>("pseudo-terminal console", "A console at a pseudo-terminal of this host.")
      .required("path", &PtyKeys::path, keys::path("/run/vm/com1"), "The terminal, or a link to it.");
}

bool is_pseudo_terminal(int descriptor) {
  constexpr unsigned first_major = 136;  // of Linux: Unix98 slaves, eight of them
  constexpr unsigned last_major = 143;
  struct stat what{};
  if (::fstat(descriptor, &what) != 0 || !S_ISCHR(what.st_mode)) return false;
  return ::major(what.st_rdev) >= first_major && ::major(what.st_rdev) <= last_major;
}

Result<Descriptor> open_terminal(const std::filesystem::path& path, const std::string& where) {
  Descriptor line(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!line.is_open()) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR || error == EIO || error == ENXIO) {
      return Fault(Cause::missing, where, fmt::format("there is no {}", path.string()),
                   "is what makes the terminal running?");
    }
    return Fault(error == EACCES ? Cause::refused : Cause::io, where,
                 fmt::format("cannot open {}: {}", path.string(), errno_text(error)));
  }
  if (!is_pseudo_terminal(line.get())) {
    return Fault(Cause::mistake, where, fmt::format("{} is no pseudo-terminal", path.string()),
                 "for a serial port use `driver: tty`");
  }
  if (::flock(line.get(), LOCK_EX | LOCK_NB) != 0) {
    return Fault(Cause::busy, where, fmt::format("another program has {}", path.string()), "end it; fuser -v names it");
  }
  termios settings{};
  ::tcgetattr(line.get(), &settings);
  ::cfmakeraw(&settings);
  if (::tcsetattr(line.get(), TCSANOW, &settings) != 0) {
    return Fault(Cause::io, where, fmt::format("cannot set up {}: {}", path.string(), errno_text(errno)));
  }
  return line;
}

class PtyConsole final : public ByteStream {
 public:
  PtyConsole(std::filesystem::path path, const std::string& where, Descriptor line)
      : path_(std::move(path)), where_(where), line_(where, std::move(line)) {}

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  Result<void> write(std::string_view bytes, const Until& until) override { return line_.write(bytes, until); }
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until&) override {
    line_.replace(Descriptor());  // and with it our own lock
    auto line = open_terminal(path_, where_);
    if (!line) return line.error();
    line_.replace(std::move(*line));
    return {};
  }
  [[nodiscard]] std::string description() const override { return "pseudo-terminal " + path_.string(); }

 private:
  const std::filesystem::path path_;
  const std::string where_;
  OpenLine line_;
};

}  // namespace

keys::Table pty_keys() {
  return keys::table<PtyKeys>(pty_type());
}

Result<std::unique_ptr<ByteStream>> open_pty(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(pty_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto line = open_terminal(keys->path, context.where);
  if (!line) return line.error();
  return std::unique_ptr<ByteStream>(std::make_unique<PtyConsole>(keys->path, context.where, std::move(*line)));
}

}  // namespace coldboot
