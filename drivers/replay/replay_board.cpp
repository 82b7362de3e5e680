#include "drivers/replay/replay_board.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace coldboot {
namespace {

struct LinePair {
  int board = -1;
  int harness = -1;
};

Fault system_fault(const std::string& where, std::string_view what) {
  return Fault(Cause::io, where, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<LinePair> open_socket_pair(const std::string& where) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return system_fault(where, "no socket pair for the replayed console");
  }
  return LinePair{ends[0], ends[1]};
}

Result<LinePair> open_raw_pty(const std::string& where) {
  LinePair pair;
  if (::openpty(&pair.board, &pair.harness, nullptr, nullptr, nullptr) != 0) {
    return system_fault(where, "no pseudo-terminal for the replayed console");
  }
  termios settings{};
  ::tcgetattr(pair.harness, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(pair.harness, TCSANOW, &settings);
  for (const int end : {pair.board, pair.harness}) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  return pair;
}

/// Writes all of it; waits while the reader is behind. Gives up (the reader is gone) after ten seconds without
/// progress.
void write_all(int descriptor, std::string_view bytes) {
  constexpr int patience_ms = 10'000;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno != EAGAIN) return;
    pollfd waiting{descriptor, POLLOUT, 0};
    if (::poll(&waiting, 1, patience_ms) <= 0) return;
  }
}

}  // namespace

class ReplayBoard::Console final : public ByteStream {
 public:
  Console(std::shared_ptr<ReplayBoard> board, std::string name, int descriptor)
      : board_(std::move(board)), name_(std::move(name)), descriptor_(descriptor) {}
  ~Console() override {
    const std::lock_guard lock(board_->mutex_);
    ::close(board_->board_ends_[name_]);
    board_->board_ends_.erase(name_);
    ::close(descriptor_);
  }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  [[nodiscard]] int descriptor() const override { return descriptor_; }
  [[nodiscard]] std::string description() const override { return "replay board"; }
  [[nodiscard]] Nanos resolution() const override {
    const std::lock_guard lock(board_->mutex_);
    return board_->player_.resolution();
  }

  Result<void> write(std::string_view bytes, const Until&) override {
    const std::lock_guard lock(board_->mutex_);
    board_->player_.type(name_, bytes, board_->clock_.now());
    board_->changed_.notify_all();
    return {};
  }

 private:
  std::shared_ptr<ReplayBoard> board_;
  std::string name_;
  int descriptor_;
};

class ReplayBoard::Switch final : public PowerSwitch {
 public:
  explicit Switch(std::shared_ptr<ReplayBoard> board) : board_(std::move(board)) {}

  Result<PowerSwitched> set(Power wanted, const Until&) override {
    const std::lock_guard lock(board_->mutex_);
    PowerSwitched done{.wanted = wanted, .sent = board_->clock_.now()};
    done.returned = board_->clock_.now();
    board_->player_.switch_power(wanted, done.returned);
    done.read_back = board_->player_.power();
    board_->changed_.notify_all();
    return done;
  }

  Result<std::optional<Power>> state(const Until&) override {
    const std::lock_guard lock(board_->mutex_);
    return std::optional(board_->player_.power());
  }

 private:
  std::shared_ptr<ReplayBoard> board_;
};

class ReplayBoard::Medium final : public BootMedium {
 public:
  explicit Medium(std::shared_ptr<ReplayBoard> board) : board_(std::move(board)) {}

  Result<void> put(const std::filesystem::path& image, const Until&) override {
    auto recording = load_recording(image);
    if (!recording) return recording.error();
    const std::lock_guard lock(board_->mutex_);
    board_->player_.insert(std::move(*recording));
    return {};
  }

 private:
  std::shared_ptr<ReplayBoard> board_;
};

/// Lets the virtual clock play the board.
class ReplayBoard::VirtualSource final : public TimedSource {
 public:
  explicit VirtualSource(ReplayBoard& board) : board_(board) { board_.virtual_clock_->add(*this); }
  ~VirtualSource() override { board_.virtual_clock_->remove(*this); }
  VirtualSource(const VirtualSource&) = delete;
  VirtualSource& operator=(const VirtualSource&) = delete;

  std::optional<Instant> next() override {
    const std::lock_guard lock(board_.mutex_);
    return board_.player_.next();
  }
  void act(Instant now) override {
    const std::lock_guard lock(board_.mutex_);
    board_.print(board_.player_.take_due(now));
  }

 private:
  ReplayBoard& board_;
};

ReplayBoard::ReplayBoard(Clock& clock, VirtualClock* virtual_clock, std::string where)
    : clock_(clock), virtual_clock_(virtual_clock), where_(std::move(where)) {
  if (virtual_clock_ != nullptr) {
    source_ = std::make_unique<VirtualSource>(*this);
  } else {
    pace_ = std::jthread([this](const std::stop_token& stop) { play_at_real_pace(stop); });
  }
}

ReplayBoard::~ReplayBoard() = default;

std::shared_ptr<ReplayBoard> ReplayBoard::create(Clock& clock, VirtualClock* virtual_clock, std::string where) {
  return std::shared_ptr<ReplayBoard>(new ReplayBoard(clock, virtual_clock, std::move(where)));
}

std::unique_ptr<PowerSwitch> ReplayBoard::power_switch() {
  return std::make_unique<Switch>(shared_from_this());
}

std::unique_ptr<BootMedium> ReplayBoard::medium() {
  return std::make_unique<Medium>(shared_from_this());
}

Result<std::unique_ptr<ByteStream>> ReplayBoard::console(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (board_ends_.contains(name)) return Fault(Cause::refused, where_, fmt::format("console {} is already open", name));
  auto pair = virtual_clock_ != nullptr ? open_socket_pair(where_) : open_raw_pty(where_);
  if (!pair) return pair.error();
  if (board_ends_.empty()) main_console_ = name;
  board_ends_[name] = pair->board;
  return std::unique_ptr<ByteStream>(std::make_unique<Console>(shared_from_this(), name, pair->harness));
}

void ReplayBoard::print(const std::vector<Emission>& emissions) {
  for (const Emission& emission : emissions) {
    const auto end = board_ends_.find(emission.console.empty() ? main_console_ : emission.console);
    if (end != board_ends_.end()) write_all(end->second, emission.bytes);
  }
}

void ReplayBoard::play_at_real_pace(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::optional<Instant> planned = player_.next();
    const auto changed = [&] { return player_.next() != planned; };
    if (!planned) {
      changed_.wait(lock, stop, changed);
    } else if (!changed_.wait_until(lock, stop, *planned, changed)) {
      print(player_.take_due(clock_.now()));
    }
  }
}

}  // namespace coldboot
