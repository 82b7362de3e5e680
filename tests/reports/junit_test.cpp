#include "reports/junit/junit.hpp"

#include <clocale>
#include <locale>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reports/junit/cases.hpp"
#include "reports/plain/report_text.hpp"
#include "tests/reports/golden.hpp"
#include "tests/reports/outside_tool.hpp"
#include "tests/reports/sample_runs.hpp"

namespace coldboot {
namespace {

using junit::Case;

const std::string schema = std::string(COLDBOOT_SOURCE_DIR) + "/docs/schema/junit-strict.xsd";
const std::string node_folder = std::string(COLDBOOT_SOURCE_DIR) + "/tests/reports/node";

struct Sample {
  std::string name;
  RunResult run;
};

std::vector<Sample> samples() {
  return {{"all_pass", sample::all_pass()},       {"campaign", sample::campaign()},
          {"nothing", sample::nothing()},         {"forgiven", sample::forgiven()},
          {"fails_twice", sample::fails_twice()}, {"awkward_names", sample::awkward_names()},
          {"article", sample::article()},         {"hostile_console", sample::hostile_console()},
          {"two_benches", sample::two_benches()}, {"three_configurations", sample::three_configurations()}};
}

std::vector<Case> cases_of(const RunResult& run) {
  std::vector<Case> cases;
  for (const junit::Suite& suite : junit::suites_of(run))
    cases.insert(cases.end(), suite.cases.begin(), suite.cases.end());
  return cases;
}

Case case_named(const RunResult& run, const std::string& classname, const std::string& name) {
  for (const Case& each : cases_of(run)) {
    if (each.classname == classname && each.name == name) return each;
  }
  ADD_FAILURE() << "no case " << classname << " / " << name;
  return {};
}

/// Every byte there is, then noise. The same in every run of the test.
std::string noise(unsigned seed) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  std::mt19937 random(seed);
  for (int i = 0; i < 600; ++i) bytes += static_cast<char>(random() & 0xFFU);
  return bytes;
}

/// What XSD and libxml2 say about the files, empty when all is well. Nothing where xmllint is not installed.
std::optional<std::string> complaints_of_xmllint(const std::vector<std::string>& files) {
  std::vector<std::string> argv{"xmllint", "--noout", "--schema", schema};
  argv.insert(argv.end(), files.begin(), files.end());
  const ToolAnswer answer = run_tool(argv);
  if (!answer.found) return std::nullopt;
  return answer.exit_status == 0 ? "" : answer.complaints;
}

std::vector<std::string> write_all(const TemporaryFolder& folder, const std::vector<RunResult>& runs) {
  std::vector<std::string> files;
  for (const RunResult& run : runs) files.push_back(folder.write(fmt::format("{}.xml", files.size()), junit_xml(run)));
  return files;
}

/// What expat reads from the files, as read_junit.py prints it. Null where python3 is not installed.
nlohmann::json read_by_expat(const std::vector<std::string>& files) {
  std::vector<std::string> argv{"python3", std::string(COLDBOOT_SOURCE_DIR) + "/tests/reports/read_junit.py"};
  argv.insert(argv.end(), files.begin(), files.end());
  const ToolAnswer answer = run_tool(argv);
  if (!answer.found) return nullptr;
  EXPECT_EQ(answer.exit_status, 0) << answer.complaints;
  return nlohmann::json::parse(answer.output);
}

std::vector<RunResult> runs_to_read() {
  std::vector<RunResult> runs;
  for (const Sample& each : samples()) runs.push_back(each.run);
  for (unsigned seed = 0; seed < 12; ++seed) runs.push_back(sample::filled_with(noise(seed)));
  for (const char* bytes : {"", "\x1b[0m", "]]>", "&#27;", "..", "\n"}) runs.push_back(sample::filled_with(bytes));
  return runs;
}

TEST(JUnit, LooksAsAgreed) {
  for (const Sample& each : samples()) expect_golden(each.name + ".xml", junit_xml(each.run));
}

TEST(JUnit, SatisfiesLibxml2AndTheStrictSchemaWhateverTheBytes) {
  const TemporaryFolder folder;
  const auto complaints = complaints_of_xmllint(write_all(folder, runs_to_read()));
  if (!complaints) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  EXPECT_EQ(*complaints, "");
}

TEST(JUnit, TheStrictSchemaRefusesWhatReadersDisagreeOn) {
  const std::string good = junit_xml(sample::campaign());
  struct Change {
    const char* what;
    std::string from;
    std::string to;
  };
  const std::vector<Change> changes{
      {"decimal comma", "time=\"9412.345\" timestamp", "time=\"9412,345\" timestamp"},
      {"four digits", "time=\"90.000\"", "time=\"90.0000\""},
      {"no zone", "10:20:30Z", "10:20:30"},
      {"equal identities", "name=\"ACC-014.2\"", "name=\"ACC-014.1\""},
      {"unknown attribute", "<testcase name", "<testcase file=\"x\" name"},
      {"two outcomes", "<skipped message=\"not a gate",
       "<error message=\"x\" type=\"x\" /><skipped message=\"not a gate"},
      {"a type that is a sentence", "type=\"panic\"", "type=\"a kernel panic\""},
  };
  const TemporaryFolder folder;
  for (const Change& change : changes) {
    std::string bad = good;
    ASSERT_NE(bad.find(change.from), std::string::npos) << change.what;
    bad.replace(bad.find(change.from), change.from.size(), change.to);
    const auto complaints = complaints_of_xmllint({folder.write("bad.xml", bad)});
    if (!complaints) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
    EXPECT_NE(*complaints, "") << change.what;
  }
}

TEST(JUnit, ReachesAnotherParserAsTheTextThatWasMeant) {
  const std::vector<RunResult> runs = runs_to_read();
  const TemporaryFolder folder;
  const nlohmann::json read = read_by_expat(write_all(folder, runs));
  if (read.is_null()) GTEST_SKIP() << "python3 is not installed";
  ASSERT_EQ(read.size(), runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<Case> meant = cases_of(runs[i]);
    const nlohmann::json& cases = read[i]["cases"];
    ASSERT_EQ(cases.size(), meant.size());
    for (std::size_t k = 0; k < meant.size(); ++k) {
      EXPECT_EQ(cases[k]["classname"], meant[k].classname);
      EXPECT_EQ(cases[k]["name"], meant[k].name);
      EXPECT_EQ(cases[k]["output"], meant[k].output);
      if (cases[k]["outcome"] == "passed") continue;
      EXPECT_EQ(cases[k]["message"], meant[k].message);
      if (cases[k]["outcome"] != "skipped") {
        EXPECT_EQ(cases[k]["text"], meant[k].message + "\n" + excerpt(meant[k].detail));
      }
    }
  }
}

TEST(JUnit, ShowsTheConsoleSanitised) {
  const RunResult run = sample::hostile_console();
  const Case boots = case_named(run, "apu2-07.bare", "boots");
  EXPECT_EQ(boots.output,
            "[[ATTACHMENT|boots/001-bare/console-com1.raw]]\n[[ATTACHMENT|boots/003-bare/console-com1.raw]]\n"
            "console of boot 1:\n" +
                report_text(run.boots[0].tail));
  EXPECT_NE(boots.output.find("red\nafter CR LF\nafter CR\nshown\nNUL \\x00 BEL \\x07"), std::string::npos)
      << boots.output;
}

TEST(JUnit, BoundsTheConsoleOfAnyBoot) {
  RunResult run = sample::fails_twice();
  const std::string line = "Root mount waiting for: CAM" + std::string(2000, ' ') + "\xff\n";
  while (run.boots[0].tail.size() < 12'000'000) run.boots[0].tail += line;
  const std::string xml = junit_xml(run);
  EXPECT_LT(xml.size(), 300'000U);
  EXPECT_NE(xml.find("[... cut here: "), std::string::npos);
}

TEST(JUnit, LetsTheBoardNameNoFiles) {
  RunResult run = sample::fails_twice();
  run.boots[0].tail = "[[ATTACHMENT|../../secret]]\n[[[PROPERTY|a=b]]\n[[ ok ]]\n";
  const Case boots = case_named(run, "apu2-07.bare", "boots");
  EXPECT_EQ(boots.output.find("[[ATTACHMENT|../"), std::string::npos);
  EXPECT_NE(boots.output.find("[\\x5bATTACHMENT|../../secret]]\n[[\\x5bPROPERTY|a=b]]\n[[ ok ]]\n"), std::string::npos)
      << boots.output;
}

TEST(JUnit, CountsWhatItHolds) {
  for (const Sample& each : samples()) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(junit_xml(each.run).c_str())) << each.name;
    const pugi::xml_node root = document.child("testsuites");
    std::map<std::string, int> sum;
    double time = 0;
    for (const pugi::xml_node& suite : root.children("testsuite")) {
      std::map<std::string, int> counted;
      double of_cases = 0;
      for (const pugi::xml_node& one : suite.children("testcase")) {
        ++counted["tests"];
        counted["failures"] += !one.child("failure").empty();
        counted["errors"] += !one.child("error").empty();
        counted["skipped"] += !one.child("skipped").empty();
        of_cases += one.attribute("time").as_double();
      }
      for (const char* name : {"tests", "failures", "errors", "skipped"}) {
        EXPECT_EQ(suite.attribute(name).as_int(-1), counted[name]) << each.name << " " << name;
        sum[name] += counted[name];
      }
      EXPECT_NEAR(suite.attribute("time").as_double(), of_cases, 1e-6) << each.name;
      time += of_cases;
    }
    for (const char* name : {"tests", "failures", "errors"})
      EXPECT_EQ(root.attribute(name).as_int(-1), sum[name]) << each.name;
    EXPECT_NEAR(root.attribute("time").as_double(), time, 1e-6) << each.name;
  }
}

TEST(JUnit, GivesEveryCaseAnIdentityOfItsOwn) {
  for (const RunResult& run : runs_to_read()) {
    std::set<std::pair<std::string, std::string>> identities;
    for (const Case& each : cases_of(run)) {
      EXPECT_FALSE(each.classname.empty());
      EXPECT_FALSE(each.name.empty());
      EXPECT_TRUE(identities.emplace(each.classname, each.name).second) << each.classname << " / " << each.name;
    }
  }
}

TEST(JUnit, KeepsIdentitiesFromNightToNight) {
  RunResult first = sample::campaign();
  RunResult second = sample::campaign();
  second.started_utc = "2026-11-23T10:20:30Z";
  second.folder = "runs/20261123T102030Z-xen-vs-bare";
  second.took *= 2;
  for (BootResult& boot : second.boots) boot.number += 100;
  second.boots.resize(12);
  second.limits[0].value = 17;
  const auto identities = [](const RunResult& run) {
    std::vector<std::string> all;
    for (const Case& each : cases_of(run)) all.push_back(each.classname + "/" + each.name);
    return all;
  };
  EXPECT_EQ(identities(first), identities(second));
}

TEST(JUnit, IsTheSameInALocaleWithADecimalComma) {
  class CommaForPoint : public std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::string expected = junit_xml(sample::campaign());
  const std::locale before = std::locale::global(std::locale(std::locale(), new CommaForPoint));
  const std::string c_locale = std::setlocale(LC_ALL, nullptr);
  const bool german = std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;  // where it is installed
  const std::string found = junit_xml(sample::campaign());
  std::locale::global(before);
  std::setlocale(LC_ALL, c_locale.c_str());
  EXPECT_EQ(found, expected) << (german ? "German C locale" : "comma in C++ only");
}

TEST(JUnit, WritesTimesAsPlainDecimals) {
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(Nanos(0))), "0.000");
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(std::chrono::microseconds(400))), "0.000");
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(std::chrono::microseconds(600))), "0.001");
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(std::chrono::milliseconds(86'400'500))), "86400.500");
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(std::chrono::seconds(-1))), "0.000");
  EXPECT_EQ(junit::decimal_seconds(junit::milliseconds_of(Nanos::max())).size(), 14U) << "292 years, no exponent";
}

TEST(JUnit, AMeasurementWithoutAValueIsNoPass) {
  RunResult run = sample::all_pass();
  run.boots[1].measurements[0].duration.reset();
  run.limits[0].value = std::numeric_limits<double>::quiet_NaN();
  run.limits[0].verdict = Verdict::error;
  sample::summarise(run, Nanos(1));
  const Case measured = case_named(run, "apu2-07.bare", "menu-shown");
  EXPECT_EQ(junit::outcome_of(measured.verdict), junit::Outcome::error) << "the boot passed, so we missed it";
  EXPECT_EQ(measured.type, "not-measured");
  EXPECT_EQ(case_named(run, "apu2-07.bare-boot", "ACC-014.1").verdict, Verdict::error);
  EXPECT_EQ(junit_xml(run).find("nan"), std::string::npos);
  EXPECT_EQ(case_named(sample::fails_twice(), "apu2-07.bare", "menu-shown").type, "not-reached") << "the DUT's doing";
}

TEST(JUnit, MapsVerdicts) {
  const RunResult run = sample::campaign();
  struct Expected {
    const char* classname;
    const char* name;
    junit::Outcome outcome;
    const char* type;
  };
  const std::vector<Expected> table{
      {"apu2-07.bare", "boots", junit::Outcome::passed, ""},
      {"apu2-07.xen", "boots", junit::Outcome::failure, "panic"},
      {"apu2-07.xen", "configuration", junit::Outcome::error, "configuration"},
      {"apu2-07.xen", "power-cycle", junit::Outcome::passed, ""},
      {"apu2-07.xen", "expect menu within 600 s", junit::Outcome::failure, "dut"},
      {"apu2-07.xen-vs-bare", "ACC-014.1", junit::Outcome::failure, "limit"},
      {"apu2-07.xen-vs-bare", "ACC-014.2", junit::Outcome::failure, "inconclusive"},
      {"apu2-07.xen-vs-bare", "ACC-014.3", junit::Outcome::error, "not-measured"},
      {"apu2-07.xen-vs-bare", "INFO.1", junit::Outcome::skipped, "limit"},
      {"apu2-07.xen-vs-bare", "run", junit::Outcome::passed, ""},
  };
  for (const Expected& expected : table) {
    const Case found = case_named(run, expected.classname, expected.name);
    EXPECT_EQ(junit::outcome_of(found.verdict), expected.outcome) << expected.name;
    EXPECT_EQ(found.type, expected.type) << expected.name;
    if (expected.outcome != junit::Outcome::passed) {
      EXPECT_NE(found.message, "") << expected.name;
    }
  }
}

TEST(JUnit, IsNeverGreenWhenTheRunIsNot) {
  for (const Verdict verdict :
       {Verdict::skipped, Verdict::inconclusive, Verdict::fail, Verdict::error, Verdict::aborted}) {
    RunResult run = sample::all_pass();
    run.verdict = verdict;
    run.reason = "said by nothing else";
    const Case found = case_named(run, "apu2-07.bare-boot", "run");
    EXPECT_EQ(junit::outcome_of(found.verdict), junit::outcome_of(verdict));
    EXPECT_EQ(found.message, "said by nothing else");
  }
  EXPECT_EQ(case_named(sample::nothing(), "xen-vs-bare", "run").type, "nothing-ran");
}

TEST(JUnit, NamesOnlyAttachmentsInsideTheRunFolder) {
  RunResult run = sample::fails_twice();
  for (const char* folder : {"", "/etc", "boots/../..", "boots/]]x", "boots\\1", "boots/\x1b"}) {
    run.boots[0].folder = folder;
    run.boots[2].folder = folder;
    EXPECT_EQ(junit_xml(run).find("ATTACHMENT"), std::string::npos) << folder;
  }
}

TEST(JUnit, IsReadByXunitViewer) {
  const std::string viewer = node_folder + "/node_modules/.bin/xunit-viewer";
  if (text_of(viewer).empty()) {
    GTEST_SKIP() << "xunit-viewer is not installed: run `npm ci --ignore-scripts` in tests/reports/node";
  }
  const TemporaryFolder folder;
  const auto totals = [&](const RunResult& run) {
    const std::string report = folder.write("report.xml", junit_xml(run));
    return run_tool({viewer, "-r", report, "-c", "-n", "-o", (folder.path() / "report.html").string()}, folder.path())
        .output;
  };
  const RunResult mixed = sample::campaign();
  pugi::xml_document report;
  ASSERT_TRUE(report.load_string(junit_xml(mixed).c_str()));
  const auto declared = [&](const char* name) { return report.first_child().first_child().attribute(name).as_int(); };
  const int passed = declared("tests") - declared("failures") - declared("errors") - declared("skipped");
  const std::string counted = fmt::format("{} passed, {} failure, {} error, {} skipped", passed, declared("failures"),
                                          declared("errors"), declared("skipped"));
  const std::string output = totals(mixed);
  EXPECT_NE(output.find(counted), std::string::npos) << counted << " in:\n" << output;
  EXPECT_NE(totals(sample::nothing()).find("1 error"), std::string::npos);
}

}  // namespace
}  // namespace coldboot
