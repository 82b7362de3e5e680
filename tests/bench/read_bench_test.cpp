#include "harness/bench/read_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/test_drivers.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path sample = std::filesystem::path(COLDBOOT_SOURCE_DIR) / "tests/bench/files/apu.yaml";

TEST(Bench, IsReadAsWritten) {
  const auto bench = read_bench(sample, test_drivers());
  ASSERT_TRUE(bench) << bench.mistakes.front().text();
  EXPECT_EQ(bench->name, "apu-07");
  EXPECT_EQ(bench->tags, (std::vector<std::string>{"apu2d4", "sdmux"}));
  EXPECT_EQ(bench->dut.at("serial"), "1234567");
  EXPECT_EQ(bench->pace, Pace::real);
  EXPECT_EQ(bench->power.device.driver, "test-relay");
  EXPECT_EQ(bench->power.device.keys, (std::map<std::string, std::string>{{"id", "BITFT"}, {"reports", "4"}}));
  ASSERT_TRUE(bench->power.relay);
  EXPECT_EQ(bench->power.relay->channel, 2);
  EXPECT_EQ(bench->power.relay->wiring, Wiring::normally_open);
  EXPECT_EQ(bench->power.off_min, 12s);
  EXPECT_EQ(bench->power.device_delay, 15ms);
  EXPECT_EQ(bench->power.supply_delay, 4s);
  EXPECT_EQ(bench->power.safe.state, SafeState::off_clean);
  EXPECT_EQ(bench->power.safe.clean_for, 90s);
  ASSERT_EQ(bench->consoles.size(), 2U);
  EXPECT_EQ(bench->consoles[0].name, "com1");
  EXPECT_EQ(bench->consoles[0].line->baud, 115200);
  EXPECT_EQ(bench->consoles[0].key_delay, 20ms);
  EXPECT_FALSE(bench->consoles[1].line);
  EXPECT_EQ(bench->media.at("sd").keys.at("id"), "sd-wire_11-19");
  EXPECT_EQ(bench->ports.at("lan").device.keys.at("id"), "enp3s0");
  EXPECT_EQ(bench->ports.at("lan").address, "192.168.1.50/24");
  EXPECT_EQ(bench->ports.at("lan").gateway, "192.168.1.1");
  EXPECT_EQ(bench->ports.at("wan").gateway, "");
  ASSERT_TRUE(bench->flash);
  EXPECT_EQ(bench->flash->device.driver, "test-flasher");
  EXPECT_EQ(bench->flash->device.keys, (std::map<std::string, std::string>{{"id", "ch341a"}}));
  EXPECT_EQ(bench->flash->size_bytes, std::uint64_t{8} << 20U);
  ASSERT_TRUE(bench->flash->golden);
  EXPECT_EQ(bench->flash->golden->file, sample.parent_path() / "golden.rom");
  EXPECT_EQ(bench->flash->golden->sha256.substr(0, 8), "9f86d081");
  EXPECT_EQ(bench->inputs, (std::vector<std::filesystem::path>{sample}));
}

TEST(Bench, HandsADriverItsKeysBackAsItsConfig) {
  const auto bench = read_bench(sample, test_drivers());
  ASSERT_TRUE(bench);
  const DeviceEntry& device = bench->power.device;
  const auto relay = keys::from_kept(test_relay_type(), device.keys, device.place);
  ASSERT_TRUE(relay) << relay.error().text();
  EXPECT_EQ(relay->id, "BITFT");
  EXPECT_EQ(relay->reports, 4);
}

TEST(Bench, NeedsTimeToListenForSilence) {
  const auto bench = read_bench(
      "coldboot: bench/1\nname: b\npower: {driver: test-outlet, id: x, off-min: 2 s, effect: {silent-after-off: 2 s}}\n"
      "consoles: {c: {driver: test-tty, id: z}}\n",
      "bench.yaml", test_drivers());
  ASSERT_FALSE(bench);
  EXPECT_THAT(bench.mistakes.front().text(), testing::HasSubstr("found 2 s, expected less than the 2 s"));
}

TEST(Bench, MayShowAConsoleToTheNetworkWhenItSaysSo) {
  const auto bench = read_bench(
      "coldboot: bench/1\nname: b\npower: {driver: test-outlet, id: x}\nconsoles: {c: {driver: test-tty, id: z, tee: "
      "\"0.0.0.0:7107\", tee-for: network, wait-if-lost: 5 s}}\n",
      "bench.yaml", test_drivers());
  ASSERT_TRUE(bench) << bench.mistakes.front().text();
  EXPECT_EQ(bench->consoles[0].tee->text(), "0.0.0.0:7107");
  EXPECT_EQ(bench->consoles[0].wait_if_lost, 5s);
}

TEST(Bench, NeedsTheSizeOfAChipAndTheWholeHashOfItsGoldenImage) {
  const auto mistake_in = [](const std::string& flash) {
    const auto bench = read_bench(
        "coldboot: bench/1\nname: b\npower: {driver: test-outlet, id: x}\n"
        "consoles: {c: {driver: test-tty, id: z}}\nflash: {driver: test-flasher, id: x" +
            flash + "}\n",
        "bench.yaml", test_drivers());
    return bench.mistakes.empty() ? "" : bench.mistakes.front().text();
  };
  EXPECT_EQ(mistake_in(", size: 8 MiB"), "");
  EXPECT_THAT(mistake_in(""), testing::HasSubstr("size"));
  EXPECT_THAT(mistake_in(", size: 8 MiB, golden: {file: a.rom, sha256: \"9f86\"}"),
              testing::HasSubstr("found \"9f86\", expected 64 digits"));
}

TEST(Bench, KeepsPowerOffForTenSecondsUnlessToldOtherwise) {
  const auto bench = read_bench(
      "coldboot: bench/1\nname: b\npower: {driver: test-outlet, id: x}\nconsoles: {c: {driver: test-tty, id: z}}\n",
      "bench.yaml", test_drivers());
  ASSERT_TRUE(bench) << bench.mistakes.front().text();
  EXPECT_EQ(bench->power.off_min, 10s);
  EXPECT_EQ(bench->power.safe.state, SafeState::off);
}

BenchFile bench_with(const std::string& power) {
  const auto bench =
      read_bench("coldboot: bench/1\nname: b\npower: " + power + "\nconsoles: {c: {driver: test-tty, id: z}}\n",
                 "bench.yaml", test_drivers());
  for (const Fault& fault : bench.mistakes) ADD_FAILURE() << fault.text();
  return bench.value.value_or(BenchFile{});
}

TEST(Bench, SaysHowItsRelaySwitchesTheDut) {
  const PowerEntry power = bench_with(
                               "{driver: test-relay, id: x, channel: 3, contact: normally-closed, settle: 5 ms, "
                               "retry: {times: 4, pause: 1 s}}")
                               .power;
  ASSERT_TRUE(power.relay);
  EXPECT_EQ(power.relay->channel, 3);
  EXPECT_EQ(power.relay->wiring, Wiring::normally_closed);
  EXPECT_EQ(power.relay->side, SupplySide::dc);
  EXPECT_EQ(power.relay->settle, 5ms);
  EXPECT_EQ(power.relay->retries, 4);
  EXPECT_EQ(power.relay->retry_pause, 1s);
  EXPECT_EQ(power.supply_delay, 0s);
  EXPECT_FALSE(power.button);
}

TEST(Bench, GivesASupplyBehindARelayOnTheMainsSideFourSecondsUnlessToldBetter) {
  EXPECT_EQ(bench_with("{driver: test-relay, id: x, side: mains}").power.supply_delay, 4s);
  EXPECT_EQ(bench_with("{driver: test-relay, id: x, side: mains, supply-delay: 700 ms}").power.supply_delay, 700ms);
  EXPECT_EQ(bench_with("{driver: test-outlet, id: x}").power.supply_delay, 0s);
}

TEST(Bench, MayPressThePowerButtonAfterPowerCame) {
  const PowerEntry power =
      bench_with("{driver: test-outlet, id: x, button: {driver: test-relay, id: p, channel: 2, press: 200 ms}}").power;
  EXPECT_FALSE(power.relay);
  ASSERT_TRUE(power.button);
  EXPECT_EQ(power.button->device.driver, "test-relay");
  EXPECT_EQ(power.button->device.keys, (std::map<std::string, std::string>{{"id", "p"}}));
  EXPECT_EQ(power.button->channel, 2);
  EXPECT_EQ(power.button->press, 200ms);
  EXPECT_EQ(power.button->after, 1s);
}

struct Wrong {
  const char* name;
  const char* power;     ///< line 3
  const char* consoles;  ///< line 4
  const char* expected;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.power << wrong.consoles;
}

constexpr const char* good_power = "power: {driver: test-relay, id: x}";
constexpr const char* good_consoles = "consoles: {com1: {driver: test-tty, id: z}}";

class BenchRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(BenchRefuses, WithPlaceAndReason) {
  const std::string text =
      std::string("coldboot: bench/1\nname: b\n") + GetParam().power + "\n" + GetParam().consoles + "\n";
  std::string lines;
  for (const Fault& fault : read_bench(text, "b.yaml", test_drivers()).mistakes) lines += fault.text() + "\n";
  EXPECT_EQ(lines, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Files, BenchRefuses,
    testing::Values(
        Wrong{"unknown_driver", "power: {driver: test-rely, id: x, chanel: 1}", good_consoles,
              "b.yaml:3:17: found \"test-rely\", expected test-outlet or test-relay (did you mean test-relay?)\n"},
        Wrong{
            "unknown_key", "power: {driver: test-relay, id: x, chanel: 1}", good_consoles,
            "b.yaml:3:36: found the key chanel, expected one of driver, channel, contact, side, settle, retry, button, "
            "off-min, device-delay, supply-delay, effect, safe, id, reports (did you mean channel?)\n"},
        Wrong{
            "key_of_another_driver", "power: {driver: test-outlet, id: x, reports: 1}", good_consoles,
            "b.yaml:3:37: found the key reports, expected one of driver, button, off-min, device-delay, supply-delay, "
            "effect, safe, id\n"},
        Wrong{
            "key_of_relays", "power: {driver: test-outlet, id: x, contact: normally-closed}", good_consoles,
            "b.yaml:3:37: found the key contact, expected one of driver, button, off-min, device-delay, supply-delay, "
            "effect, safe, id\n"},
        Wrong{"button_that_is_no_relay", "power: {driver: test-relay, id: x, button: {driver: test-outlet, id: p}}",
              good_consoles, "b.yaml:3:53: found \"test-outlet\", expected test-relay\n"},
        Wrong{"missing_driver_key", "power: {driver: test-relay}", good_consoles,
              "b.yaml:3:8: found no key id, expected id: a text such as BITFT\n"},
        Wrong{"missing_driver", "power: {id: x}", good_consoles,
              "b.yaml:3:8: found no key driver, expected driver: test-outlet or test-relay\n"},
        Wrong{"wrong_driver_value", "power: {driver: test-relay, id: 7, reports: 9, channel: 0}", good_consoles,
              "b.yaml:3:33: found the number 7, expected a text such as BITFT (quote it: \"7\")\n"
              "b.yaml:3:45: found the number 9, expected a whole number from 1 to 8 such as 1\n"
              "b.yaml:3:57: found the number 0, expected a whole number from 1 to 128 such as 1\n"},
        Wrong{"safe_state_of_yaml_1_1", "power: {driver: test-relay, id: x, safe: {state: off}}", good_consoles,
              "b.yaml:3:50: found \"off\", expected off-cut or off-clean (did you mean off-cut?)\n"},
        Wrong{"clean_for_without_clean", "power: {driver: test-relay, id: x, safe: {state: off-cut, clean-for: 9 s}}",
              good_consoles, "b.yaml:3:70: found clean-for with the state off-cut, expected it with off-clean only\n"},
        Wrong{"no_console", good_power, "consoles: {}",
              "b.yaml:4:11: found an empty map, expected a map of at least one name\n"},
        Wrong{"tee_for_all_the_world", good_power, "consoles: {com1: {driver: test-tty, id: z, tee: \"0.0.0.0:7107\"}}",
              "b.yaml:4:49: found an address that other hosts may reach, expected one of this host such as "
              "127.0.0.1:7107 (with tee-for: network everybody may watch)\n"},
        Wrong{"tee_without_a_port", good_power, "consoles: {com1: {driver: test-tty, id: z, tee: \"127.0.0.1\"}}",
              "b.yaml:4:49: found \"127.0.0.1\", expected a host and a port such as 127.0.0.1:7107\n"},
        Wrong{"relay_as_console", good_power, "consoles: {c: {driver: test-relay, id: x}}",
              "b.yaml:4:24: found \"test-relay\", expected test-tty (did you mean test-tty?)\n"},
        Wrong{"address_without_prefix", good_power,
              "consoles: {c: {driver: test-tty, id: z}}\n"
              "ports: {lan: {driver: test-card, id: x, address: 192.168.1.50}}",
              "b.yaml:5:50: found \"192.168.1.50\", expected an IP address with its prefix such as 192.168.1.50/24\n"},
        Wrong{
            "addresses_that_are_none", good_power,
            "consoles: {c: {driver: test-tty, id: z}}\n"
            "ports: {lan: {driver: test-card, id: x, address: 192.168.1.350/24, gateway: 192.168.1.1/24}}",
            "b.yaml:5:50: found \"192.168.1.350/24\", expected an IP address with its prefix such as 192.168.1.50/24\n"
            "b.yaml:5:77: found \"192.168.1.1/24\", expected an IP address without a prefix such as 192.168.1.1\n"},
        Wrong{
            "prefix_too_long", good_power,
            "consoles: {c: {driver: test-tty, id: z}}\n"
            "ports: {lan: {driver: test-card, id: x, address: 192.168.1.50/33}}",
            "b.yaml:5:50: found \"192.168.1.50/33\", expected an IP address with its prefix such as 192.168.1.50/24\n"},
        Wrong{"several_at_once", "power: {driver: test-relay}",
              "consoles: {com1: {driver: test-tty, id: z, line: 115200}}",
              "b.yaml:3:8: found no key id, expected id: a text such as BITFT\n"
              "b.yaml:4:50: found the number 115200, expected a line rate such as 115200n8 (a quantity carries its "
              "unit)\n"}),
    [](const auto& param) { return param.param.name; });

TEST(Bench, ThatDoesNotExistIsAMistake) {
  const auto bench = read_bench("/nonexistent/bench.yaml", test_drivers());
  ASSERT_EQ(bench.mistakes.size(), 1U);
  EXPECT_EQ(bench.mistakes[0].cause(), Cause::mistake);
}

}  // namespace
}  // namespace coldboot
