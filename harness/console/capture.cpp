#include "harness/console/capture.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

// One read takes what a 115200 baud line sends in 1.4 s; a faster stream is read again at once.
constexpr std::size_t read_size = 16 * 1024;
constexpr int reads_at_once = 64;
constexpr Nanos errors_told_every = std::chrono::seconds(1);
constexpr std::uint64_t wake_id = 0;

/// A descriptor of our own; closed with its owner.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "capture loop");
  }
  ~OwnedDescriptor() { ::close(descriptor_); }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Boot {
  Boot(int its_number, std::shared_ptr<const CompiledPlan> plan, ChunkSink& its_sink)
      : number(its_number), watcher(std::move(plan)), sink(&its_sink) {}
  int number;
  BootWatcher watcher;
  ChunkSink* sink;
};

/// What other threads ask for, under a lock of its own.
struct Published {
  std::uint64_t received = 0;
  Instant last_arrival{};
  bool lost = false;
};

struct Line {
  std::string name;  ///< in the capture
  std::string as;    ///< in its boot
  int descriptor = -1;
  std::optional<LineRate> rate;
  ByteStream* stream = nullptr;
  Capture::Tap tap;
  Boot* boot = nullptr;
  std::uint64_t received = 0;  ///< in this boot
  Instant last_read{};
  Instant last_said{};                    ///< when it last said something in this boot
  std::optional<LineErrors> told_errors;  ///< up to here they are told
  std::optional<Instant> errors_since;    ///< when there were first more than that
  Published* published = nullptr;         ///< in Loop::published_
};

/// What one read returned, stamped; matched once all descriptors that were ready have been read.
struct ReadDone {
  std::uint64_t id = 0;
  Instant at{};
  ssize_t count = 0;
  int error = 0;
  std::uint32_t events = 0;
};

/// Room for one read of each console that can be ready at once; not zeroed, for most of it is never touched.
using Room = std::unique_ptr<char[]>;

Room make_room() {
  return std::make_unique_for_overwrite<char[]>(read_size * reads_at_once);
}

std::string why_lost(const ReadDone& done) {
  if (done.count < 0 && done.error != EAGAIN) return errno_text(done.error);
  return "hung up";
}

bool means_lost(const ReadDone& done) {
  if (done.count > 0) return false;
  if (done.count == 0) return true;
  if (done.error == EINTR) return false;
  if (done.error == EAGAIN) return (done.events & (EPOLLHUP | EPOLLERR)) != 0;
  return true;
}

}  // namespace

// Lock order: mutex_, then the log's own, then published_mutex_. The last may be taken under the log's because nothing
// is called while it is held.
class Capture::Loop {
 public:
  explicit Loop(EventLog& log)
      : log_(log), epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = wake_id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &wanted);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  ~Loop() {
    thread_.request_stop();
    wake();
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<void> add(const std::string& name, ByteStream& stream, std::optional<LineRate> rate, Tap tap) {
    const std::lock_guard lock(mutex_);
    if (ids_.contains(name)) return Fault(Cause::mistake, name, "a console of this name is captured already");
    const std::uint64_t id = last_id_ + 1;
    Line line;
    line.name = name;
    line.as = name;
    line.rate = rate;
    line.stream = &stream;
    line.tap = std::move(tap);
    if (auto listening = listen_to(line, id); !listening) return listening;
    line.published = publish(name, {});
    last_id_ = id;
    lines_.emplace(id, std::move(line));
    ids_.emplace(name, id);
    return {};
  }

  Result<void> resume(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Line* const line = line_of(name);
    if (line == nullptr) return Fault(Cause::missing, name, "no console of this name is captured");
    if (line->descriptor >= 0) return {};
    if (auto listening = listen_to(*line, ids_.at(name)); !listening) return listening;
    publish(name, {line->received, line->last_said, false});
    line->told_errors = line->stream->errors();
    log_.append(ConsoleOpened{line->as, line->stream->description(), line->rate, line->stream->resolution(),
                              line->stream->latency()},
                boot_number(*line));
    return {};
  }

  void remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto known = ids_.find(name);
    if (known == ids_.end()) return;
    stop_listening(lines_.at(known->second));
    lines_.erase(known->second);
    ids_.erase(known);
    const std::lock_guard published_lock(published_mutex_);
    published_.erase(name);
    published_changed_.notify_all();
  }

  Result<void> begin_boot(int number, std::shared_ptr<const CompiledPlan> plan, ChunkSink& sink,
                          std::vector<BootConsole> consoles) {
    const std::lock_guard lock(mutex_);
    if (consoles.empty()) {
      for (const auto& [name, id] : ids_) consoles.push_back({name, name});
    }
    for (const BootConsole& console : consoles) {
      if (!ids_.contains(console.console)) {
        return Fault(Cause::missing, console.console, "no console of this name is captured");
      }
      if (line_of(console.console)->descriptor < 0) {
        return Fault(Cause::lost, console.console, "the console hung up", "open it again and add it anew");
      }
    }
    leave(number);
    Boot& boot = boots_.emplace(number, Boot(number, std::move(plan), sink)).first->second;
    for (const BootConsole& console : consoles) join(lines_.at(ids_.at(console.console)), boot, console);
    return {};
  }

  void power_on(int number, Instant t0) {
    const std::lock_guard lock(mutex_);
    if (Boot* const boot = boot_of(number)) {
      for (auto& [id, line] : lines_) {
        if (line.boot != boot) continue;
        announce(line);
        tell_errors(line);
      }
      boot->watcher.power_on(t0, found_);
      post(*boot);
      wake();
    }
  }

  void power_off(int number) {
    const std::lock_guard lock(mutex_);
    Boot* const boot = boot_of(number);
    if (boot == nullptr) return;
    boot->watcher.power_off();
    tell_errors_of(*boot);
  }

  void end_boot(int number) {
    const std::lock_guard lock(mutex_);
    Boot* const boot = boot_of(number);
    if (boot == nullptr) return;
    tell_errors_of(*boot);
    boot->watcher.finish(log_.clock().now(), found_);
    post(*boot);
    note_patterns_given_up(*boot);
    leave(number);
  }

  [[nodiscard]] std::uint64_t received(const std::string& name) const { return published(name).received; }
  [[nodiscard]] Instant last_arrival(const std::string& name) const { return published(name).last_arrival; }
  [[nodiscard]] bool is_lost(const std::string& name) const { return published(name).lost; }

  std::uint64_t begin_send(const std::string& name, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const Line* const line = line_of(name);
    if (line == nullptr) return 0;
    if (line->boot != nullptr) line->boot->watcher.typing(line->as, bytes, line->received);
    return line->received;
  }

  void end_send(const std::string& name, std::string_view bytes, std::uint64_t at_offset, Instant at) {
    const std::lock_guard lock(mutex_);
    const Line* const line = line_of(name);
    if (line == nullptr) return;
    log_.append(ConsoleSent{line->as, std::string(bytes), at_offset}, boot_number(*line), at);
    if (line->boot == nullptr) return;
    line->boot->watcher.sent(line->as, bytes, at, found_);
    post(*line->boot);
    wake();
  }

  Result<void> wait_until_received(const std::string& name, std::uint64_t total, std::chrono::milliseconds timeout) {
    std::unique_lock lock(published_mutex_);
    const auto state = [&] {
      const auto known = published_.find(name);
      return known == published_.end() ? Published{.lost = true} : known->second;
    };
    const bool decided = published_changed_.wait_for(lock, timeout, [&] {
      const Published now = state();
      return now.received >= total || now.lost;
    });
    const Published now = state();
    if (now.received >= total) return {};
    const std::string what = fmt::format("received {} of {} bytes", now.received, total);
    if (decided) return Fault(Cause::lost, name, what + ", then the console was lost");
    return Fault(Cause::timeout, name, what);
  }

  void catch_up() {
    std::array<epoll_event, reads_at_once> ready{};
    const Room room = make_room();
    const std::lock_guard lock(mutex_);
    while (const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0)) {
      if (count < 0) break;
      take_ready({ready.data(), static_cast<std::size_t>(count)}, room);
    }
    tick();
  }

  [[nodiscard]] Instant next_due() const { return Instant(Nanos(told_next_tick_.load())); }

 private:
  Result<void> listen_to(Line& line, std::uint64_t id) {
    const int descriptor = line.stream->descriptor();
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) != 0) {
      const int error = errno;
      return Fault(error == EPERM ? Cause::refused : Cause::io, line.name,
                   fmt::format("cannot listen to {}: {}", line.stream->description(), errno_text(error)),
                   error == EPERM ? "a console must be a tty, a socket or a pipe" : "");
    }
    line.descriptor = descriptor;
    return {};
  }

  Line* line_of(const std::string& name) {
    const auto known = ids_.find(name);
    return known == ids_.end() ? nullptr : &lines_.at(known->second);
  }

  Boot* boot_of(int number) {
    const auto known = boots_.find(number);
    return known == boots_.end() ? nullptr : &known->second;
  }

  void join(Line& line, Boot& boot, const BootConsole& console) {
    line.boot = &boot;
    line.as = console.as.empty() ? console.console : console.as;
    line.received = 0;
    line.last_said = {};
    line.told_errors = line.stream->errors();
    line.errors_since.reset();
    announce(line);
    publish(line.name, {});
  }

  static void announce(const Line& line) {
    line.boot->watcher.add_console(line.as, {line.rate, line.stream->resolution()});
  }

  void leave(int number) {
    const auto boot = boots_.find(number);
    if (boot == boots_.end()) return;
    for (auto& [id, line] : lines_) {
      if (line.boot == &boot->second) line.boot = nullptr;
    }
    boots_.erase(boot);
  }

  void wake() const {
    const std::uint64_t one = 1;
    // A full counter (EAGAIN) wakes as well.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  void run(const std::stop_token& stop) {
    std::array<epoll_event, reads_at_once> ready{};
    const Room room = make_room();
    while (!stop.stop_requested()) {
      const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), time_to_next_tick());
      const std::lock_guard lock(mutex_);
      take_ready({ready.data(), static_cast<std::size_t>(std::max(count, 0))}, room);
      if (log_.clock().now() >= next_tick_) tick();
    }
  }

  void take_ready(std::span<const epoll_event> ready, const Room& room) {
    read_all(ready, room);
    for (std::size_t i = 0; i < done_.size(); ++i) handle(done_[i], room.get() + i * read_size);
    publish_reads();
  }

  /// In milliseconds, as epoll takes it; -1 for no limit.
  int time_to_next_tick() {
    const std::lock_guard lock(mutex_);
    if (next_tick_ == Instant::max()) return -1;
    const Nanos left = next_tick_ - log_.clock().now();
    const auto whole =
        std::chrono::ceil<std::chrono::milliseconds>(std::clamp(left, Nanos{}, Nanos(std::chrono::hours(1))));
    return static_cast<int>(whole.count());
  }

  /// Reads every ready console once, with nothing between a read and its stamp, and no matching between two reads.
  void read_all(std::span<const epoll_event> ready, const Room& room) {
    done_.clear();
    for (const epoll_event& event : ready) {
      const std::uint64_t id = event.data.u64;  // a copy: the kernel's structure is packed, so no reference fits
      if (id == wake_id) {
        std::uint64_t counted = 0;
        [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &counted, sizeof counted);
        continue;
      }
      const auto line = lines_.find(id);
      if (line == lines_.end()) continue;  // removed while we waited
      ReadDone done;
      done.id = id;
      done.events = event.events;
      done.count = ::read(line->second.descriptor, room.get() + done_.size() * read_size, read_size);
      done.error = done.count < 0 ? errno : 0;
      done.at = log_.clock().now();
      done_.push_back(done);
    }
  }

  void handle(const ReadDone& done, char* bytes) {
    Line& line = lines_.at(done.id);
    if (means_lost(done)) {
      stop_listening(line);
      log_.append(ConsoleLost{line.as, why_lost(done)}, boot_number(line), done.at);
    }
    if (done.count <= 0) return;
    const std::size_t count = line.stream->decode({bytes, static_cast<std::size_t>(done.count)});
    const std::string_view said(bytes, count);
    if (line.tap && !said.empty()) line.tap(said);
    if (line.boot != nullptr && !said.empty()) take(line, said, done.at);
    line.last_read = done.at;
    look_for_errors(line, done.at);
  }

  void take(Line& line, std::string_view bytes, Instant at) {
    Chunk chunk;
    chunk.offset = line.received;
    chunk.length = static_cast<std::uint32_t>(bytes.size());
    chunk.arrival = at;
    chunk.not_before = line.last_read;
    line.received += bytes.size();
    line.last_said = at;
    Boot& boot = *line.boot;
    boot.sink->add(line.as, chunk, bytes);
    boot.watcher.chunk(line.as, chunk, bytes, found_);
    post(boot);
  }

  static int boot_number(const Line& line) { return line.boot == nullptr ? 0 : line.boot->number; }

  /// Notices what the port has lost or garbled. A line that is all noise is told of once in a while.
  void look_for_errors(Line& line, Instant now) {
    if (!line.told_errors) return;
    if (!line.errors_since && line.stream->errors() != line.told_errors) line.errors_since = now;
    if (line.errors_since && now - *line.errors_since >= errors_told_every) tell_errors(line);
  }

  void tell_errors_of(const Boot& boot) {
    for (auto& [id, line] : lines_) {
      if (line.boot == &boot) tell_errors(line);
    }
  }

  void tell_errors(Line& line) {
    if (!line.told_errors || line.descriptor < 0) return;
    const auto now = line.stream->errors();
    if (!now || *now == *line.told_errors) return;
    const LineErrors before = *std::exchange(line.told_errors, now);
    log_.append(ConsoleErrors{line.as, now->overruns - before.overruns, now->buffer_overruns - before.buffer_overruns,
                              now->framing - before.framing, now->parity - before.parity},
                boot_number(line), line.errors_since.value_or(log_.clock().now()));
    line.errors_since.reset();
  }

  void stop_listening(Line& line) {
    if (line.descriptor < 0) return;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, line.descriptor, nullptr);
    line.descriptor = -1;
  }

  /// Appends what the watcher found. A failure is told once, when it is first seen.
  void post(Boot& boot) {
    for (Found& found : found_) {
      if (auto* const marker = std::get_if<MarkerHit>(&found.hit)) {
        const Instant at = marker->at;
        log_.append(MarkerSeen{std::move(*marker), found.held}, boot.number, at);
      } else {
        auto& failure = std::get<FailureHit>(found.hit);
        const Instant at = failure.at;
        const bool told = !found.held && !told_.empty() && told_.erase(key_of(boot, failure)) > 0;
        if (found.held) told_.insert(key_of(boot, failure));
        if (!told) log_.append(FailureSeen{std::move(failure)}, boot.number, at);
      }
    }
    found_.clear();
    next_tick_ = std::min(next_tick_, boot.watcher.next_due());
    told_next_tick_ = next_tick_.time_since_epoch().count();
  }

  void publish_reads() {
    if (done_.empty()) return;
    {
      const std::lock_guard lock(published_mutex_);
      for (const ReadDone& done : done_) {
        const Line& line = lines_.at(done.id);
        *line.published = {line.received, line.last_said, line.descriptor < 0};
      }
    }
    published_changed_.notify_all();
    log_.pulse();
  }

  /// Asks all watchers what time alone decides.
  void tick() {
    const Instant now = log_.clock().now();
    next_tick_ = Instant::max();
    for (auto& [number, boot] : boots_) {
      boot.watcher.tick(now, found_);
      post(boot);
    }
    log_.pulse();
    told_next_tick_ = next_tick_.time_since_epoch().count();
  }

  void note_patterns_given_up(const Boot& boot) {
    for (const std::string& name : boot.watcher.gave_up()) {
      log_.append(FaultSeen{Fault(Cause::mistake, name, "the pattern needs too many steps on some line of the console",
                                  "avoid nested repetition")},
                  boot.number);
    }
  }

  /// The place where a console's state is told; it stays where it is until the console is removed.
  Published* publish(const std::string& name, Published state) {
    const std::lock_guard lock(published_mutex_);
    Published& place = published_[name];
    place = state;
    published_changed_.notify_all();
    return &place;
  }

  [[nodiscard]] Published published(const std::string& name) const {
    const std::lock_guard lock(published_mutex_);
    const auto known = published_.find(name);
    return known == published_.end() ? Published{} : known->second;
  }

  using FailureKey = std::tuple<int, std::string, std::string, std::size_t>;
  static FailureKey key_of(const Boot& boot, const FailureHit& hit) {
    return {boot.number, hit.failure, hit.console, hit.line};
  }

  EventLog& log_;
  OwnedDescriptor epoll_;
  OwnedDescriptor wake_;

  std::mutex mutex_;  // guards everything down to the next blank line
  std::unordered_map<std::uint64_t, Line> lines_;
  std::map<std::string, std::uint64_t> ids_;
  std::uint64_t last_id_ = wake_id;
  std::map<int, Boot> boots_;
  std::set<FailureKey> told_;  ///< failures appended while their line was open
  std::vector<Found> found_;
  std::vector<ReadDone> done_;
  Instant next_tick_ = Instant::max();

  /// A copy of next_tick_ for those who must not take mutex_.
  std::atomic<Nanos::rep> told_next_tick_ = Instant::max().time_since_epoch().count();

  mutable std::mutex published_mutex_;  // guards published_
  std::condition_variable published_changed_;
  std::map<std::string, Published> published_;

  std::jthread thread_;
};

Capture::Capture(EventLog& log) : loop_(std::make_unique<Loop>(log)) {}
Capture::~Capture() = default;

Result<void> Capture::add(const std::string& console, ByteStream& stream, std::optional<LineRate> line, Tap tap) {
  return loop_->add(console, stream, line, std::move(tap));
}

Result<void> Capture::resume(const std::string& console) {
  return loop_->resume(console);
}

void Capture::remove(const std::string& console) {
  loop_->remove(console);
}

Result<void> Capture::begin_boot(int number, std::shared_ptr<const CompiledPlan> plan, ChunkSink& sink,
                                 std::vector<BootConsole> consoles) {
  return loop_->begin_boot(number, std::move(plan), sink, std::move(consoles));
}

void Capture::power_on(int number, Instant t0) {
  loop_->power_on(number, t0);
}

void Capture::power_off(int number) {
  loop_->power_off(number);
}

void Capture::end_boot(int number) {
  loop_->end_boot(number);
}

std::uint64_t Capture::received(const std::string& console) const {
  return loop_->received(console);
}

Instant Capture::last_arrival(const std::string& console) const {
  return loop_->last_arrival(console);
}

bool Capture::is_lost(const std::string& console) const {
  return loop_->is_lost(console);
}

std::uint64_t Capture::begin_send(const std::string& console, std::string_view bytes) {
  return loop_->begin_send(console, bytes);
}

void Capture::end_send(const std::string& console, std::string_view bytes, std::uint64_t at_offset, Instant at) {
  loop_->end_send(console, bytes, at_offset, at);
}

Result<void> Capture::wait_until_received(const std::string& console, std::uint64_t total_bytes,
                                          std::chrono::milliseconds real_timeout) {
  return loop_->wait_until_received(console, total_bytes, real_timeout);
}

void Capture::catch_up() {
  loop_->catch_up();
}

Instant Capture::next_due() const {
  return loop_->next_due();
}

}  // namespace coldboot
