#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/drivers/dli/dli_emulator.hpp"
#include "tests/drivers/gude/gude_emulator.hpp"
#include "tests/drivers/http/esphome_emulator.hpp"
#include "tests/drivers/netio/netio_emulator.hpp"
#include "tests/drivers/pdudaemon/pdudaemon_emulator.hpp"
#include "tests/drivers/rte/rte_emulator.hpp"
#include "tests/drivers/shelly/shelly_emulator.hpp"
#include "tests/drivers/snmp_pdu/pdu_agent.hpp"
#include "tests/drivers/tasmota/tasmota_emulator.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
using nlohmann::json;

constexpr int bench_error = 3;
constexpr int bench_busy = 75;

/// A bench whose outlet is a device of the tests, and whose console says nothing that matters.
class OutletBench : public testing::Test {
 protected:
  void SetUp() override {
    (void)folder.write("profile.yaml",
                       "coldboot: profile/1\nname: profile\nmarkers:\n  kernel: {match: 'Booting'}\n"
                       "spans: {firmware: {from: power-on, to: kernel}}\n");
    (void)folder.write("boot.yaml", "coldboot: recording/1\nscript:\n  - {at: 1 s, text: \"Booting\\r\\n\"}\n");
    (void)folder.write("scenario.yaml",
                       "coldboot: scenario/1\nname: outlet\nconfigurations:\n"
                       "  board: {profile: profile, boot: {recording: boot.yaml}}\n"
                       "steps:\n  - power-cycle: {off-for: 0 s}\n  - power-off: {how: cut}\n");
    (void)folder.write("secret", "hunter2\n");
  }

  /// Power-cycles the bench once. `power` are the keys of its power entry.
  ChildResult run(const std::string& power) const {
    (void)folder.write("bench.yaml", fmt::format("coldboot: bench/1\n"
                                                 "name: outlet-{}\n"  // of this test alone: a bench is locked by name
                                                 "power: {{{}, off-min: 0 s}}\n"
                                                 "consoles:\n  com1: {{driver: replay}}\n"
                                                 "media:\n  recording: {{driver: replay}}\n",
                                                 ::getpid(), power));
    return coldboot({"run", "scenario.yaml", "--bench", "bench.yaml", "--out", "runs"}, folder.path());
  }

  [[nodiscard]] std::string events() const { return events_of(folder.path() / "runs"); }

  /// What was read back after each switching, in order, with a + where it was switched on; a dash where it could not be
  /// asked: "off +on off".
  [[nodiscard]] std::string read_back() const {
    std::string all;
    std::istringstream lines(events());
    for (std::string line; std::getline(lines, line);) {
      const json event = json::parse(line);
      if (event.at("type") != "power-switched") continue;
      all += fmt::format(
          "{}{}{}", all.empty() ? "" : " ", event.at("wanted").get<std::string>() == "on" ? "+" : "",
          event.contains("read_back") && event["read_back"].is_string() ? event["read_back"].get<std::string>() : "-");
    }
    return all;
  }

  void expect_a_power_cycle(const ChildResult& ended) const {
    EXPECT_EQ(ended.exit_status, 0) << ended.output;
    EXPECT_EQ(read_back(), "off off +on off off");
  }

  TemporaryFolder folder;
};

struct WebBench {
  const char* name;
  OutletServer::Dialect dialect;
  const char* power;  ///< keys, but for the address
};

class WebOutletBench : public OutletBench, public testing::WithParamInterface<WebBench> {};

TEST_P(WebOutletBench, IsPowerCycled) {
  const OutletServer server(GetParam().dialect);
  expect_a_power_cycle(run(fmt::format("{}, url: \"{}\", channel: 2", GetParam().power, server.url())));
  EXPECT_EQ(server.times_closed(2), 1);
  EXPECT_FALSE(server.is_closed(2));
  EXPECT_EQ(server.times_closed(1), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Of, WebOutletBench,
    testing::Values(
        WebBench{"tasmota", tasmota_dialect({.password = "hunter2"}), "driver: tasmota, password: \"file:secret\""},
        WebBench{"shelly1", shelly1_dialect(), "driver: shelly, mac: \"a4:cf:12:f4:5b:6d\""},
        WebBench{"shelly2", shelly2_dialect({.password = "hunter2"}), "driver: shelly, password: \"file:secret\""},
        WebBench{"netio", netio_dialect("hunter2"), "driver: netio, password: \"file:secret\""},
        WebBench{"gude", gude_dialect(), "driver: gude"},
        WebBench{"dli", dli_dialect("hunter2"), "driver: dli, password: \"file:secret\""},
        WebBench{"http", esphome_dialect(),
                 "driver: http, method: POST, closed: \"/switch/relay_{index}/turn_on\", open: "
                 "\"/switch/relay_{index}/turn_off\", state: \"/switch/relay_{index}\", closed-answer: "
                 "'\"value\":true', open-answer: '\"value\":false'"}),
    [](const auto& bench) { return std::string(bench.param.name); });

TEST_F(OutletBench, BehindAPdudaemonIsAssumedToHaveSwitchedAndProvesNothing) {
  const OutletServer server(pdudaemon_dialect("pdu-3"));
  const ChildResult ended = run(fmt::format("driver: pdudaemon, pdu: pdu-3, url: \"{}\", channel: 3", server.url()));
  EXPECT_EQ(ended.exit_status, bench_error) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("nothing proves that power was on"));
  EXPECT_EQ(read_back(), "- - +- - -");
  EXPECT_EQ(server.times_closed(3), 1);
  EXPECT_FALSE(server.is_closed(3));
  EXPECT_THAT(events(), HasSubstr("assumed"));
}

TEST_F(OutletBench, IsPowerCycledByAnRte) {
  const SteadyClock clock;
  RteEmulator rte(clock);
  expect_a_power_cycle(run(fmt::format("driver: rte, url: \"{}\", gpio: 0", rte.url())));
  EXPECT_EQ(rte.power_losses(), 1);
  EXPECT_FALSE(rte.board_has_power());
}

TEST_F(OutletBench, IsPowerCycledByAnRtesRelayAndItsPowerButton) {
  const SteadyClock clock;
  RteEmulator rte(clock);
  const std::string address = fmt::format("driver: rte, url: \"{}\"", rte.url());
  const ChildResult ended =
      run(fmt::format("{0}, gpio: 0, button: {{{0}, gpio: 9, let-go: 10 s, after: 0 s, press: 20 ms}}", address));
  expect_a_power_cycle(ended);
  EXPECT_EQ(rte.times_pressed(9), 1);
  EXPECT_FALSE(rte.is_pressed(9));
  EXPECT_FALSE(rte.board_has_power());
}

TEST_F(OutletBench, IsPowerCycledByAPdu) {
  if (!PduAgent::is_installed()) GTEST_SKIP() << "snmpd is not installed";
  const std::string outlet = ".1.3.6.1.4.1.318.1.1.4.4.2.1.3.7";
  PduAgent agent(".1.3.6.1.4.1.318");
  agent.put(outlet, 2);
  expect_a_power_cycle(
      run(fmt::format("driver: snmp-pdu, host: \"{}\", model: apc-masterswitch, channel: 7", agent.host())));
  EXPECT_EQ(agent.value(outlet), 2);
}

TEST_F(OutletBench, IsPowerCycledByACommand) {
  const std::string board = fmt::format("{}/tests/drivers/command/relay_board .", COLDBOOT_SOURCE_DIR);
  expect_a_power_cycle(
      run(fmt::format("driver: command, closed: \"{0} on {{channel}}\", open: \"{0} off {{channel}}\", "
                      "state: \"{0} status {{channel}}\", channel: 5",
                      board)));
  EXPECT_FALSE(fs::exists(folder.path() / "5"));
}

TEST_F(OutletBench, IsPowerCycledThroughAPlaceOfLabgrid) {
  fs::copy(fs::path(COLDBOOT_SOURCE_DIR) / "tests/drivers/labgrid/labgrid-client", folder.path());
  expect_a_power_cycle(
      run(fmt::format("driver: labgrid, place: apu2-3, client: \"{}\"", (folder.path() / "labgrid-client").string())));
  EXPECT_FALSE(fs::exists(folder.path() / "taken-by"));
}

TEST_F(OutletBench, ThatDoesNotSwitchIsAnErrorOfTheBench) {
  OutletServer server(gude_dialect());
  server.stick(1);
  const ChildResult ended =
      run(fmt::format("driver: gude, url: \"{}\", retry: {{times: 1, pause: 0 s}}", server.url()));
  EXPECT_EQ(ended.exit_status, bench_error) << ended.output;
  EXPECT_THAT(events(), HasSubstr("reads back open, expected closed"));
}

TEST_F(OutletBench, IsFoundToHaveSwitchedThoughItSaidThatItFailed) {
  OutletServer server(
      [dialect = tasmota_dialect(), failed = false](const ServedRequest& request, Contacts& contacts) mutable {
        ServedAnswer answer = dialect(request, contacts);
        if (!failed && request.field("cmnd") == "Power1 On") {
          failed = true;
          answer.status = 500;
        }
        return answer;
      });
  const ChildResult ended =
      run(fmt::format("driver: tasmota, url: \"{}\", retry: {{times: 2, pause: 0 s}}", server.url()));
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  EXPECT_THAT(events(), HasSubstr("try 1 of 3"));
  EXPECT_EQ(server.times_closed(1), 1);
}

TEST_F(OutletBench, ThatSomebodyElseHasIsBusy) {
  fs::copy(fs::path(COLDBOOT_SOURCE_DIR) / "tests/drivers/labgrid/labgrid-client", folder.path());
  (void)folder.write("taken-by", "rack/anna");
  const ChildResult ended =
      run(fmt::format("driver: labgrid, place: apu2-3, client: \"{}\"", (folder.path() / "labgrid-client").string()));
  EXPECT_EQ(ended.exit_status, bench_busy) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("rack/anna"));
}

TEST_F(OutletBench, ShowsItsPasswordNowhere) {
  OutletServer server([](const ServedRequest& request, Contacts&) {
    return ServedAnswer{.status = 404, .body = "no " + request.path + "?" + request.query};  // an echo of all it got
  });
  const ChildResult ended = run(fmt::format("driver: tasmota, url: \"{}\", password: \"file:secret\"", server.url()));
  EXPECT_EQ(ended.exit_status, bench_error) << ended.output;
  EXPECT_THAT(server.asked(), Contains(HasSubstr("password=hunter2")));
  EXPECT_THAT(ended.output, HasSubstr("password=***"));
  EXPECT_THAT(ended.output, Not(HasSubstr("hunter2")));
  for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "runs")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(text_of(entry.path()), Not(HasSubstr("hunter2"))) << entry.path();
  }
}

}  // namespace
}  // namespace coldboot
