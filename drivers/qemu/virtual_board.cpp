#include "drivers/qemu/virtual_board.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/io/child.hpp"
#include "harness/io/kept_output.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uintmax_t flash_bytes = std::uintmax_t{8} << 20U;
constexpr std::size_t kept_output_bytes = std::size_t{16} << 10U;
constexpr std::size_t fifo_bytes = 14;  // what a UART hands on at once, so that a paced line looks like one
constexpr Instant never = Instant::max();

struct Pair {
  Descriptor ours;
  Descriptor theirs;
};

Result<Pair> socket_pair(const std::string& where) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return Fault(Cause::io, where, fmt::format("socketpair: {}", errno_text(errno)));
  Pair pair{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

Fault file_fault(const fs::path& file, std::string_view what, const std::error_code& why) {
  const bool full = why == std::errc::no_space_on_device;
  return Fault(full ? Cause::disk_full : Cause::io, file.string(), fmt::format("{}: {}", what, why.message()));
}

bool is_power_of_ten(int number) {
  while (number >= 10 && number % 10 == 0) number /= 10;
  return number == 1;
}

bool is_power_of_two(std::uintmax_t number) {
  return number != 0 && (number & (number - 1)) == 0;
}

}  // namespace

/// A board with power.
struct VirtualBoard::Running {
  Child child;
  Descriptor console;
  Qmp qmp;
  KeptOutput output{kept_output_bytes};
  bool turned_itself_off = false;  ///< the system asked for it, so that the end of the process is no fault
  bool ended = false;              ///< the process has, and it was told
  int resets = 0;                  ///< of the system's own
};

class VirtualBoard::Switch final : public PowerSwitch {
 public:
  explicit Switch(std::shared_ptr<VirtualBoard> board) : board_(std::move(board)) {}
  ~Switch() override { board_->stop(); }
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;

  Result<PowerSwitched> set(Power wanted, const Until& until) override {
    PowerSwitched done{.wanted = wanted};
    if (wanted == Power::on && !board_->is_running()) {
      board_->stop();  // one that turned itself off
      if (auto started = board_->start(until); !started) return started.error();
      done.sent = board_->let_run_sent_;
      done.returned = board_->let_run_returned_;
    } else {
      done.sent = std::chrono::steady_clock::now();
      if (wanted == Power::off) board_->stop();
      done.returned = std::chrono::steady_clock::now();
    }
    done.read_back = board_->is_running() ? Power::on : Power::off;
    return done;
  }

  Result<std::optional<Power>> state(const Until&) override {
    return std::optional(board_->is_running() ? Power::on : Power::off);
  }

 private:
  std::shared_ptr<VirtualBoard> board_;
};

class VirtualBoard::Console final : public ByteStream {
 public:
  Console(std::shared_ptr<VirtualBoard> board, Descriptor end) : board_(std::move(board)), end_(std::move(end)) {}

  [[nodiscard]] int descriptor() const override { return end_.get(); }
  [[nodiscard]] std::string description() const override { return "serial line of the virtual board"; }
  Result<void> write(std::string_view bytes, const Until&) override { return board_->type(bytes); }

 private:
  std::shared_ptr<VirtualBoard> board_;
  Descriptor end_;
};

class VirtualBoard::Medium final : public BootMedium {
 public:
  Medium(std::shared_ptr<VirtualBoard> board, QemuMedium kind) : board_(std::move(board)), kind_(kind) {}
  Result<void> put(const fs::path& image, const Until&) override { return board_->put(kind_, image); }

 private:
  std::shared_ptr<VirtualBoard> board_;
  QemuMedium kind_;
};

class VirtualBoard::Port final : public NetworkPort {
 public:
  Port(std::string where, std::string card) : where_(std::move(where)), card_(std::move(card)) {}

  [[nodiscard]] std::string interface() const override { return card_; }
  [[nodiscard]] std::string description() const override { return fmt::format("card {} of {}", card_, where_); }

 private:
  std::string where_;
  std::string card_;
};

Result<std::shared_ptr<VirtualBoard>> VirtualBoard::create(std::string where, Tell tell) {
  auto line = socket_pair(where);
  if (!line) return line.error();
  auto changed = Wake::make();
  if (!changed) return changed.error();
  ::fcntl(line->theirs.get(), F_SETFL, O_NONBLOCK);
  BoardFolder::remove_abandoned();
  return std::shared_ptr<VirtualBoard>(new VirtualBoard(std::move(where), std::move(tell), std::move(line->ours),
                                                        std::move(line->theirs), std::move(*changed)));
}

VirtualBoard::VirtualBoard(std::string where, Tell tell, Descriptor line, Descriptor harness_end, Wake changed)
    : where_(std::move(where)),
      tell_(std::move(tell)),
      line_(std::move(line)),
      harness_end_(std::move(harness_end)),
      changed_(std::move(changed)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

VirtualBoard::~VirtualBoard() {
  thread_.request_stop();
  changed_.ring();
  thread_.join();
  stop();
}

std::unique_ptr<PowerSwitch> VirtualBoard::power_switch(QemuMachine machine) {
  machine.firmware = machine_.firmware;
  machine.sd = machine_.sd;
  machine_ = std::move(machine);
  return std::make_unique<Switch>(shared_from_this());
}

Result<std::unique_ptr<ByteStream>> VirtualBoard::console(std::optional<LineRate> rate) {
  if (!harness_end_.is_open()) {
    return Fault(Cause::refused, where_, "found a second console, expected one: the board has one serial line");
  }
  const std::lock_guard lock(mutex_);
  rate_ = rate;
  return std::unique_ptr<ByteStream>(std::make_unique<Console>(shared_from_this(), std::move(harness_end_)));
}

Result<void> VirtualBoard::use_chip(fs::path file) {
  if (has_firmware_medium_) return two_firmwares(where_);
  chip_ = std::move(file);
  machine_.firmware = chip_;
  return {};
}

/// What can be wrong with it at power-on; QEMU's own words would not say what to do.
Result<void> VirtualBoard::check_chip() const {
  if (chip_.empty()) return {};
  std::error_code why;
  const std::uintmax_t bytes = fs::file_size(chip_, why);
  if (why == std::errc::no_such_file_or_directory) {
    return Fault(Cause::missing, where_, fmt::format("the file of its firmware chip is not there: {}", chip_.string()),
                 "copy an image of 8 MiB there; ./dev virtual-apu2 firmware does so for the virtual apu2");
  }
  if (why) return file_fault(chip_, "the board's firmware chip", why);
  if (bytes != flash_bytes) {
    return Fault(Cause::mistake, where_,
                 fmt::format("its firmware chip {} has {} bytes, expected {}", chip_.string(), bytes, flash_bytes),
                 "copy an image of 8 MiB there");
  }
  if (::access(chip_.c_str(), R_OK | W_OK) != 0) {
    return Fault(Cause::refused, where_, fmt::format("its firmware chip {}: {}", chip_.string(), errno_text(errno)),
                 "the board reads and writes it: give this user the rights");
  }
  return {};
}

Result<std::unique_ptr<BootMedium>> VirtualBoard::medium(QemuMedium kind) {
  if (kind == QemuMedium::firmware) {
    if (!chip_.empty()) return two_firmwares(where_);
    has_firmware_medium_ = true;
  }
  return std::unique_ptr<BootMedium>(std::make_unique<Medium>(shared_from_this(), kind));
}

Result<std::unique_ptr<NetworkPort>> VirtualBoard::port(const std::string& card,
                                                        std::shared_ptr<const NetworkNamespace> network) {
  const auto cards = qemu_cards();
  if (std::ranges::find(cards, card) == cards.end()) {
    return Fault(Cause::mistake, where_,
                 fmt::format("found the port \"{}\", expected the name of one of the board's cards: {}", card,
                             fmt::join(cards, ", ")));
  }
  auto tap = network->tap(card);  // here, so that it is there to be configured
  if (!tap) return tap.error();
  cables_[card] = std::move(network);
  return std::unique_ptr<NetworkPort>(std::make_unique<Port>(where_, card));
}

Result<void> VirtualBoard::put(QemuMedium kind, const fs::path& image) {
  if (auto fits = check_qemu_image(kind, image); !fits) return fits;
  if (!folder_) {
    auto folder = BoardFolder::create();
    if (!folder) return folder.error();
    folder_ = std::move(*folder);
  }
  std::error_code why;
  const fs::path copy = folder_->path() / (kind == QemuMedium::firmware ? "flash.rom" : "sd.img");
  fs::copy_file(image, copy, fs::copy_options::overwrite_existing, why);
  if (why) return file_fault(copy, "the board's copy cannot be written", why);
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write, why);
  (kind == QemuMedium::firmware ? machine_.firmware : machine_.sd) = copy;
  return {};
}

Result<void> VirtualBoard::type(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!running_ || running_->ended) return {};  // nobody hears it
  while (!bytes.empty()) {
    const ssize_t count = ::send(running_->console.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
    if (count < 0) return Fault(Cause::io, where_, fmt::format("its serial line: {}", errno_text(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> VirtualBoard::start(const Until& until) {
  if (auto good = check_chip(); !good) return good;
  auto console = socket_pair(where_);
  if (!console) return console.error();
  auto control = socket_pair(where_);
  if (!control) return control.error();
  constexpr int first_handed = STDERR_FILENO + 1;
  QemuDescriptors handed{.console = first_handed, .control = first_handed + 1, .taps = {}};
  std::vector<Descriptor> taps;
  ChildStart how{.directory = {}, .input = {}, .descriptors = {console->theirs.get(), control->theirs.get()}};
  for (const auto& [card, network] : cables_) {
    auto tap = network->tap(card);
    if (!tap) return tap.error();
    handed.taps.emplace(card, first_handed + static_cast<int>(how.descriptors.size()));
    how.descriptors.push_back(tap->get());
    taps.push_back(std::move(*tap));
  }
  // Killed with us, however we end: a board nobody listens to is a process nobody ends.
  std::vector<std::string> argv = {"setpriv", "--pdeathsig", "KILL", "--"};
  std::ranges::move(command_for(machine_, handed), std::back_inserter(argv));
  auto child = Child::start(argv, how);
  if (!child) return child.error();
  console->theirs.close();
  control->theirs.close();
  taps.clear();  // QEMU's end alone holds the carrier
  auto board = std::make_unique<Running>(
      Running{std::move(*child), std::move(console->ours),
              Qmp(std::move(control->ours), where_, [this](const QmpEvent& event) { tell_event(event); })});
  if (auto greeted = board->qmp.greet(until); !greeted) return why_it_did_not_start(*board, greeted.error());
  let_run_sent_ = std::chrono::steady_clock::now();
  if (auto runs = board->qmp.execute("cont", until); !runs) return why_it_did_not_start(*board, runs.error());
  let_run_returned_ = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  running_ = std::move(board);
  unsent_.clear();
  changed_.ring();
  return {};
}

Fault VirtualBoard::why_it_did_not_start(Running& board, const Fault& fault) const {
  if (fault.cause() != Cause::lost) return fault;
  pollfd ending{board.child.end_descriptor(), POLLIN, 0};
  ::poll(&ending, 1, 1000);
  take_output(board);
  const int status = board.child.reap();
  const std::string last = board.output.last_line();
  if (status == 127) {
    return Fault(Cause::missing, where_, fmt::format("{} could not be started: {}", machine_.program, last),
                 "install qemu-system-x86, or name the program in the bench file");
  }
  return Fault(Cause::io, where_, fmt::format("QEMU ended with {}: {}", status, printable_line(last)),
               "check the memory of this host, and the board's images");
}

void VirtualBoard::stop() {
  std::unique_ptr<Running> board;
  {
    const std::lock_guard lock(mutex_);
    board = std::move(running_);
    if (board) {
      board->child.signal_group(SIGKILL);
      unsent_.clear();  // what has not left the board when power goes is never sent
      blocked_ = false;
    }
  }
  if (board) board->child.reap();
}

bool VirtualBoard::is_running() {
  const std::lock_guard lock(mutex_);
  return running_ && !running_->child.has_ended();
}

void VirtualBoard::serve(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Descriptors may be closed while we wait without the lock; whoever reads them afterwards looks anew.
    const bool on = running_ && !running_->ended;
    const bool room = unsent_.empty() && on;
    std::array<pollfd, 5> waiting{
        pollfd{changed_.descriptor(), POLLIN, 0}, pollfd{room ? running_->console.get() : -1, POLLIN, 0},
        pollfd{on ? running_->qmp.descriptor() : -1, POLLIN, 0},
        pollfd{on ? running_->child.end_descriptor() : -1, POLLIN, 0}, pollfd{blocked_ ? line_.get() : -1, POLLOUT, 0}};
    const Instant due = unsent_.empty() || blocked_ ? never : line_free_;
    lock.unlock();
    const Nanos left = due == never ? 1h : std::max<Nanos>(due - std::chrono::steady_clock::now(), Nanos{});
    const auto seconds_left = std::chrono::floor<std::chrono::seconds>(left);
    const timespec patience{seconds_left.count(), (left - seconds_left).count()};
    ::ppoll(waiting.data(), waiting.size(), &patience, nullptr);
    lock.lock();
    changed_.clear();
    pass_on_locked();
    look_at_the_process_locked();
  }
}

/// Takes what the board printed and sends as much of it as the line has time for.
void VirtualBoard::pass_on_locked() {
  do {
    if (unsent_.empty() && !take_print_locked()) return;
    if (std::chrono::steady_clock::now() < line_free_) return;
    const std::size_t most = rate_ ? group_size() : unsent_.size();
    const ssize_t sent = ::send(line_.get(), unsent_.data(), most, MSG_NOSIGNAL | MSG_DONTWAIT);
    blocked_ = sent <= 0;
    if (blocked_) return;
    unsent_.erase(0, static_cast<std::size_t>(sent));
    if (rate_) line_free_ += rate_->character_time() * static_cast<int>(group_size());
  } while (true);
}

/// Whether there is something new to send.
bool VirtualBoard::take_print_locked() {
  if (!running_) return false;
  std::array<char, 4096> buffer{};
  const ssize_t count = ::recv(running_->console.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count <= 0) return false;
  unsent_.assign(buffer.data(), static_cast<std::size_t>(count));
  if (rate_) {
    line_free_ = std::max(line_free_, std::chrono::steady_clock::now());
    line_free_ += rate_->character_time() * static_cast<int>(group_size());
  }
  return true;
}

/// How many bytes go together: what a FIFO holds, or what is left.
std::size_t VirtualBoard::group_size() const {
  return std::min(unsent_.size(), fifo_bytes);
}

void VirtualBoard::take_output(Running& board) {
  std::array<char, 4096> buffer{};
  while (board.child.output_descriptor() >= 0) {
    const ssize_t count = ::read(board.child.output_descriptor(), buffer.data(), buffer.size());
    if (count <= 0) return;
    board.output.add({buffer.data(), static_cast<std::size_t>(count)});
  }
}

void VirtualBoard::look_at_the_process_locked() {
  if (!running_ || running_->ended) return;
  take_output(*running_);
  const bool gone = running_->child.has_ended();  // asked first: events sent before the end are read below
  (void)running_->qmp.take();                     // a lost connection is seen by the end of the process
  if (!gone || !unsent_.empty()) return;
  running_->ended = true;
  if (running_->turned_itself_off) {
    tell_(Note{where_ + ": the board has turned itself off"});
    return;
  }
  take_output(*running_);
  const std::string last = running_->output.last_line();
  tell_(FaultSeen{Fault(Cause::lost, where_,
                        fmt::format("QEMU ended by itself{}", last.empty() ? "" : ": " + printable_line(last)),
                        "look for what killed it: memory of this host, its kernel log")});
}

void VirtualBoard::tell_event(const QmpEvent& event) {
  const std::string because = event.reason.empty() ? "" : fmt::format(" ({})", event.reason);
  if (event.name == "RESET") tell_reset(because);
  if (event.name == "STOP") tell_(Note{where_ + ": QEMU has stopped the processors"});
  if (event.name == "SHUTDOWN") {
    tell_(Note{fmt::format("{}: the board turns itself off{}", where_, because)});
    if (running_) running_->turned_itself_off = true;
  }
  if (event.name == "GUEST_PANICKED") {
    tell_(FaultSeen{Fault(Cause::dut, where_, "the system has told QEMU that it panicked")});
  }
}

/// A board whose firmware is broken may reset some twenty times a second: the first are told, then ever fewer.
void VirtualBoard::tell_reset(const std::string& because) {
  constexpr int told_singly = 3;
  if (!running_) return;
  const int count = ++running_->resets;
  if (count <= told_singly) tell_(Note{fmt::format("{}: the board has reset itself{}", where_, because)});
  if (count > told_singly && is_power_of_ten(count))
    tell_(Note{fmt::format("{}: the board has reset itself {} times{}", where_, count, because)});
}

Fault two_firmwares(const std::string& where) {
  return Fault(Cause::mistake, where, "found a chip that is a file and a medium of qemu-flash, expected one of them",
               "take `chip` out of the power entry, or that medium out of the bench");
}

Result<void> check_qemu_image(QemuMedium kind, const fs::path& image) {
  std::error_code why;
  const std::uintmax_t bytes = fs::file_size(image, why);
  if (why == std::errc::no_such_file_or_directory) {
    return Fault(Cause::missing, image.string(), "no such image",
                 "./dev virtual-apu2 builds those of the virtual apu2");
  }
  if (why) return Fault(Cause::mistake, image.string(), fmt::format("found no image: {}", why.message()));
  if (kind == QemuMedium::firmware && bytes != flash_bytes) {
    return Fault(Cause::mistake, image.string(),
                 fmt::format("found {} bytes, expected {}, the size of the board's flash", bytes, flash_bytes));
  }
  if (kind == QemuMedium::sd && !is_power_of_two(bytes)) {
    return Fault(Cause::mistake, image.string(),
                 fmt::format("found {} bytes, expected a power of two, as cards have", bytes),
                 "make the file longer: truncate -s 64M FILE");
  }
  return {};
}

}  // namespace coldboot
