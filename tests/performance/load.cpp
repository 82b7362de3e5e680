#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/console/capture.hpp"
#include "harness/event/run_folder.hpp"
#include "tests/performance/emitter.hpp"
#include "tests/performance/measurements.hpp"
#include "tests/performance/terminal_pair.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot::capture_bench {
namespace {

using namespace std::chrono_literals;

constexpr LineRate rack_line{115200, 'n', 8, 1};
constexpr auto round_length = 10ms;
constexpr std::size_t burst_bytes = 115;
constexpr int rounds_per_marker = 100;  // a boot with 50 markers in 50 s
constexpr int marker_count = 50;
constexpr auto patience = std::chrono::milliseconds(60'000);

/// 50 markers as profiles write them: words, alternatives, captures.
std::shared_ptr<const CompiledPlan> rack_plan() {
  BootPlan plan;
  plan.console = "com1";
  for (int i = 0; i < marker_count; ++i) {
    MarkerPlan marker;
    marker.name = fmt::format("stage-{}", i);
    marker.match = fmt::format("(?:Starting|Started) service-{:02}: version (?<version>[\\d.]+)-", i);
    plan.markers.push_back(marker);
  }
  return *CompiledPlan::compile(plan);
}

std::string padded(std::string text) {
  text.resize(burst_bytes - 2, '.');
  return text + "\r\n";
}

/// Burst `round` of a board: a line of boot text, or a marker.
std::string burst(int round) {
  if (round % rounds_per_marker == 0) {
    return padded(
        fmt::format("[  OK  ] Started service-{:02}: version 2.4.4-p3 ", round / rounds_per_marker % marker_count));
  }
  return padded(fmt::format("[{:5}.{:06}] pci 0000:00:{:02x}.0: [1022:1439] type 01 class 0x060400 service bridge ",
                            round / 100, round * 7919 % 1000000, round % 32));
}

/// Every text a board can say, once.
std::vector<std::string> all_bursts() {
  std::vector<std::string> bursts;
  for (int round = 0; round < rounds_per_marker * marker_count; ++round) bursts.push_back(burst(round));
  return bursts;
}

/// CPU time of this process so far, in seconds.
struct CpuTime {
  double ours = 0;
  double kernels = 0;
};

CpuTime cpu_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds_of(used.ru_utime), seconds_of(used.ru_stime)};
}

double resident_mb() {
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) / 1e6;
}

std::uint64_t recorded_bytes(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".raw") bytes += entry.file_size();
  }
  return bytes;
}

std::uint64_t markers_in(const EventLog& log) {
  const auto events = log.after(0);
  return static_cast<std::uint64_t>(std::count_if(events.begin(), events.end(), [](const Event& event) {
    const auto* const seen = std::get_if<MarkerSeen>(&event.body);
    return seen != nullptr && !seen->held && seen->hit.marker.starts_with("stage-");
  }));
}

std::string console_name(std::size_t index) {
  return fmt::format("console-{}", index);
}

/// Where all racks record. Nothing is removed between two of them: a file system that has just lost thousands of files
/// spends its time, while we measure, on not giving their places away too soon.
const TemporaryFolder& records() {
  static const TemporaryFolder folder;
  return folder;
}

/// Consoles that are captured and recorded, each in a boot of its own, as benches of a rack are.
class Rack {
 public:
  static Result<std::unique_ptr<Rack>> make(std::size_t consoles) {
    auto rack = std::make_unique<Rack>();
    for (std::size_t i = 0; i < consoles; ++i) {
      auto console = TerminalPair::open();
      if (!console) return console.error();
      rack->consoles_.push_back(std::move(*console));
    }
    return rack;
  }

  [[nodiscard]] int board(std::size_t index) const { return consoles_[index]->board(); }
  [[nodiscard]] std::size_t size() const { return consoles_.size(); }

  Result<void> start() {
    RunFolderOptions options;
    options.parent = records().path();
    options.info.scenario = "capture-bench";
    auto folder = RunFolder::create(options);
    if (!folder) return folder.error();
    folder_ = std::move(*folder);
    log_ = std::make_unique<EventLog>(clock_, [this](const Event& event) { folder_->write(event); });
    capture_ = std::make_unique<Capture>(*log_);
    const auto compiled = rack_plan();
    for (std::size_t i = 0; i < consoles_.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      if (auto added = capture_->add(console_name(i), *consoles_[i], rack_line); !added) return added.error();
      ChunkSink& sink = folder_->open_boot(number, "bench");
      auto begun = capture_->begin_boot(number, compiled, sink, {BootConsole{console_name(i), "com1"}});
      if (!begun) return begun.error();
    }
    return {};
  }

  /// Waits until each console's `bytes` were captured, and fills in what it cost since `before`.
  Result<void> finish(std::uint64_t bytes_each, const CpuTime& before, Instant began, Load& load) {
    for (std::size_t i = 0; i < consoles_.size(); ++i) {
      if (auto all = capture_->wait_until_received(console_name(i), bytes_each, patience); !all) return all.error();
    }
    load.seconds = seconds(clock_.now() - began);
    for (std::size_t i = 0; i < consoles_.size(); ++i) {
      capture_->end_boot(static_cast<int>(i) + 1);
      log_->append(BootEnded{}, static_cast<int>(i) + 1);
    }
    load.resident_mb = resident_mb();
    if (auto closed = folder_->close(clock_.now()); !closed) return closed.error();
    const CpuTime after = cpu_time();
    load.kernel_seconds = after.kernels - before.kernels;
    load.cpu_seconds = load.kernel_seconds + after.ours - before.ours;
    load.consoles = static_cast<int>(consoles_.size());
    load.bytes = bytes_each * consoles_.size();
    load.lost = load.bytes - recorded_bytes(folder_->path());
    load.missed = load.markers - markers_in(*log_);
    return {};
  }

 private:
  SteadyClock clock_;
  std::vector<std::unique_ptr<TerminalPair>> consoles_;
  std::unique_ptr<RunFolder> folder_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<Capture> capture_;
};

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Burst `round` of console `index`: boards are not in step.
std::size_t burst_index(int round, std::size_t index, std::size_t bursts) {
  return (static_cast<std::size_t>(round) + index * 37) % bursts;
}

void play_rack(const Rack& rack, const std::vector<std::string>& bursts, int rounds) {
  Instant due = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    due += round_length;
    wait_until(due);
    for (std::size_t i = 0; i < rack.size(); ++i)
      write_all(rack.board(i), bursts[burst_index(round, i, bursts.size())]);
  }
}

std::uint64_t markers_played(std::size_t consoles, std::size_t bursts, int rounds) {
  std::uint64_t markers = 0;
  for (std::size_t i = 0; i < consoles; ++i) {
    for (int round = 0; round < rounds; ++round) {
      if (burst_index(round, i, bursts) % rounds_per_marker == 0) ++markers;
    }
  }
  return markers;
}

Result<Load> measure(std::size_t consoles, int rounds,
                     const std::function<void(const Rack&, const std::vector<std::string>&)>& play) {
  allow_many_descriptors();
  auto rack = Rack::make(consoles);
  if (!rack) return rack.error();
  const auto bursts = all_bursts();
  Emitter emitter([&] { play(**rack, bursts); });
  if (auto started = (*rack)->start(); !started) return started.error();
  const CpuTime before = cpu_time();
  const Instant began = std::chrono::steady_clock::now();
  emitter.go();
  emitter.wait();
  Load load;
  load.markers = markers_played(consoles, bursts.size(), rounds);
  auto finished = (*rack)->finish(burst_bytes * static_cast<std::uint64_t>(rounds), before, began, load);
  if (!finished) return finished.error();
  return load;
}

}  // namespace

Result<Load> measure_rack(int consoles, std::chrono::seconds length) {
  const int rounds = static_cast<int>(length / round_length);
  return measure(static_cast<std::size_t>(consoles), rounds,
                 [rounds](const Rack& rack, const auto& bursts) { play_rack(rack, bursts, rounds); });
}

Result<Load> measure_flat_out(std::uint64_t bytes) {
  const int rounds = static_cast<int>(bytes / burst_bytes);
  return measure(1, rounds, [rounds](const Rack& rack, const std::vector<std::string>& bursts) {
    std::string all;
    for (const std::string& one : bursts) all += one;
    const auto whole = static_cast<std::size_t>(rounds) / bursts.size();
    for (std::size_t i = 0; i < whole; ++i) write_all(rack.board(0), all);
    write_all(rack.board(0),
              std::string_view(all).substr(0, static_cast<std::size_t>(rounds) % bursts.size() * burst_bytes));
  });
}

}  // namespace coldboot::capture_bench
