#include "harness/measure/summary.hpp"

#include <array>

#include <gtest/gtest.h>

#include "tests/measure/article_boots.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

/// A boot of which only one span matters; nothing where the DUT never got there.
BootResult boot_of(const std::string& configuration, std::optional<Nanos> time, Verdict verdict = Verdict::pass) {
  BootResult boot;
  boot.configuration = configuration;
  boot.verdict = verdict;
  boot.reason = verdict == Verdict::pass ? "" : "because";
  SpanTime span{.name = "boot", .from = "power-on", .to = "menu", .duration = time};
  span.lower = span.upper = time.value_or(Nanos(0));
  if (!time) span.missing = "menu";
  boot.spans.push_back(span);
  return boot;
}

std::vector<BootResult> boots_taking(const std::string& configuration, std::initializer_list<double> times) {
  std::vector<BootResult> boots;
  for (const double time : times) boots.push_back(boot_of(configuration, Nanos(std::llround(time * 1e9))));
  return boots;
}

LimitResult judge(const char* limit, const std::vector<BootResult>& boots) {
  const auto parsed = parse_limit(limit);
  EXPECT_TRUE(parsed) << limit;
  return evaluate(*parsed, boots);
}

TEST(LimitEvaluation, TakesTheMedianAndItsBounds) {
  const auto boots = boots_taking("xen", {41.2, 40.8, 41.5, 40.9, 41.1, 41.0, 41.4, 40.7, 41.3});
  const LimitResult result = judge("xen.boot <= 41.1 s", boots);
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_DOUBLE_EQ(*result.value, 41.1);
  EXPECT_EQ(result.boots, 9);
  EXPECT_EQ(result.unit, "s");
  EXPECT_EQ(judge("xen.boot < 41.1 s", boots).verdict, Verdict::fail);
  EXPECT_EQ(judge("min(xen.boot) == 40.7 s", boots).verdict, Verdict::pass);
  EXPECT_EQ(judge("max(xen.boot) > 41.5 s", boots).verdict, Verdict::fail);
  EXPECT_EQ(judge("max(xen.boot) != 41.5 s", boots).verdict, Verdict::fail);
}

TEST(LimitEvaluation, IsInconclusiveWhereTheIntervalStraddlesTheLimit) {
  const std::vector<BootResult> boots{article_bare_metal().measure(), article_virtual_machine().measure()};
  EXPECT_EQ(judge("bare.boot <= 83 s", boots).verdict, Verdict::pass);
  EXPECT_EQ(judge("bare.boot <= 82 s", boots).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge("bare.boot <= 80 s", boots).verdict, Verdict::fail);
  EXPECT_EQ(judge("bare.boot == 82 s", boots).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge("xen.boot >= 238 s", boots).verdict, Verdict::pass);
  EXPECT_NE(judge("bare.boot <= 82 s", boots).detail.find("between 81.000 s and 83.000 s"), std::string::npos);
}

TEST(LimitEvaluation, ComputesTheArticlesRatio) {
  const std::vector<BootResult> boots{article_bare_metal().measure(), article_virtual_machine().measure()};
  const LimitResult ratio = judge("ratio(xen.boot / bare.boot) <= 3", boots);
  EXPECT_EQ(ratio.verdict, Verdict::pass);
  EXPECT_NEAR(*ratio.value, 2.902, 0.0005);
  EXPECT_DOUBLE_EQ(*ratio.lower, 238.0 / 83.0);
  EXPECT_DOUBLE_EQ(*ratio.upper, 239.0 / 81.0);
  EXPECT_EQ(ratio.unit, "");
  const LimitResult difference = judge("difference(xen.boot - bare.boot) <= 156 s", boots);
  EXPECT_DOUBLE_EQ(*difference.value, 156);
  EXPECT_EQ(difference.verdict, Verdict::inconclusive);
}

TEST(LimitEvaluation, JudgesTheSilenceInsideASpan) {
  const std::vector<BootResult> boots{article_bare_metal().measure(), article_virtual_machine().measure()};
  EXPECT_DOUBLE_EQ(*judge("silence(xen.loader) <= 10 s", boots).value, 134);
  const LimitResult worst = judge("silence(*.loader) <= 30 s", boots);
  EXPECT_EQ(worst.verdict, Verdict::fail);
  EXPECT_EQ(worst.detail.substr(0, 5), "xen: ");
}

TEST(LimitEvaluation, CountsADutThatNeverGotThereAsEndless) {
  // Timeouts: 60.1 60.4 T 59.9 60.2 T 60.0: median 60.2, and 60.1 if they were wrongly dropped.
  auto boots = boots_taking("xen", {60.1, 60.4, 59.9, 60.2, 60.0});
  boots.push_back(boot_of("xen", std::nullopt, Verdict::fail));
  boots.push_back(boot_of("xen", std::nullopt, Verdict::fail));
  const LimitResult result = judge("xen.boot <= 300 s", boots);
  EXPECT_DOUBLE_EQ(*result.value, 60.2);
  EXPECT_EQ(result.boots, 7);
  EXPECT_NE(result.detail.find("2 boots never reached menu"), std::string::npos) << result.detail;
  EXPECT_EQ(judge("max(xen.boot) <= 300 s", boots).verdict, Verdict::fail);
  EXPECT_EQ(judge("max(xen.boot) >= 1 s", boots).verdict, Verdict::fail);  // never measured is never a pass
}

struct UnmeasuredCase {
  const char* limit;
  Verdict verdict;
  const char* says;
};

TEST(LimitEvaluation, SaysWhoIsToBlameForAValueThatIsMissing) {
  const std::vector<BootResult> boots{boot_of("slow", std::nullopt, Verdict::fail), boot_of("lost", 9s, Verdict::error),
                                      boot_of("good", 9s), boot_of("zero", 0s)};
  constexpr std::array cases{
      UnmeasuredCase{"slow.boot <= 1 s", Verdict::fail, "the DUT did not get there"},
      UnmeasuredCase{"lost.boot <= 1 s", Verdict::error, "1 boot lost to the bench"},
      UnmeasuredCase{"none.boot <= 1 s", Verdict::error, "no boot of none was made"},
      UnmeasuredCase{"good.teardown <= 1 s", Verdict::error, "no span or measurement named teardown"},
      UnmeasuredCase{"ratio(good.boot / zero.boot) <= 1", Verdict::error, "took no time"},
      UnmeasuredCase{"ratio(good.boot / slow.boot) <= 1", Verdict::fail, "slow.boot has no value"},
  };
  for (const UnmeasuredCase& one : cases) {
    const LimitResult result = judge(one.limit, boots);
    EXPECT_EQ(result.verdict, one.verdict) << one.limit;
    EXPECT_FALSE(result.value) << one.limit;
    EXPECT_NE(result.detail.find(one.says), std::string::npos) << result.detail;
  }
}

TEST(LimitEvaluation, LeavesOutBootsLostToTheBench) {
  auto boots = boots_taking("xen", {10, 11, 12});
  boots.push_back(boot_of("xen", 500s, Verdict::error));
  const LimitResult result = judge("max(xen.boot) <= 20 s", boots);
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_EQ(result.boots, 3);
  EXPECT_NE(result.detail.find("1 boot lost to the bench"), std::string::npos);
}

RunInputs two_configurations() {
  RunInputs inputs;
  inputs.scenario = "xen-vs-bare";
  inputs.configurations = {{"bare", "apu2-07", "p", {{"firmware", "v4.10.0.2"}}},
                           {"xen", "apu2-07", "p", {{"firmware", "v4.10.0.2"}}}};
  return inputs;
}

TEST(Summarise, ComparesTheArticlesBoots) {
  const RunResult run =
      summarise(two_configurations(), {article_bare_metal().measure(), article_virtual_machine().measure()});
  EXPECT_EQ(run.verdict, Verdict::pass);
  EXPECT_EQ(run.reason, "");
  ASSERT_EQ(run.comparisons.size(), 2U);
  EXPECT_EQ(run.comparisons[0].name, "boot");
  EXPECT_EQ(run.comparisons[0].base_time, 82s);
  EXPECT_EQ(run.comparisons[0].other_time, 238s);
  EXPECT_EQ(run.comparisons[0].difference, 156s);
  EXPECT_NEAR(*run.comparisons[0].ratio, 2.902, 0.0005);
  EXPECT_EQ(run.configurations.at(1).spans.at(0).median, 238s);
}

TEST(Summarise, GivesMedianLowestAndHighest) {
  auto boots = boots_taking("bare", {3, 1, 2, 10});
  boots.push_back(boot_of("bare", std::nullopt, Verdict::fail));
  boots.push_back(boot_of("bare", 99s, Verdict::error));
  const RunResult run = summarise(two_configurations(), boots);
  const Summary& summary = run.configurations.at(0).spans.at(0);
  EXPECT_EQ(summary.boots, 5);
  EXPECT_EQ(summary.seen, 4);
  EXPECT_EQ(summary.median, 3s);
  EXPECT_EQ(summary.lowest, 1s);
  EXPECT_EQ(summary.highest, 10s);
}

TEST(Summarise, HasNoMedianWhenHalfNeverGotThere) {
  const RunResult run =
      summarise(two_configurations(), {boot_of("bare", 1s), boot_of("bare", std::nullopt, Verdict::fail)});
  EXPECT_FALSE(run.configurations.at(0).spans.at(0).median);
}

TEST(Summarise, ForgivesBootsLostToTheBenchWithinTheBudget) {
  const std::vector<BootResult> boots{boot_of("bare", 1s), boot_of("bare", 1s, Verdict::error), boot_of("xen", 1s)};
  RunInputs inputs = two_configurations();
  EXPECT_EQ(summarise(inputs, boots).verdict, Verdict::error);
  inputs.bench_retries = 1;
  EXPECT_EQ(summarise(inputs, boots).verdict, Verdict::pass);
  EXPECT_EQ(summarise(inputs, {boot_of("bare", 1s, Verdict::error), boot_of("xen", 1s)}).verdict, Verdict::error);
}

TEST(Summarise, LetsOnlyGatesDecide) {
  RunInputs inputs = two_configurations();
  inputs.limits = {{"ACC-1", "bare.boot <= 1 s", false, *parse_limit("bare.boot <= 1 s")}};
  const auto boots = boots_taking("bare", {2});
  EXPECT_EQ(summarise(inputs, boots).verdict, Verdict::pass);
  EXPECT_EQ(summarise(inputs, boots).limits.at(0).verdict, Verdict::fail);
  inputs.limits[0].gate = true;
  const RunResult run = summarise(inputs, boots);
  EXPECT_EQ(run.verdict, Verdict::fail);
  EXPECT_EQ(run.reason, "ACC-1: bare.boot <= 1 s: median 2.000 s; 1 boot");
}

TEST(Summarise, RefusesToCompareWhatMustMatchAndDoesNot) {
  RunInputs inputs = two_configurations();
  inputs.must_match = {"firmware"};
  std::vector<BootResult> boots{boot_of("bare", 1s), boot_of("xen", 1s)};
  EXPECT_EQ(summarise(inputs, boots).verdict, Verdict::pass);
  boots[1].attributes = {{"firmware", "v4.10.0.2", "v4.10.0.1", false}};
  const RunResult run = summarise(inputs, boots);
  EXPECT_EQ(run.verdict, Verdict::error);
  EXPECT_EQ(
      run.reason,
      "must-match: \"firmware\" is \"v4.10.0.2\" (declared) in bare but \"v4.10.0.1\" in xen: they are not comparable");
  inputs.must_match = {"drive"};
  EXPECT_EQ(summarise(inputs, boots).reason, "must-match: \"drive\" is neither declared nor observed for bare");
}

TEST(Summarise, OfNoBootsIsSkipped) {
  EXPECT_EQ(summarise(two_configurations(), {}).verdict, Verdict::skipped);
}

}  // namespace
}  // namespace coldboot
