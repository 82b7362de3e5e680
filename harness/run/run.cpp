#include "harness/run/run.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/bench.hpp"
#include "harness/bench/guardian.hpp"
#include "harness/console/boot_watcher.hpp"
#include "harness/console/capture.hpp"
#include "harness/event/event_log.hpp"
#include "harness/event/run_folder.hpp"
#include "harness/io/tee.hpp"
#include "harness/measure/bytes_lost.hpp"
#include "harness/run/console_keeper.hpp"
#include "harness/run/director.hpp"
#include "harness/run/host_load.hpp"
#include "harness/run/judge.hpp"
#include "harness/run/memory_record.hpp"
#include "harness/run/typist.hpp"

namespace coldboot {
namespace {

constexpr Nanos a_visitor_types_for = std::chrono::seconds(30);

using Plans = std::map<std::string, std::shared_ptr<const CompiledPlan>>;

Result<Plans> compile_plans(const Scenario& scenario) {
  Plans plans;
  for (const Configuration& configuration : scenario.configurations) {
    auto plan = CompiledPlan::compile(configuration.plan);
    if (!plan) return plan.error();
    plans.emplace(configuration.name, std::move(*plan));
  }
  return plans;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

/// Lets a virtual clock know when the consoles' watchers want to look at it.
class WatcherTimes final : public TimedSource {
 public:
  WatcherTimes(VirtualClock* clock, Capture& capture) : clock_(clock), capture_(capture) {
    if (clock_ == nullptr) return;
    clock_->add(*this);
    clock_->on_settle([this] { capture_.catch_up(); });
  }
  ~WatcherTimes() override {
    if (clock_ == nullptr) return;
    clock_->on_settle({});
    clock_->remove(*this);
  }
  WatcherTimes(const WatcherTimes&) = delete;
  WatcherTimes& operator=(const WatcherTimes&) = delete;

  std::optional<Instant> next() override {
    const Instant due = capture_.next_due();
    return due == Instant::max() ? std::nullopt : std::optional(due);
  }
  void act(Instant) override {}  // settling makes the watchers look

 private:
  VirtualClock* clock_;
  Capture& capture_;
};

std::deque<const Configuration*> boots_in_order(const Scenario& scenario) {
  const auto& configurations = scenario.configurations;
  const auto boots = static_cast<std::size_t>(scenario.boots);
  std::deque<const Configuration*> order;
  for (std::size_t i = 0; i < boots * configurations.size(); ++i) {
    const bool blocks = scenario.order == BootOrder::blocks;
    order.push_back(&configurations[blocks ? i / boots : i % configurations.size()]);
  }
  return order;
}

/// One execution of a scenario, from its first event to its result.
class Run {
 public:
  Run(const RunRequest& request, Bench& bench, Plans plans)
      : request_(request),
        bench_(bench),
        plans_(std::move(plans)),
        log_(bench.clock(), [this](const Event& e) { take(e); }) {}

  Result<RunOutcome> execute();

 private:
  void take(const Event& event);
  void tell(EventBody body) { log_.append(std::move(body), current_boot_); }
  Result<void> start_guardian();
  Result<void> open_folder();
  Result<void> open_consoles(Capture& capture, Typist& typist);
  void close_consoles(Capture& capture);
  Capture::Tap tap_of(const BenchConsole& console, Typist& typist);
  void boot_all(Director& director, Capture& capture);
  BootRecord boot(const Configuration& configuration, int number, Director& director, Capture& capture);
  [[nodiscard]] bool was_lost_to_the_bench(const BootRecord& boot) const;
  [[nodiscard]] std::vector<Fault> faults_outside_boots() const;
  RunOutcome finish();

  const RunRequest& request_;
  Bench& bench_;
  Plans plans_;
  std::vector<std::unique_ptr<Tee>> tees_;
  LostConsoles lost_consoles_;
  EventLog log_;
  std::unique_ptr<Guardian> guardian_;  // asks the log for a sign of life
  std::stop_source halt_;               // a stop from outside, or a record that can no longer be kept
  std::atomic<int> current_boot_{0};    // 0 between boots
  std::vector<BootRecord> boots_;
  Instant began_{};
  std::unique_ptr<RunFolder> folder_;  // last: its writer reports faults to the log, to halt_ and to current_boot_
};

void Run::take(const Event& event) {
  if (!is_live_only(event.body)) folder_->write(event);
  if (const auto* lost = std::get_if<ConsoleLost>(&event.body)) lost_consoles_.add(lost->console);
  if (request_.observer != nullptr) request_.observer->event(event);
}

/// In virtual time nothing is switched that outlives us.
Result<void> Run::start_guardian() {
  if (request_.guardian.empty() || bench_.lease() == nullptr) return {};
  const auto replaced = [this](const Result<void>& another) {
    if (another) return tell(Note{"the bench's guardian had ended, nobody knows why; another has taken its place"});
    tell(FaultSeen{another.error()});
    halt_.request_stop();
  };
  auto guardian = Guardian::start(request_.guardian, bench_.file(), *bench_.lease(),
                                  {.alive = [this] { (void)log_.last(); }, .replaced = replaced});
  if (!guardian) return guardian.error();
  guardian_ = std::move(*guardian);
  guardian_->works_in(folder_->path());
  return {};
}

Result<void> Run::open_folder() {
  const Scenario& scenario = request_.scenario;
  RunFolderOptions options;
  options.parent = request_.out;
  options.info.scenario = scenario.name;
  options.info.title = scenario.title;
  options.info.requirement = scenario.requirement;
  options.info.host = host_name();
  options.info.version = request_.version;
  options.info.boots = scenario.boots;
  options.info.anchor = {std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now()), bench_.clock().now()};
  options.input_files = scenario.inputs;
  const auto& bench_inputs = request_.bench.inputs;
  options.input_files.insert(options.input_files.end(), bench_inputs.begin(), bench_inputs.end());
  options.on_fault = [this](const Fault& fault) {
    log_.append(FaultSeen{fault}, current_boot_);
    halt_.request_stop();
  };
  auto folder = RunFolder::create(options);
  if (!folder) return folder.error();
  folder_ = std::move(*folder);
  if (bench_.lease() != nullptr) bench_.lease()->works_in(folder_->path());
  return {};
}

Result<void> Run::open_consoles(Capture& capture, Typist& typist) {
  for (const BenchConsole& console : bench_.consoles()) {
    auto added = capture.add(console.entry.name, *console.stream, console.entry.line, tap_of(console, typist));
    if (!added) return added.error();
  }
  return {};
}

/// A live copy that cannot be had harms no measurement: a note says so.
Capture::Tap Run::tap_of(const BenchConsole& console, Typist& typist) {
  std::vector<Tee*> copies;
  const auto keep = [&](Result<std::unique_ptr<Tee>> tee) {
    if (!tee) return tell(Note{tee.error().text()});
    tees_.push_back(std::move(*tee));
    copies.push_back(tees_.back().get());
  };
  const std::string where = fmt::format("{}/{}/tee", bench_.file().name, console.entry.name);
  if (console.entry.tee) keep(Tee::open(*console.entry.tee, where));
  if (bench_.lease() != nullptr) {
    if (const auto socket = console_socket(bench_.file().name, console.entry.name)) {
      keep(Tee::open(*socket, where, [this, &console, &typist](std::string_view bytes, const std::string& who) {
        tell(Note{fmt::format("{} types on {}", who, console.entry.name)});
        (void)typist.type(console, bytes, Until(bench_.clock().now() + a_visitor_types_for, halt_.get_token()));
      }));
    }
  }
  if (copies.empty()) return {};
  return [copies](std::string_view bytes) {
    for (Tee* const copy : copies) copy->add(bytes);
  };
}

/// Once nobody is shown anything any more, nobody can type either.
void Run::close_consoles(Capture& capture) {
  for (const BenchConsole& console : bench_.consoles()) capture.remove(console.entry.name);
  tees_.clear();
}

Result<RunOutcome> Run::execute() {
  began_ = bench_.clock().now();
  if (auto opened = open_folder(); !opened) return opened.error();
  Capture capture(log_);
  Typist typist(capture, log_);
  auto opened = start_guardian();
  if (opened) opened = open_consoles(capture, typist);
  if (!opened) {
    log_.append(FaultSeen{opened.error()});
    close_consoles(capture);
    return finish();
  }
  const WatcherTimes watcher_times(bench_.virtual_clock(), capture);
  Director director(bench_, capture, typist, log_, folder_->path());
  const std::stop_callback forward(request_.stop, [this] {
    log_.append(request_.why_stopped ? request_.why_stopped() : StopRequested{}, current_boot_);
    halt_.request_stop();
  });
  bench_.on_device_event([this](EventBody body) { tell(std::move(body)); });
  {
    std::optional<ConsoleKeeper> keeper;  // in virtual time one thread alone may wait, and nothing gets lost
    if (bench_.virtual_clock() == nullptr) {
      keeper.emplace(lost_consoles_, bench_, capture, [this](EventBody body) { tell(std::move(body)); });
    }
    boot_all(director, capture);
  }
  bench_.on_device_event({});
  close_consoles(capture);
  return finish();
}

void Run::boot_all(Director& director, Capture& capture) {
  std::deque<const Configuration*> to_do = boots_in_order(request_.scenario);
  int retries = request_.scenario.bench_retries;
  for (int number = 1; !to_do.empty() && !halt_.stop_requested(); ++number) {
    const Configuration* configuration = to_do.front();
    to_do.pop_front();
    boots_.push_back(boot(*configuration, number, director, capture));
    if (retries > 0 && !halt_.stop_requested() && was_lost_to_the_bench(boots_.back())) {
      --retries;
      to_do.push_front(configuration);
    }
  }
}

BootRecord Run::boot(const Configuration& configuration, int number, Director& director, Capture& capture) {
  const std::uint64_t before = log_.last();
  current_boot_ = number;
  MemoryRecord record(folder_->open_boot(number, configuration.name), request_.observer);
  const HostLoadWatch host;
  const auto after = bench_.lease() == nullptr ? std::nullopt : bench_.lease()->last_ending();
  log_.append(BootStarted{configuration.name, bench_.file().name, configuration.profile, after}, number);
  const auto& plan = plans_.at(configuration.name);
  director.await_consoles(halt_.get_token());
  if (auto begun = capture.begin_boot(number, plan, record); begun) {
    director.run({number, configuration, plan}, halt_.get_token());
  } else {
    log_.append(FaultSeen{begun.error()}, number);
    director.make_safe();
  }
  capture.end_boot(number);
  if (const auto load = host.load(); load && bench_.virtual_clock() == nullptr) log_.append(*load, number);
  log_.append(BootEnded{record.bytes()}, number);
  current_boot_ = 0;

  BootRecord boot{.number = number,
                  .configuration = configuration.name,
                  .bench = bench_.file().name,
                  .profile = configuration.profile,
                  .after = after};
  for (Event& event : log_.after(before)) {
    if (event.boot == number && !is_live_only(event.body)) boot.events.push_back(std::move(event));
  }
  boot.consoles = record.consoles(boot.events);
  return boot;
}

bool Run::was_lost_to_the_bench(const BootRecord& boot) const {
  if (!bytes_lost(boot).empty()) return true;
  return std::any_of(boot.events.begin(), boot.events.end(), [](const Event& event) {
    const auto* ended = std::get_if<StepEnded>(&event.body);
    return (ended != nullptr && ended->verdict == Verdict::error) || std::holds_alternative<FaultSeen>(event.body) ||
           std::holds_alternative<ConsoleLost>(event.body);
  });
}

std::vector<Fault> Run::faults_outside_boots() const {
  std::vector<Fault> faults;
  for (const Event& event : log_.after(0)) {
    const auto* seen = std::get_if<FaultSeen>(&event.body);
    if (seen != nullptr && event.boot == 0) faults.push_back(seen->fault);
  }
  return faults;
}

RunOutcome Run::finish() {
  folder_->drain();  // whatever the disk still refuses belongs into the verdict
  const RunHeader header{.host = folder_->info().host,
                         .version = request_.version,
                         .folder = folder_->path().string(),
                         .started_utc = utc_text(folder_->info().anchor.utc),
                         .took = bench_.clock().now() - began_,
                         .stopped = request_.stop.stop_requested(),
                         .faults = faults_outside_boots()};
  RunOutcome outcome;
  outcome.folder = folder_->path();
  auto result = judge(request_.scenario, request_.bench, boots_, header);
  if (result) {
    outcome.result = std::move(*result);
  } else {
    outcome.result.scenario = request_.scenario.name;
    outcome.result.verdict = Verdict::error;
    outcome.result.reason = result.error().text();
    outcome.faults.push_back(result.error());
  }
  for (const ReportFile& report : request_.reports) {
    if (auto put = folder_->put_file(report.name, report.text(outcome.result)); !put)
      outcome.faults.push_back(put.error());
  }
  if (auto closed = folder_->close(bench_.clock().now()); !closed) outcome.faults.push_back(closed.error());
  if (bench_.lease() != nullptr) bench_.lease()->hand_back();
  if (guardian_) guardian_->dismiss();
  return outcome;
}

}  // namespace

Result<RunOutcome> run_scenario(const RunRequest& request) {
  auto plans = compile_plans(request.scenario);
  if (!plans) return plans.error();
  auto bench = Bench::open(request.bench, request.catalog, request.lease);
  if (!bench) return bench.error();
  return Run(request, **bench, std::move(*plans)).execute();
}

}  // namespace coldboot
