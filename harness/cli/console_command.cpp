#include <array>
#include <cerrno>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/bench.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/core/text.hpp"
#include "harness/io/wake.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

constexpr Nanos typing_limit = std::chrono::seconds(10);
constexpr std::size_t piece_size = 4096;

/// Where the console is to be had: at a run that has the bench, or at the device itself.
class Line {
 public:
  virtual ~Line() = default;
  [[nodiscard]] virtual int descriptor() const = 0;
  /// What came; empty when nothing more will.
  virtual Result<std::string> hear() = 0;
  virtual Result<void> say(std::string_view bytes) = 0;
};

Result<std::string> read_piece(int descriptor) {
  std::string piece(piece_size, '\0');
  const ssize_t count = ::read(descriptor, piece.data(), piece.size());
  if (count < 0 && errno != EAGAIN && errno != EINTR) return Fault(Cause::lost, "console", errno_text(errno));
  if (count == 0) return Fault(Cause::lost, "console", "it hung up");
  piece.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return piece;
}

class LineOfARun final : public Line {
 public:
  explicit LineOfARun(Descriptor socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int descriptor() const override { return socket_.get(); }
  Result<std::string> hear() override {
    auto piece = read_piece(socket_.get());
    if (!piece) return Fault(Cause::lost, "console", "the run has ended");
    return piece;
  }
  Result<void> say(std::string_view bytes) override {
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0)
      return Fault(Cause::lost, "console", "the run has ended");
    return {};
  }

 private:
  Descriptor socket_;
};

class LineOfOurOwn final : public Line {
 public:
  LineOfOurOwn(std::unique_ptr<Bench> bench, const std::string& console)
      : bench_(std::move(bench)), stream_(*bench_->console(console)->stream) {}
  [[nodiscard]] int descriptor() const override { return stream_.descriptor(); }
  Result<std::string> hear() override {
    auto piece = read_piece(stream_.descriptor());
    if (piece) piece->resize(stream_.decode(*piece));
    return piece;
  }
  Result<void> say(std::string_view bytes) override {
    return stream_.write(bytes, Until(bench_->clock().now() + typing_limit));
  }

 private:
  std::unique_ptr<Bench> bench_;
  ByteStream& stream_;
};

/// Keys come one by one and unchanged while this lives, where standard input is a terminal.
class RawTerminal {
 public:
  RawTerminal() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    raw.c_oflag |= OPOST | ONLCR;  // what we tell ourselves
    is_raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawTerminal() {
    if (is_raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_raw_ = false;
};

/// "^]" as the byte that key sends.
std::optional<char> control_key(const std::string& name) {
  if (name.size() != 2 || name[0] != '^' || name[1] < '@' || name[1] > '_') return std::nullopt;
  return static_cast<char>(name[1] & 0x1F);
}

Descriptor connect_to(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) return Descriptor();
  socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor line(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool there = ::connect(line.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return there ? std::move(line) : Descriptor();
}

/// Brings the console to the terminal and keys to the console until one of both ends.
class Session {
 public:
  Session(Line& line, char escape, bool may_type, int stop)
      : line_(line), escape_(escape), may_type_(may_type), stop_(stop) {}

  Result<void> go_on() {
    while (true) {
      std::array<pollfd, 3> waiting{pollfd{line_.descriptor(), POLLIN, 0},
                                    pollfd{keys_ended_ ? -1 : STDIN_FILENO, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return {};
      if (waiting[2].revents != 0) return {};
      if (waiting[0].revents != 0) {
        auto heard = line_.hear();
        if (!heard) return heard.error();
        if (!print(*heard)) return {};
      }
      if (waiting[1].revents != 0) {
        auto typed = take_keys();
        if (!typed) return typed.error();
        if (*typed == After::leave) return {};
      }
    }
  }

 private:
  enum class After { stay, leave };

  Result<After> take_keys() {
    std::array<char, piece_size> keys{};
    const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
    keys_ended_ = count == 0;
    std::string_view typed(keys.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    const std::size_t leaves = typed.find(escape_);
    typed = typed.substr(0, leaves);
    if (!typed.empty() && may_type_) {
      if (auto said = line_.say(typed); !said) return said.error();
    } else if (!typed.empty() && !std::exchange(told_read_only_, true)) {
      tell_note("a run has the bench: what you type goes nowhere (--write lets it through)");
    }
    return leaves == std::string_view::npos ? After::stay : After::leave;
  }

  Line& line_;
  char escape_;
  bool may_type_;
  int stop_;
  bool keys_ended_ = false;
  bool told_read_only_ = false;
};

/// The device itself, ours while we watch.
Result<std::unique_ptr<Line>> own_line(const BenchFile& file, const std::string& console) {
  auto lease = Lease::take(file.name, {.what = "coldboot console"});
  if (!lease) return lease.error();
  auto bench = Bench::open_console_alone(file, driver_catalog(), std::move(*lease), console);
  if (!bench) return bench.error();
  return std::unique_ptr<Line>(std::make_unique<LineOfOurOwn>(std::move(*bench), console));
}

Result<std::string> console_of(const BenchFile& file, const std::string& asked) {
  if (asked.empty()) return file.consoles.front().name;
  std::string known;
  for (const ConsoleEntry& console : file.consoles) {
    if (console.name == asked) return asked;
    known += (known.empty() ? "" : ", ") + console.name;
  }
  return Fault(Cause::mistake, file.name, fmt::format("found the console {}, expected one of {}", asked, known));
}

int told(const Fault& fault) {
  tell(fault);
  return exit_status(fault.cause());
}

}  // namespace

int console_command(const ConsoleArguments& arguments) {
  const auto escape = control_key(arguments.escape);
  if (!escape) {
    return told(Fault(Cause::mistake, "--escape",
                      fmt::format("found \"{}\", expected a control key such as ^] or ^A", arguments.escape)));
  }
  const auto wake = Wake::make();
  if (!wake) return told(wake.error());
  const auto stop = StopBySignal::start([&](int, int) { wake->ring(); });
  if (!stop) return exit_code::error;
  const auto file = bench_called(arguments.bench);
  if (!file) return exit_code::usage;
  if (file->pace == Pace::replay)
    return told(Fault(Cause::mistake, file->file.string(), "a bench with `pace: replay` has no console to attach to"));
  const auto console = console_of(*file, arguments.console);
  if (!console) return told(console.error());

  const auto socket = console_socket(file->name, *console);
  if (!socket) return told(socket.error());
  Descriptor run = connect_to(*socket);
  const bool at_a_run = run.is_open();
  auto line = at_a_run ? Result<std::unique_ptr<Line>>(std::make_unique<LineOfARun>(std::move(run)))
                       : own_line(*file, *console);
  if (!line) return told(line.error());
  tell_note(
      fmt::format("{}/{}{}; {} leaves", file->name, *console, at_a_run ? " as the run sees it" : "", arguments.escape));
  Result<void> ended;
  {
    const RawTerminal raw;
    ended = Session(**line, *escape, arguments.write || !at_a_run, wake->descriptor()).go_on();
  }
  if (stop->signal() != 0) return exit_status(Verdict::aborted, stop->signal());
  if (ended) return exit_code::pass;
  if (!at_a_run) return told(ended.error());
  tell_note(ended.error().what());
  return exit_code::pass;
}

}  // namespace coldboot
