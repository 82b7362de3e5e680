#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/run/bench_on_disk.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t second = 1'000'000'000;

TEST(Cli, SaysHowItIsUsed) {
  const ChildResult help = coldboot({"--help"});
  EXPECT_EQ(help.exit_status, 0);
  for (const char* command : {"run", "check", "measure", "report", "version", "Exit status"})
    EXPECT_THAT(help.output, HasSubstr(command));
  EXPECT_EQ(coldboot({"version"}).exit_status, 0);
}

TEST(Cli, CallsAMistakeOnTheCommandLineByItsExitStatus) {
  EXPECT_EQ(coldboot({}).exit_status, 2);
  EXPECT_EQ(coldboot({"frobnicate"}).exit_status, 2);
  EXPECT_EQ(coldboot({"run"}).exit_status, 2);
  const ChildResult missing = coldboot({"run", "no/such/scenario.yaml"});
  EXPECT_EQ(missing.exit_status, 2);
  EXPECT_THAT(missing.output, HasSubstr("no/such/scenario.yaml"));
}

TEST(Cli, PointsAtAMistakeInAFile) {
  const BenchOnDisk bench;
  bench.write_scenario("good.yaml", "measures:\n  x: {from: power-on, to: menu}\n");
  const ChildResult checked = coldboot({"check", (bench.folder() / "scenario.yaml").string()});
  EXPECT_EQ(checked.exit_status, 2);
  EXPECT_THAT(checked.output, HasSubstr("scenario.yaml:12:1"));
  EXPECT_THAT(checked.output, HasSubstr("measure"));
}

TEST(Cli, ExplainsWhatAScenarioWouldDo) {
  const ChildResult checked = coldboot({"check", "scenarios/xen-vs-bare.yaml"});
  EXPECT_EQ(checked.exit_status, 0) << checked.output;
  EXPECT_THAT(checked.output, HasSubstr("bare"));
  EXPECT_THAT(checked.output, HasSubstr("menu"));
}

TEST(Cli, SaysWhichImageIsMissingBeforeAnyPowerIsSwitched) {
  const BenchOnDisk bench;
  bench.write_scenario("nowhere.yaml");
  for (const char* command : {"check", "run"}) {
    const ChildResult told = coldboot(
        {command, (bench.folder() / "scenario.yaml").string(), "--bench", (bench.folder() / "bench.yaml").string()});
    EXPECT_EQ(told.exit_status, 2);
    EXPECT_THAT(told.output, HasSubstr("found no file"));
    EXPECT_THAT(told.output, HasSubstr("nowhere.yaml"));
  }
}

const json* named(const json& list, const std::string& key, const std::string& name) {
  for (const json& item : list) {
    if (item.at(key) == name) return &item;
  }
  return nullptr;
}

/// The figures 3mdeb published, wherever the two boots came from.
void expect_the_articles_figures(const json& result) {
  const json* article = named(result.at("comparisons"), "name", "article");
  ASSERT_NE(article, nullptr) << result.at("comparisons").dump(1);
  EXPECT_EQ(article->at("base_ns"), 82 * second);
  EXPECT_EQ(article->at("other_ns"), 238 * second);
  EXPECT_NEAR(article->at("ratio").get<double>(), 2.902, 0.001);
  bool found = false;
  for (const json& silence : result.at("boots").at(1).at("silences")) {
    if (silence.at("length_ns") != 134 * second) continue;
    found = true;
    EXPECT_THAT(silence.at("before").get<std::string>(), HasSubstr("Finish /boot/loader.conf.local"));
  }
  EXPECT_TRUE(found) << result.at("boots").at(1).at("silences").dump(1);
}

TEST(Cli, ReproducesTheArticleFromRecordings) {
  const BenchOnDisk place;
  const ChildResult ran =
      coldboot({"run", "scenarios/xen-vs-bare.yaml", "--quiet", "--out", (place.folder() / "out").string()});
  EXPECT_EQ(ran.exit_status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("2.90"));
  EXPECT_THAT(ran.output, HasSubstr("Finish /boot/loader.conf.local"));
  const fs::path run = only_run_in(place.folder() / "out");
  expect_the_articles_figures(json::parse(text_of(run / "result.json")));
  EXPECT_THAT(text_of(run / "junit.xml"), HasSubstr("replay.xen"));
}

TEST(Cli, ReproducesTheArticleFromItsLogs) {
  const fs::path corpus = fs::path(COLDBOOT_SOURCE_DIR) / "../shared/corpus";
  if (!fs::exists(corpus)) GTEST_SKIP() << "the corpus of public logs is not beside this checkout";
  const ChildResult measured = coldboot({"measure", "--json", (corpus / "pfsense-apu2-baremetal-2.4.4p3.log").string(),
                                         (corpus / "pfsense-xenvm-attempt1-2.4.4p3.log").string()});
  ASSERT_EQ(measured.exit_status, 0) << measured.output;
  expect_the_articles_figures(json::parse(measured.output));
}

TEST(Cli, ShowsAnOldRunAgainAsItWas) {
  const BenchOnDisk bench;
  const std::string scenario = (bench.folder() / "scenario.yaml").string();
  ASSERT_EQ(coldboot({"run", scenario, "--bench", (bench.folder() / "bench.yaml").string(), "--quiet", "--out",
                      (bench.folder() / "out").string()})
                .exit_status,
            0);
  const fs::path run = only_run_in(bench.folder() / "out");
  const json before = json::parse(text_of(run / "result.json"));
  const ChildResult reported = coldboot({"report", run.string(), "--json"});
  EXPECT_EQ(reported.exit_status, 0) << reported.output;
  const json again = json::parse(reported.output);
  EXPECT_EQ(before.at("verdict"), again.at("verdict"));
  EXPECT_EQ(before.at("limits"), again.at("limits"));
  EXPECT_EQ(before.at("boots").at(0).at("spans"), again.at("boots").at(0).at("spans"));
}

TEST(Cli, ShowsARunOfProfilesThatIncludeEachOtherAgain) {
  const BenchOnDisk place;
  ASSERT_EQ(coldboot({"run", "scenarios/xen-vs-bare.yaml", "--quiet", "--out", (place.folder() / "out").string()})
                .exit_status,
            0);
  const ChildResult reported =
      coldboot({"report", only_run_in(place.folder() / "out").string(), "--json"}, place.folder());
  ASSERT_EQ(reported.exit_status, 0) << reported.output;
  expect_the_articles_figures(json::parse(reported.output));
}

TEST(Cli, RemembersHowManyBootsARunWasToMake) {
  const BenchOnDisk bench;
  bench.write_scenario("good.yaml", "repeat: {boots: 3}\n");
  ASSERT_EQ(
      coldboot({"run", (bench.folder() / "scenario.yaml").string(), "--bench", (bench.folder() / "bench.yaml").string(),
                "--boots", "1", "--quiet", "--out", (bench.folder() / "out").string()})
          .exit_status,
      0);
  EXPECT_EQ(coldboot({"report", only_run_in(bench.folder() / "out").string()}).exit_status, 0);
}

TEST(Cli, MeasuresAnOldRunAgainWithAMendedScenario) {
  const BenchOnDisk bench;
  const std::string scenario = (bench.folder() / "scenario.yaml").string();
  ASSERT_EQ(coldboot({"run", scenario, "--bench", (bench.folder() / "bench.yaml").string(), "--quiet", "--out",
                      (bench.folder() / "out").string()})
                .exit_status,
            0);
  bench.write_scenario("good.yaml", "limits:\n  - {id: L1, that: \"small.power-on..menu <= 1 s\"}\n");
  const ChildResult reported =
      coldboot({"report", only_run_in(bench.folder() / "out").string(), "--scenario", scenario});
  EXPECT_EQ(reported.exit_status, 1) << reported.output;
}

TEST(Cli, TriesAScenariosMarkersOnALog) {
  const BenchOnDisk bench;
  bench.write("some.log", "[10:00:00] PC Engines apu2\n[10:00:06] Booting...\n[10:00:12] 8) Shell\n");
  bench.write("other.log", "[10:00:00] PC Engines apu2\n[10:00:06] Booting...\n");
  const std::string scenario = (bench.folder() / "scenario.yaml").string();
  EXPECT_EQ(coldboot({"check", scenario, "--against", (bench.folder() / "some.log").string()}).exit_status, 0);
  const ChildResult checked = coldboot({"check", scenario, "--against", (bench.folder() / "other.log").string()});
  EXPECT_EQ(checked.exit_status, 1);
  EXPECT_THAT(checked.output, HasSubstr("wait in vain for: menu"));
}

/// A bench at real pace whose board prints for a while and then says nothing more, so that the run waits.
class LiveBench : public BenchOnDisk {
 public:
  LiveBench() {
    write("bench.yaml", "coldboot: bench/1\nname: live-" + std::to_string(::getpid()) +
                            "\npower: {driver: replay, off-min: 0 s}\nconsoles:\n  com1: {driver: replay}\nmedia:\n  "
                            "recording: {driver: replay}\n");
    std::string lines;
    for (int i = 1; i <= 100; ++i)
      lines += "  - {at: " + std::to_string(2 * i) + " ms, text: \"line " + std::to_string(i) + "\\r\\n\"}\n";
    write("live.yaml", "coldboot: recording/1\nscript:\n  - {at: 0 ms, text: \"PC Engines apu2\\r\\n\"}\n" + lines);
    write_scenario("live.yaml");
  }

  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"run",     (folder() / "scenario.yaml").string(),
            "--bench", (folder() / "bench.yaml").string(),
            "--out",   (folder() / "out").string()};
  }
};

bool power_is_on(const fs::path& runs) {
  return events_of(only_run_in(runs)).find(R"("wanted":"on")") != std::string::npos;
}

TEST(Signals, LeaveTheBenchSafeTheLogClosedAndTheVerdictAborted) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const LiveBench bench;
    RunningProgram program(bench.arguments());
    ASSERT_TRUE(becomes_true([&] { return power_is_on(bench.folder() / "out"); }));
    program.signal(signal);
    EXPECT_EQ(program.wait(), 128 + signal);
    const fs::path run = only_run_in(bench.folder() / "out");
    const std::string events = events_of(run);
    EXPECT_THAT(events, HasSubstr("stop-requested"));
    EXPECT_THAT(events, HasSubstr("made-safe"));
    EXPECT_THAT(events, HasSubstr("boot-ended"));
    EXPECT_EQ(json::parse(text_of(run / "result.json")).at("verdict"), "aborted");
    fs::remove_all(bench.folder() / "out");
  }
}

TEST(Signals, ARunKilledAtAnyMomentCanStillBeReported) {
  constexpr int kills = 100;
  for (int i = 0; i < kills; ++i) {
    const LiveBench bench;
    std::vector<std::string> arguments = bench.arguments();
    arguments.insert(arguments.end(), {"--wait", "60 s"});  // for the guardian of the one before
    RunningProgram program(arguments);
    ASSERT_TRUE(becomes_true([&] { return fs::exists(only_run_in(bench.folder() / "out") / "run.json"); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 3 % 250));  // any moment is a good one
    program.signal(SIGKILL);
    ASSERT_EQ(program.wait(), 128 + SIGKILL);
    const ChildResult reported = coldboot({"report", only_run_in(bench.folder() / "out").string(), "--json"});
    ASSERT_EQ(reported.exit_status, 3) << "kill " << i << "\n" << reported.output;
    ASSERT_EQ(json::parse(reported.output).at("verdict"), "aborted") << "kill " << i;
  }
}

TEST(FullDisk, IsAnErrorOfTheBenchThatLosesNothingEarlier) {
  if (::geteuid() != 0) GTEST_SKIP() << "a small tmpfs can only be mounted by root";
  const LiveBench bench;
  bench.write("chatty.yaml",
              "coldboot: recording/1\nplay: live.yaml\nfaults:\n"
              "  - garbage: {at-byte: 200, length: 1048576}\n  - garbage: {at-byte: 300, length: 1048576}\n");
  bench.write_scenario("chatty.yaml");
  const fs::path mount = bench.folder() / "small";
  fs::create_directories(mount);
  std::string command = "mount -t tmpfs -o size=1m tmpfs " + mount.string() + " || exit 99; " + COLDBOOT_BINARY;
  for (const std::string& argument : bench.arguments()) command += " " + argument;
  command += " --quiet --out " + mount.string() + "; status=$?; cp -r " + mount.string() + " " +
             (bench.folder() / "kept").string() + "; exit $status";
  command.replace(command.find(" --out " + (bench.folder() / "out").string()),
                  7 + (bench.folder() / "out").string().size(), "");
  auto ended = run_child({"unshare", "-m", "sh", "-c", command},
                         Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
  ASSERT_TRUE(ended) << ended.error().text();
  if (ended->exit_status == 99 || ended->output.find("unshare") != std::string::npos)
    GTEST_SKIP() << "no mount namespaces here: " << ended->output;
  EXPECT_EQ(ended->exit_status, 3) << ended->output;
  const fs::path run = only_run_in(bench.folder() / "kept");
  const std::string events = events_of(run);
  EXPECT_THAT(events, HasSubstr("disk-full")) << ended->output;
  EXPECT_THAT(events, HasSubstr(R"("wanted":"off")"));
  EXPECT_THAT(events, HasSubstr("made-safe"));
  EXPECT_THAT(text_of(run / "boots/001-small/console-com1.raw"), HasSubstr("PC Engines apu2"));
  EXPECT_EQ(json::parse(text_of(run / "result.json")).at("verdict"), "error");
}

}  // namespace
}  // namespace coldboot
