#include "harness/io/serial_line.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <libserialport.h>
#include <memory>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

// ------------------------------------------------------------------------------------- keeping others out

std::string program_of(long pid) {
  std::string name;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
  return name.empty() ? fmt::format("process {}", pid) : fmt::format("{}, process {}", printable_line(name), pid);
}

/// Which process a lock file names; nothing for one without a number, which its maker is still writing.
std::optional<long> owner_of(const fs::path& lock) {
  std::ifstream file(lock);
  long pid = 0;
  if (file >> pid && pid > 0) return pid;
  return std::nullopt;
}

bool is_alive(long pid) {
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

/// Makes the file with our number in it, whole or not at all: minicom and picocom pad it to ten columns.
bool make_lock(const fs::path& lock) {
  const fs::path draft = fmt::format("{}.{}", lock.string(), ::getpid());
  const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open()) return false;
  const std::string record = fmt::format("{:>10}\n", ::getpid());
  const bool written = ::write(file.get(), record.data(), record.size()) == static_cast<ssize_t>(record.size());
  const bool made = written && ::link(draft.c_str(), lock.c_str()) == 0;
  const int error = errno;
  ::unlink(draft.c_str());
  errno = error;
  return made;
}

fs::path lock_of(const SerialPort& port, const fs::path& folder) {
  return folder / ("LCK.." + port.device.filename().string());
}

/// Takes the lock that terminal programs know. An empty path where its folder is not to be had: the other two ways
/// still hold. A lock whose process is gone is taken over.
Result<fs::path> take_lock(const SerialPort& port, const fs::path& folder, const std::string& where) {
  fs::path lock = lock_of(port, folder);
  for (int attempt = 1; attempt <= 2; ++attempt) {
    if (make_lock(lock)) return lock;
    if (errno != EEXIST) return fs::path();
    const auto owner = owner_of(lock);
    if (!owner || is_alive(*owner)) {
      return Fault(
          Cause::busy, where,
          fmt::format("{} is held by {} (lock {})", port.device.string(), owner ? program_of(*owner) : "somebody",
                      lock.string()),
          owner ? "end that program" : "remove the lock where nobody has the port: coldboot doctor --fix does so");
    }
    if (::unlink(lock.c_str()) != 0) return fs::path();
  }
  return fs::path();
}

// ------------------------------------------------------------------------------------------------ opening

/// The group that may open a device; the one that usually may where it cannot be known.
std::string group_of(const fs::path& device) {
  constexpr const char* usual = "dialout";
  struct stat status{};
  if (::stat(device.c_str(), &status) != 0 || status.st_gid == 0) return usual;
  std::array<char, 4096> buffer{};
  group entry{};
  group* found = nullptr;
  ::getgrgid_r(status.st_gid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->gr_name : usual;
}

Fault open_fault(int error, const SerialPort& port, const std::string& where) {
  const std::string what = fmt::format("{} cannot be opened: {}", port.device.string(), errno_text(error));
  switch (error) {
    case EACCES:
    case EPERM:
      return Fault(Cause::refused, where, what,
                   fmt::format("this user needs to be in the group {}: usermod -aG {} USER, and a new login",
                               group_of(port.device), group_of(port.device)));
    case EBUSY: return Fault(Cause::busy, where, what, "end the program that has it");
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EIO: return Fault(Cause::lost, where, what, "check the cable and the adapter");
    default: return Fault(Cause::io, where, what);
  }
}

/// Opens the port once without touching its settings, to see whether anybody else has it.
Result<Descriptor> guard_of(const SerialPort& port, const std::string& where) {
  Descriptor guard(::open(port.device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!guard.is_open()) return open_fault(errno, port, where);
  if (::isatty(guard.get()) == 0)
    return Fault(Cause::mistake, where, fmt::format("{} is no serial port", port.device.string()));
  if (::flock(guard.get(), LOCK_EX | LOCK_NB) != 0) {
    return Fault(Cause::busy, where, fmt::format("{} is held by another program", port.device.string()),
                 fmt::format("fuser {} names it", port.device.string()));
  }
  return guard;
}

struct FreePort {
  void operator()(sp_port* port) const { sp_free_port(port); }
};
struct FreeConfig {
  void operator()(sp_port_config* config) const { sp_free_config(config); }
};

Fault library_fault(sp_return code, std::string_view doing, const SerialPort& port, const std::string& where) {
  if (code == SP_ERR_FAIL) return open_fault(sp_last_error_code(), port, where);
  if (code == SP_ERR_SUPP)
    return Fault(Cause::refused, where, fmt::format("{}: {}, which it cannot", port.device.string(), doing));
  return Fault(Cause::io, where,
               fmt::format("{}: {}: libserialport error {}", port.device.string(), doing, static_cast<int>(code)));
}

sp_parity parity_of(char letter) {
  if (letter == 'e') return SP_PARITY_EVEN;
  return letter == 'o' ? SP_PARITY_ODD : SP_PARITY_NONE;
}

sp_return configure(sp_port* port, const SerialLineOptions& options) {
  sp_port_config* raw = nullptr;
  if (const sp_return made = sp_new_config(&raw); made != SP_OK) return made;
  const std::unique_ptr<sp_port_config, FreeConfig> config(raw);
  sp_set_config_baudrate(raw, options.rate.baud);
  sp_set_config_bits(raw, options.rate.data_bits);
  sp_set_config_parity(raw, parity_of(options.rate.parity));
  sp_set_config_stopbits(raw, options.rate.stop_bits);
  sp_set_config_flowcontrol(raw, SP_FLOWCONTROL_NONE);
  if (options.dtr == LineSignal::untouched) sp_set_config_dtr(raw, static_cast<sp_dtr>(-1));
  if (options.rts == LineSignal::untouched) sp_set_config_rts(raw, static_cast<sp_rts>(-1));
  if (options.dtr == LineSignal::low) sp_set_config_dtr(raw, SP_DTR_OFF);
  if (options.rts == LineSignal::low) sp_set_config_rts(raw, SP_RTS_OFF);
  if (options.dtr == LineSignal::high) sp_set_config_dtr(raw, SP_DTR_ON);
  if (options.rts == LineSignal::high) sp_set_config_rts(raw, SP_RTS_ON);
  return sp_set_config(port, raw);
}

/// What libserialport does not set: a read that finds nothing is no end of file, closing does not drop DTR and RTS, and
/// nobody else may open the port.
bool finish_settings(int descriptor) {
  termios settings{};
  if (::tcgetattr(descriptor, &settings) != 0) return false;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  settings.c_cflag &= ~static_cast<tcflag_t>(HUPCL);
  if (::tcsetattr(descriptor, TCSANOW, &settings) != 0) return false;
  (void)::ioctl(descriptor, TIOCEXCL);  // the flock holds where it cannot be had
  return true;
}

}  // namespace

std::optional<Fault> no_right_to(const SerialPort& port, const std::string& where) {
  if (::access(port.device.c_str(), R_OK | W_OK) == 0) return std::nullopt;
  return open_fault(errno, port, where);
}

fs::path remove_nameless_lock(const SerialPort& port, const fs::path& folder) {
  constexpr auto old_enough = std::chrono::seconds(10);
  fs::path lock = lock_of(port, folder);
  std::error_code none;
  const auto written = fs::last_write_time(lock, none);
  if (none || owner_of(lock) || fs::file_time_type::clock::now() - written < old_enough) return {};
  const auto guard = guard_of(port, "");
  if (!guard || ::unlink(lock.c_str()) != 0) return {};
  return lock;
}

Result<SerialLine> SerialLine::open(const std::string& id, const SerialLineOptions& options, const std::string& where) {
  auto port = find_serial_port(id, where);
  if (!port) return port.error();
  auto lock = take_lock(*port, options.lock_folder, where);
  if (!lock) return lock.error();
  SerialLine line(std::move(*port), std::move(*lock), Descriptor());
  auto guard = guard_of(line.port_, where);
  if (!guard) return guard.error();
  line.guard_ = std::move(*guard);
  if (auto ready = line.set_up(options, where); !ready) return ready.error();
  return line;
}

Result<void> SerialLine::set_up(const SerialLineOptions& options, const std::string& where) {
  sp_port* raw = nullptr;
  if (const sp_return named = sp_get_port_by_name(port_.device.c_str(), &raw); named != SP_OK)
    return library_fault(named, "looking it up", port_, where);
  const std::unique_ptr<sp_port, FreePort> port(raw);
  if (const sp_return opened = sp_open(raw, SP_MODE_READ_WRITE); opened != SP_OK)
    return library_fault(opened, "opening", port_, where);
  const sp_return configured = configure(raw, options);
  int handle = -1;
  sp_get_port_handle(raw, &handle);
  line_ = Descriptor(::fcntl(handle, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  sp_close(raw);
  if (configured != SP_OK)
    return library_fault(configured, fmt::format("set to {}", options.rate.text()), port_, where);
  if (!line_.is_open() || !finish_settings(line_.get())) return open_fault(errno, port_, where);
  return {};
}

SerialLine::SerialLine(SerialLine&& other) noexcept
    : port_(std::move(other.port_)),
      lock_(std::exchange(other.lock_, {})),
      guard_(std::move(other.guard_)),
      line_(std::move(other.line_)) {}

SerialLine& SerialLine::operator=(SerialLine&& other) noexcept {
  std::swap(port_, other.port_);
  std::swap(lock_, other.lock_);
  std::swap(guard_, other.guard_);
  std::swap(line_, other.line_);
  return *this;
}

SerialLine::~SerialLine() {
  line_.close();
  guard_.close();
  if (!lock_.empty()) ::unlink(lock_.c_str());
}

void SerialLine::flush() const {
  (void)::tcflush(line_.get(), TCIOFLUSH);
}

}  // namespace coldboot
