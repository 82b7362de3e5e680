#include "harness/bench/read_flash.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/test_drivers.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Reading<BenchFile> bench_with_flash(const std::string& more) {
  return read_bench(
      "coldboot: bench/1\nname: b\npower: {driver: test-relay, id: x, channel: 1, button: {driver: test-relay, id: x, "
      "channel: 2}}\n"
      "consoles: {c: {driver: test-tty, id: z}}\nflash:\n  driver: test-flasher\n  id: x\n  size: 8 MiB\n" +
          more,
      "bench.yaml", test_drivers());
}

FlashEntry flash_with(const std::string& more) {
  const auto bench = bench_with_flash(more);
  for (const Fault& fault : bench.mistakes) ADD_FAILURE() << fault.text();
  return bench.value && bench.value->flash ? *bench.value->flash : FlashEntry{};
}

std::string mistake_with(const std::string& more) {
  const auto bench = bench_with_flash(more);
  return bench.mistakes.empty() ? "" : bench.mistakes.front().text();
}

const std::string two_lines =
    "  lines:\n    vcc: {driver: test-relay, id: shelf, channel: 2}\n    spi: {driver: test-relay, id: shelf, channel: "
    "3}\n";

std::vector<std::string> texts_of(const std::vector<ChipMove>& moves) {
  std::vector<std::string> texts;
  for (const ChipMove& move : moves) {
    texts.push_back(move.line.empty() ? fmt::format("{} ms", move.pause / 1ms)
                                      : fmt::format("{} {}", move.line, move.on ? "on" : "off"));
  }
  return texts;
}

TEST(ChipLinesOfABench, AreNoneUnlessItNamesSome) {
  const FlashEntry flash = flash_with("");
  EXPECT_TRUE(flash.lines.empty());
  EXPECT_THAT(flash.connect, IsEmpty());
  EXPECT_THAT(flash.disconnect, IsEmpty());
  EXPECT_FALSE(flash.s5);
  EXPECT_FALSE(flash.clear_cmos);
  EXPECT_FALSE(flash.discharge);
  EXPECT_EQ(flash.boots_within, 60s);
}

TEST(ChipLinesOfABench, AreSwitchedInTheOrderOfTheirNamesAndBack) {
  const FlashEntry flash = flash_with(two_lines);
  EXPECT_EQ(flash.lines.at("vcc").channel, 2);
  EXPECT_EQ(flash.lines.at("spi").device.keys.at("id"), "shelf");
  EXPECT_THAT(texts_of(flash.connect), ElementsAre("spi on", "vcc on"));
  EXPECT_THAT(texts_of(flash.disconnect), ElementsAre("vcc off", "spi off"));
}

TEST(ChipLinesOfABench, AreSwitchedAsWritten) {
  const FlashEntry flash = flash_with(
      two_lines + "  connect: [vcc on, 2 s, spi on]\n  disconnect: [spi off, 500 ms, vcc off]\n  discharge: 7 s\n");
  EXPECT_THAT(texts_of(flash.connect), ElementsAre("vcc on", "2000 ms", "spi on"));
  EXPECT_THAT(texts_of(flash.disconnect), ElementsAre("spi off", "500 ms", "vcc off"));
  EXPECT_EQ(flash.discharge, 7s);
}

TEST(ChipLinesOfABench, GoOffInTheOppositeOrderInWhichTheyCameOn) {
  EXPECT_THAT(texts_of(flash_with(two_lines + "  connect: [vcc on, 2 s, spi on]\n").disconnect),
              ElementsAre("spi off", "vcc off"));
  EXPECT_THAT(texts_of(flash_with(two_lines + "  connect: [vcc on, spi on, vcc off, vcc on]\n").disconnect),
              ElementsAre("vcc off", "spi off"));
  EXPECT_THAT(texts_of(flash_with(two_lines + "  connect: [spi off, vcc on, spi on]\n").disconnect),
              ElementsAre("spi off", "vcc off"));
}

TEST(ChipLinesOfABench, AreNotForgottenOnAnyWay) {
  struct Case {
    std::string moves;
    std::string why;
  };
  for (const auto& [moves, why] : std::vector<Case>{
           {"  connect: [vcc on, spi on, wp on]\n", "found the line wp, expected one of `lines`"},
           {"  connect: [vcc on]\n", "found no \"spi on\", expected each line to be on in the end"},
           {"  connect: [vcc on, spi on, vcc off]\n", "found no \"vcc on\""},
           {"  disconnect: [vcc off]\n", "found no \"spi off\", expected each line to be off in the end"},
           {"  disconnect: [2 s]\n", "found no"},
           {"  disconnect: [vcc off, spi off, spi on]\n", "found no \"spi off\""},
           {"  disconnect: []\n", "found an empty list"},
           {"  connect: [vcc]\n", "found \"vcc\", expected a line and how to switch it"},
           {"  connect: [vcc up, spi on]\n", "found \"vcc up\""},
           {"  connect: [\"on\"]\n", "found \"on\""},
       }) {
    EXPECT_THAT(mistake_with(two_lines + moves), HasSubstr(why)) << moves;
  }
  EXPECT_THAT(mistake_with("  connect: [vcc on]\n"), HasSubstr("found the line vcc, expected one of `lines`"));
}

TEST(ChipLinesOfABench, AreNoneOfTheContactsThatSwitchSomethingElse) {
  const std::string two_on_one =
      "  lines:\n    a: {driver: test-relay, id: shelf}\n    b: {driver: test-relay, id: shelf}\n";
  EXPECT_THAT(mistake_with(two_on_one), HasSubstr("found channel 1 of test-relay for b, which switches a already"));
  EXPECT_THAT(mistake_with("  lines: {vcc: {driver: test-relay, id: x}}\n"),
              HasSubstr("for vcc, which switches the DUT's power already"));
  EXPECT_THAT(mistake_with("  lines: {vcc: {driver: test-relay, id: x, channel: 2}}\n"),
              HasSubstr("which switches the power button already"));
  EXPECT_THAT(mistake_with("  clear-cmos: {driver: test-relay, id: x}\n"),
              HasSubstr("for clear-cmos, which switches the DUT's power already"));
  EXPECT_THAT(mistake_with("  s5: {driver: test-relay, id: x}\n"),
              HasSubstr("for s5, which switches the DUT's power already"));
  EXPECT_EQ(mistake_with("  s5: {driver: test-relay, id: x, channel: 2}\n"), "") << "it is the power button";
  EXPECT_EQ(mistake_with("  lines: {vcc: {driver: test-relay, id: shelf, channel: 2}}\n"), "");
}

TEST(ChipLinesOfABench, SayHowTheBoardGetsIntoS5AndItsCmosIsCleared) {
  const FlashEntry flash = flash_with(
      "  s5: {driver: test-relay, id: shelf, channel: 4, after: 1 s, press: 2 s, settle: 3 s}\n"
      "  clear-cmos: {driver: test-relay, id: shelf, channel: 5}\n  boots-within: 9 s\n");
  ASSERT_TRUE(flash.s5 && flash.clear_cmos);
  EXPECT_EQ(flash.s5->button.channel, 4);
  EXPECT_EQ(flash.s5->after, 1s);
  EXPECT_EQ(flash.s5->press, 2s);
  EXPECT_EQ(flash.s5->settle, 3s);
  EXPECT_EQ(flash.clear_cmos->contact.channel, 5);
  EXPECT_EQ(flash.clear_cmos->press, 10s);
  EXPECT_EQ(flash.boots_within, 9s);
  EXPECT_THAT(mistake_with("  clear-cmos: {channel: 5}\n"), HasSubstr("driver"));
}

}  // namespace
}  // namespace coldboot
