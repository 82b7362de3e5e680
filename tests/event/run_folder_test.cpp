#include "harness/event/run_folder.hpp"

#include <csignal>
#include <mutex>
#include <random>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "harness/event/file_name.hpp"
#include "harness/event/run_record.hpp"
#include "tests/event/run_on_disk.hpp"
#include "tests/event/sample_events.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Event event_of(std::uint64_t seq, int boot, EventBody body) {
  return {seq, run_origin + Nanos(static_cast<std::int64_t>(seq)), boot, std::move(body)};
}

/// Hands over `count` chunks of `bytes`, as a capture loop does.
void add_chunks(ChunkSink& sink, const std::string& console, std::string_view bytes, int count) {
  std::uint64_t offset = 0;
  for (int i = 0; i < count; ++i) {
    const Chunk chunk{offset, static_cast<std::uint32_t>(bytes.size()), run_origin + i * 1ms, run_origin, true};
    sink.add(console, chunk, bytes);
    offset += bytes.size();
  }
}

TEST(RunFolder, IsNamedByTimeAndScenarioAndNeverTakesAnExistingOne) {
  const TemporaryFolder parent;
  const auto first = create_run(parent.path() / "runs");
  const auto second = create_run(parent.path() / "runs");
  EXPECT_EQ(first->path().filename(), "20261122T100000Z-xen-vs-bare");
  EXPECT_EQ(second->path().filename(), "20261122T100000Z-xen-vs-bare-2");
}

TEST(RunFolder, KeepsItsInputsWithTheirHashes) {
  const TemporaryFolder parent;
  fs::create_directories(parent.path() / "other");
  put_text(parent.path() / "bench.yaml", "abc");
  put_text(parent.path() / "other/bench.yaml", "");
  const auto run = RunFolder::create({.parent = parent.path(),
                                      .info = sample_info(),
                                      .input_files = {parent.path() / "bench.yaml", parent.path() / "other/bench.yaml"},
                                      .on_fault = {}});
  ASSERT_TRUE(run) << run.error().text();
  const auto& inputs = (*run)->info().inputs;
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
  EXPECT_EQ(inputs[0].copy, "inputs/bench.yaml");
  EXPECT_EQ(inputs[1].copy, "inputs/other/bench.yaml");
  EXPECT_EQ(text_of((*run)->path() / inputs[0].copy), "abc");
}

TEST(RunFolder, SaysWhichInputIsMissing) {
  const TemporaryFolder parent;
  const auto run = RunFolder::create(
      {.parent = parent.path(), .info = sample_info(), .input_files = {parent.path() / "gone.yaml"}, .on_fault = {}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().cause(), Cause::missing);
  EXPECT_NE(run.error().where().find("gone.yaml"), std::string::npos);
}

TEST(RunFolder, ReadsBackWhatWasWritten) {
  const TemporaryFolder parent;
  const auto run = create_run(parent.path());
  ChunkSink& sink = run->open_boot(3, "xen");
  std::vector<Event> of_run;
  std::vector<Event> of_boot;
  for (const Event& event : sample_events(run_origin)) (event.boot == 0 ? of_run : of_boot).push_back(event);
  of_boot.push_back({100, run_origin + 1h, 3, BootEnded{}});
  add_chunks(sink, "com1", all_bytes(), 1000);
  add_chunks(sink, "a/b", "x", 2);
  for (const auto* events : {&of_run, &of_boot}) {
    for (const Event& event : *events) run->write(event);
  }
  run->write({101, run_origin, 3, MarkerSeen{}});  // derived: never written
  ASSERT_TRUE(run->put_file("result.json", "{}\n"));
  ASSERT_TRUE(run->close(run_origin + 2h));

  const auto read = read_run_folder(run->path());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->info, run->info());
  EXPECT_EQ(read->info.ended, run_origin + 2h);
  EXPECT_EQ(read->events, of_run);
  EXPECT_TRUE(read->damage.empty());
  EXPECT_FALSE(read->cut_off);
  ASSERT_EQ(read->boots.size(), 1U);
  const BootRecord& boot = read->boots[0];
  EXPECT_EQ(boot.number, 3);
  EXPECT_EQ(boot.configuration, "xen");
  EXPECT_EQ(boot.events, of_boot);
  EXPECT_FALSE(boot.cut_off);
  ASSERT_EQ(boot.consoles.size(), 3U);
  EXPECT_EQ(boot.consoles[0].name, "com1");
  EXPECT_EQ(boot.consoles[0].line, LineRate{});
  EXPECT_EQ(boot.consoles[0].raw.size(), 256'000U);
  ASSERT_EQ(boot.consoles[0].chunks.size(), 1000U);
  EXPECT_EQ(boot.consoles[0].chunks[999], (Chunk{255'744, 256, run_origin + 999ms, run_origin, true}));
  EXPECT_EQ(boot.consoles[1].name, "log");
  EXPECT_EQ(boot.consoles[1].resolution, 1s);
  EXPECT_EQ(boot.consoles[2].name, "a/b");
  EXPECT_EQ(text_of(run->path() / "result.json"), "{}\n");
  EXPECT_FALSE(fs::exists(run->path() / "reserve"));
}

TEST(RunFolder, CountsAsCutOffWhenItWasNotClosed) {
  const TemporaryFolder parent;
  fs::path path;
  {
    const auto run = create_run(parent.path());
    path = run->path();
    add_chunks(run->open_boot(1, "bare"), "com1", "hello", 1);
    run->write(event_of(1, 1, BootStarted{"bare", "b", "p"}));
  }
  const auto read = read_run_folder(path);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->cut_off);
  ASSERT_EQ(read->boots.size(), 1U);
  EXPECT_TRUE(read->boots[0].cut_off);
  EXPECT_EQ(read->boots[0].consoles.at(0).raw, "hello");
}

/// Collects the faults a run reports from its writer's thread.
struct FaultList {
  std::mutex mutex;  // guards faults
  std::vector<Fault> faults;
  std::function<void(const Fault&)> taker() {
    return [this](const Fault& fault) {
      const std::lock_guard lock(mutex);
      faults.push_back(fault);
    };
  }
};

/// After a disk ran full: reported once, run and earlier bytes readable, later events still written.
void expect_bench_error_was_recorded(RunFolder& run, FaultList& seen) {
  run.write(event_of(1000, 1, FaultSeen{Fault(Cause::disk_full, "record", "full")}));
  run.write(event_of(1001, 1, BootEnded{}));
  const auto closed = run.close(run_origin);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().cause(), Cause::disk_full) << closed.error().text();
  EXPECT_EQ(run.fault(), closed.error());
  EXPECT_EQ(seen.faults, std::vector<Fault>{closed.error()});
  const auto read = read_run_folder(run.path());
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->boots.size(), 1U);
  ASSERT_GE(read->boots[0].events.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<BootEnded>(read->boots[0].events.back().body));
}

TEST(RunFolder, ReportsADeviceThatTakesNoMoreBytes) {
  const TemporaryFolder parent;
  FaultList seen;
  const auto run = create_run(parent.path(), seen.taker());
  const fs::path boot = run->path() / "boots" / RunFolder::boot_folder_name(1, "xen");
  fs::create_directories(boot);
  fs::create_symlink("/dev/full", boot / "console-com1.raw");
  ChunkSink& sink = run->open_boot(1, "xen");
  add_chunks(sink, "com1", "lost", 1);
  expect_bench_error_was_recorded(*run, seen);
}

/// Files of this process may not grow beyond `bytes` while this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

TEST(RunFolder, KeepsWhatFitsWhenAFileMayNotGrow) {
  const TemporaryFolder parent;
  FaultList seen;
  const auto run = create_run(parent.path(), seen.taker());
  const FileSizeLimit limit(300'000);
  add_chunks(run->open_boot(1, "xen"), "com1", std::string(1000, 'x'), 1000);
  expect_bench_error_was_recorded(*run, seen);
  const auto read = read_run_folder(run->path());
  EXPECT_EQ(read->boots[0].consoles.at(0).raw, std::string(300'000, 'x'));
}

TEST(RunFolder, WritesItsLastEventsIntoTheReserveOfAFullDisk) {
  const TemporaryFolder mount_point;
  if (::mount("tmpfs", mount_point.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount a small tmpfs";
  }
  FaultList seen;
  {
    const auto run = create_run(mount_point.path(), seen.taker());
    add_chunks(run->open_boot(1, "xen"), "com1", std::string(1000, 'x'), 2000);
    expect_bench_error_was_recorded(*run, seen);
    EXPECT_TRUE(run->put_file("result.json", std::string(100'000, 'r')));
  }
  ::umount2(mount_point.path().c_str(), MNT_DETACH);
}

/// Records without end, with one progress byte per round; killed from outside.
[[noreturn]] void record_until_killed(const fs::path& parent, int progress) {
  const auto run = RunFolder::create({.parent = parent, .info = sample_info(), .input_files = {}, .on_fault = {}});
  if (!run) ::_exit(1);
  ChunkSink& sink = (*run)->open_boot(1, "xen");
  (*run)->write(event_of(1, 1, ConsoleOpened{"com1", "test", std::nullopt, 0s, std::nullopt}));
  std::uint64_t offset = 0;
  for (std::uint64_t round = 2;; ++round) {
    const std::string bytes = std::to_string(round) + "\n";
    sink.add("com1", {offset, static_cast<std::uint32_t>(bytes.size()), run_origin + Nanos(round), run_origin, true},
             bytes);
    offset += bytes.size();
    (*run)->write(event_of(round, 1, Note{std::to_string(round)}));
    if (::write(progress, ".", 1) != 1) ::_exit(1);
  }
}

TEST(RunFolder, IsReadableAfterTheProcessWasKilledAtAnyMoment) {
  std::mt19937 random(11);
  for (int repeat = 0; repeat < 8; ++repeat) {
    const TemporaryFolder parent;
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) record_until_killed(parent.path(), pipe[1]);
    ::close(pipe[1]);
    std::array<char, 1> byte{};
    for (auto rounds = random() % 20'000; rounds > 0; --rounds) ASSERT_EQ(::read(pipe[0], byte.data(), 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);

    const auto read = read_run_folder(fs::directory_iterator(parent.path())->path());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_TRUE(read->damage.empty());
    EXPECT_TRUE(read->cut_off);
    if (read->boots.empty()) continue;
    const BootRecord& boot = read->boots[0];
    for (std::size_t i = 0; i < boot.events.size(); ++i) EXPECT_EQ(boot.events[i].seq, i + 1);
    if (boot.consoles.empty()) continue;
    std::uint64_t end = 0;
    for (const Chunk& chunk : boot.consoles[0].chunks) {
      EXPECT_EQ(chunk.offset, end);
      end += chunk.length;
    }
    EXPECT_EQ(end, boot.consoles[0].raw.size());
    EXPECT_TRUE(boot.consoles[0].raw.empty() || boot.consoles[0].raw.starts_with("2\n3\n4\n"));
  }
}

TEST(FileName, ComesBackWhateverTheName) {
  for (const std::string& name :
       {std::string("com1"), std::string(""), std::string("../x"), std::string("a/b%41"), all_bytes()}) {
    const std::string file = file_name_of(name);
    EXPECT_EQ(name_of_file(file), name);
    EXPECT_EQ(file.find('/'), std::string::npos);
    EXPECT_NE(file[0], '.');
  }
}

}  // namespace
}  // namespace coldboot
