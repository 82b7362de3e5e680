#include "harness/event/record_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "harness/event/chunk_index.hpp"
#include "harness/event/event_codec.hpp"
#include "harness/event/file_name.hpp"
#include "harness/event/run_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

/// How long bytes may wait for company before they are written: one write for each file in this time is what lets a
/// full rack (1024 consoles) be recorded with a tenth of a core. Killing the process loses no more than this.
constexpr auto longest_wait = 50ms;
/// Unless so much has come that waiting only costs memory: replays run faster than time.
constexpr std::size_t most_waiting_bytes = std::size_t{4} << 20U;

bool ends_a_boot(const Event& event) {
  return std::holds_alternative<BootEnded>(event.body);
}

}  // namespace

class RecordWriter::Boot final : public ChunkSink {
 public:
  Boot(RecordWriter& writer, std::filesystem::path folder) : writer_(writer), folder_(std::move(folder)) {}

  void add(const std::string& console, const Chunk& chunk, std::string_view bytes) override {
    writer_.add(*this, console, chunk, bytes);
  }

  /// Under the writer's lock.
  ConsoleFiles& console(const std::string& name) {
    std::unique_ptr<ConsoleFiles>& files = consoles_[name];
    if (!files) {
      files = std::make_unique<ConsoleFiles>();
      files->raw_path = folder_ / fmt::format("console-{}.raw", file_name_of(name));
      files->index_path = folder_ / fmt::format("console-{}.index", file_name_of(name));
    }
    return *files;
  }

  /// Under the writer's lock.
  std::vector<ConsoleFiles*> consoles() {
    std::vector<ConsoleFiles*> all;
    for (auto& [name, files] : consoles_) all.push_back(files.get());
    return all;
  }

  [[nodiscard]] std::filesystem::path events_path() const { return folder_ / "events.jsonl"; }

  FileDescriptor events;  ///< the writer thread's own

 private:
  RecordWriter& writer_;
  const std::filesystem::path folder_;
  std::unordered_map<std::string, std::unique_ptr<ConsoleFiles>> consoles_;  // guarded by the writer's mutex
};

RecordWriter::RecordWriter(std::filesystem::path folder, std::filesystem::path reserve, Instant origin,
                           std::function<void(const Fault&)> on_fault)
    : folder_(std::move(folder)),
      reserve_(std::move(reserve)),
      origin_(origin),
      on_fault_(std::move(on_fault)),
      thread_([this] { work(); }) {}

RecordWriter::~RecordWriter() {
  finish();
}

void RecordWriter::finish() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void RecordWriter::drain() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  changed_.notify_one();
  drained_.wait(lock, [&] { return events_.empty() && waiting_.empty() && !writing_; });
  hurry_ = false;
}

std::optional<Fault> RecordWriter::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

RecordWriter::Boot& RecordWriter::boot_locked(int number, std::string_view configuration) {
  std::unique_ptr<Boot>& boot = boots_[number];
  if (!boot)
    boot = std::make_unique<Boot>(*this, folder_ / "boots" / RunFolder::boot_folder_name(number, configuration));
  return *boot;
}

ChunkSink& RecordWriter::open_boot(int number, std::string_view configuration) {
  const std::lock_guard lock(mutex_);
  return boot_locked(number, configuration);
}

void RecordWriter::write(const Event& event) {
  if (is_live_only(event.body)) return;
  const std::lock_guard lock(mutex_);
  events_.push_back(event);
  changed_.notify_one();
}

void RecordWriter::add(Boot& boot, const std::string& console, const Chunk& chunk, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (fault_) return;  // the run is about to end, and the room left is for its last events
  ConsoleFiles& files = boot.console(console);
  if (files.index.empty()) {
    if (waiting_.empty()) {
      write_by_ = std::chrono::steady_clock::now() + longest_wait;
      changed_.notify_one();
    }
    waiting_.push_back(&files);
  }
  files.raw += bytes;
  append_index_record(files.index, chunk, origin_);
  const std::size_t before = waiting_bytes_;
  waiting_bytes_ += bytes.size();
  if (before < most_waiting_bytes && waiting_bytes_ >= most_waiting_bytes) changed_.notify_one();
}

void RecordWriter::work() {
  std::unique_lock lock(mutex_);
  while (!closing_ || !events_.empty() || !waiting_.empty()) {
    const auto urgent = [&] {
      return closing_ || !events_.empty() || waiting_bytes_ >= most_waiting_bytes || (hurry_ && !waiting_.empty());
    };
    changed_.wait(lock, [&] { return urgent() || !waiting_.empty(); });
    if (!waiting_.empty()) changed_.wait_until(lock, write_by_, urgent);

    const std::vector<Event> events = std::exchange(events_, {});
    const bool bytes_due = closing_ || hurry_ || waiting_bytes_ >= most_waiting_bytes ||
                           std::chrono::steady_clock::now() >= write_by_ || std::ranges::any_of(events, ends_a_boot);
    std::vector<ConsoleFiles*> consoles;
    if (bytes_due) {
      consoles = std::exchange(waiting_, {});
      waiting_bytes_ = 0;
      for (ConsoleFiles* files : consoles) {
        files->raw.swap(files->raw_now);
        files->index.swap(files->index_now);
      }
    }
    writing_ = true;
    lock.unlock();
    write_consoles(consoles);  // before the events, so that a boot that ended has all its bytes
    write_events(events);
    lock.lock();
    writing_ = false;
    drained_.notify_all();
  }
}

void RecordWriter::write_consoles(const std::vector<ConsoleFiles*>& consoles) {
  for (ConsoleFiles* console : consoles) {
    if (!fault()) {
      if (auto written = write_console(*console); !written) fail(written.error());
    }
    console->raw_now.clear();
    console->index_now.clear();
  }
}

Result<void> RecordWriter::write_console(ConsoleFiles& console) {
  if (!console.raw_file.is_open()) {
    if (auto opened = open_console(console); !opened) return opened.error();
  }
  const Written raw = write_all(console.raw_file.get(), console.raw_now);
  if (raw.error_number != 0) return disk_fault(console.raw_path, "console bytes cannot be written", raw.error_number);
  const Written index = write_all(console.index_file.get(), console.index_now);
  if (index.error_number != 0) return disk_fault(console.index_path, "cannot be written", index.error_number);
  return {};
}

Result<void> RecordWriter::open_console(ConsoleFiles& console) {
  std::error_code why;
  std::filesystem::create_directories(console.raw_path.parent_path(), why);
  if (why) return disk_fault(console.raw_path.parent_path(), "cannot be created", why.value());
  auto raw = open_for_writing(console.raw_path, O_APPEND);
  if (!raw) return raw.error();
  auto index = open_for_writing(console.index_path, O_APPEND);
  if (!index) return index.error();
  console.raw_file = std::move(*raw);
  console.index_file = std::move(*index);
  if (!std::exchange(console.begun, true)) console.index_now.insert(0, index_magic);
  return {};
}

void RecordWriter::write_events(const std::vector<Event>& events) {
  for (const Event& event : events) {
    Boot* boot = nullptr;
    if (event.boot > 0) {
      const auto* started = std::get_if<BootStarted>(&event.body);
      const std::lock_guard lock(mutex_);
      boot = &boot_locked(event.boot, started != nullptr ? started->configuration : "");
    }
    if (auto written = write_event(event, boot); !written) fail(written.error());
    if (boot != nullptr && ends_a_boot(event)) close_files(*boot);
  }
}

Result<void> RecordWriter::write_event(const Event& event, Boot* boot) {
  FileDescriptor& file = boot != nullptr ? boot->events : run_events_;
  const std::filesystem::path path = boot != nullptr ? boot->events_path() : folder_ / "events.jsonl";
  if (!file.is_open()) {
    std::error_code why;
    std::filesystem::create_directories(path.parent_path(), why);
    if (why) return disk_fault(path.parent_path(), "cannot be created", why.value());
    auto opened = open_for_writing(path, O_APPEND);
    if (!opened) return opened.error();
    file = std::move(*opened);
  }
  return append_line(file, path, encode_event(event, origin_) + "\n");
}

Result<void> RecordWriter::append_line(FileDescriptor& file, const std::filesystem::path& path, std::string_view line) {
  Written written = write_all(file.get(), line);
  if (written.error_number == 0) return {};
  const Fault first = disk_fault(path, "an event cannot be written", written.error_number);
  release_reserve();
  line.remove_prefix(written.bytes);
  const Written rest = write_all(file.get(), line);
  // An event that fits nowhere leaves half a line, which must not spoil the next one.
  if (rest.error_number != 0 && written.bytes + rest.bytes > 0) write_all(file.get(), "\n");
  return first;
}

void RecordWriter::close_files(Boot& boot) {
  const std::lock_guard lock(mutex_);
  boot.events = FileDescriptor();
  for (ConsoleFiles* console : boot.consoles()) {
    console->raw_file = FileDescriptor();
    console->index_file = FileDescriptor();
  }
}

void RecordWriter::fail(const Fault& fault) {
  {
    const std::lock_guard lock(mutex_);
    if (fault_) return;
    fault_ = fault;
  }
  release_reserve();
  if (on_fault_) on_fault_(fault);
}

void RecordWriter::release_reserve() {
  ::unlink(reserve_.c_str());
}

}  // namespace coldboot
