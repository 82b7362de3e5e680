#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/console/boot_watcher.hpp"
#include "harness/io/child_process.hpp"
#include "harness/scenario/read_profile.hpp"
#include "tests/processes.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/virtual_apu2/firewall_board.hpp"
#include "tests/virtual_apu2/hosts.hpp"

// The firewall on the virtual apu2's cards, asked from both sides. Its images are built by ./dev virtual-apu2.

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint16_t mirror_port = 7777;
constexpr std::uint16_t forbidden_port = 5555;
constexpr auto in_time = 30s;
constexpr const char* wan_host = "203.0.113.1";
constexpr const char* lan_host = "192.168.1.50";
constexpr const char* prompt = "Enter an option: ";

constexpr FirewallImage bare{"bare", "virtual-apu2", "52:54:00:00:00:02", "52:54:00:00:00:01", 5min};
constexpr FirewallImage late{"late", "virtual-apu2", "52:54:00:00:00:02", "52:54:00:00:00:01", 5min};
constexpr FirewallImage xen{"xen", "virtual-apu2", "00:16:3e:00:00:02", "00:16:3e:00:00:01", 15min};
constexpr FirewallImage passthrough{"xen-passthrough", "virtual-apu2-passthrough", "00:16:3e:00:00:02",
                                    "00:16:3e:00:00:01", 40min};

/// Markers of a profile that are not on a console.
std::set<std::string> missing_markers(const std::string& profile, const std::string& said) {
  const auto read = read_profile(project_folder / "fixtures/profiles" / (profile + ".yaml"), {});
  const auto plan = CompiledPlan::compile(read ? read->plan : BootPlan{}).value();
  BootRecord record;
  record.consoles.push_back(
      {"com1", said, {{0, static_cast<std::uint32_t>(said.size()), Instant{}, Instant{}, false}}, {}, {}});
  std::set<std::string> missing;
  for (const MarkerPlan& marker : plan->plan().markers) missing.insert(marker.name);
  for (const Found& found : watch(record, plan)) {
    if (const auto* hit = std::get_if<MarkerHit>(&found.hit)) missing.erase(hit->marker);
  }
  return missing;
}

class FirewallTest : public testing::Test {
 protected:
  /// Boots the image to its menu.
  void boot(const FirewallImage& image) {
    const auto card = images_folder / "sd" / (std::string(image.card) + ".img");
    if (!std::filesystem::exists(card)) GTEST_SKIP() << "not built; ./dev virtual-apu2 " << image.card << " does it";
    auto made = FirewallBoard::create(image);
    ASSERT_TRUE(made) << made.error().text();
    board = std::move(*made);
    ASSERT_TRUE(board->set_power(Power::on));
  }

  void expect_that_it_serves_its_lan() const {
    const UdpMirror mirror(board->wan(), mirror_port);
    EXPECT_EQ(ask_udp(board->lan(), wan_host, mirror_port, "who am I?", in_time), "203.0.113.2") << "masqueraded";
    EXPECT_THAT(ask_dhcp(board->lan(), "lan", in_time).value_or("nothing"), StartsWith("192.168.1.1"));
    EXPECT_EQ(ask_dns(board->lan(), "192.168.1.1", "fw.test", in_time), "192.168.1.1");
    EXPECT_THAT(page_of("https://192.168.1.1/"), HasSubstr("200"));
  }

  void expect_that_nothing_passes_from_wan() const {
    const ForbiddenFlow flow(board->wan(), board->lan(), lan_host, forbidden_port);
    const auto end = std::chrono::steady_clock::now() + in_time;
    while (flow.sent() < 200 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_GE(flow.sent(), 200);
    EXPECT_EQ(flow.passed(), 0);
  }

  [[nodiscard]] std::string page_of(const std::string& url) const {
    auto argv = board->lan().enter();
    argv.insert(argv.end(), {"curl", "--silent", "--show-error", "--insecure", "--retry", "5", "--retry-all-errors",
                             "--max-time", "20", "--output", "/dev/null", "--write-out", "%{http_code}", url});
    const auto ended = run_child(argv, Until(std::chrono::steady_clock::now() + 150s));
    return ended ? ended->output : ended.error().text();
  }

  std::unique_ptr<FirewallBoard> board;
};

TEST_F(FirewallTest, OnTheBareBoardServesItsLanAndRefusesItsWan) {
  boot(bare);
  if (!board) return;
  ASSERT_TRUE(board->shows(prompt, bare.boots_within)) << board->said();
  EXPECT_THAT(missing_markers("virtual-apu2", board->said()), testing::IsEmpty());
  expect_that_it_serves_its_lan();
  expect_that_nothing_passes_from_wan();
}

TEST_F(FirewallTest, KeepsItsFirmwareUntilAPowerCycleAndHaltsFromItsMenu) {
  boot(bare);
  if (!board) return;
  ASSERT_TRUE(board->shows(prompt, bare.boots_within)) << board->said();
  EXPECT_EQ(text_of(FirewallBoard::flash()), text_of(images_folder / "firmware/v4.15.0.1.rom"))
      << "a boot changes nothing";

  put_text(FirewallBoard::flash(), text_of(images_folder / "firmware/v4.15.0.2.rom"));
  const std::size_t before = board->said().size();
  ASSERT_TRUE(board->type("5\ry\r"));
  ASSERT_TRUE(board->shows("bootblock starting", bare.boots_within, before)) << board->said();
  EXPECT_THAT(board->said().substr(before), HasSubstr("v4.15.0.1")) << "a reset boots what QEMU has read at its start";
  ASSERT_TRUE(board->set_power(Power::off));
  ASSERT_TRUE(board->set_power(Power::on));
  ASSERT_TRUE(board->shows("bootblock starting", bare.boots_within)) << board->said();
  EXPECT_THAT(board->said(), HasSubstr("v4.15.0.2"));

  ASSERT_TRUE(board->shows(prompt, bare.boots_within)) << board->said();
  ASSERT_TRUE(board->type("6\ry\r"));
  EXPECT_TRUE(board->shows("reboot: System halted", bare.boots_within)) << board->said();
}

TEST_F(FirewallTest, OnTheBareBoardBootsTenTimesInARowAndLeavesNothing) {
  boot(bare);
  if (!board) return;
  for (int cycle = 0; cycle < 10; ++cycle) {
    ASSERT_TRUE(board->set_power(Power::on));
    ASSERT_TRUE(board->shows(prompt, bare.boots_within)) << board->said();
    ASSERT_TRUE(board->set_power(Power::off));
    EXPECT_EQ(FirewallBoard::flash(), "") << "no process of the board";
  }
  board.reset();
  EXPECT_THAT(children(), testing::IsEmpty()) << "nor of its networks";
}

TEST_F(FirewallTest, ThatFiltersLateLetsPacketsThroughUntilItDoes) {
  boot(late);
  if (!board) return;
  const ForbiddenFlow flow(board->wan(), board->lan(), lan_host, forbidden_port);
  ASSERT_TRUE(board->shows("Configuring firewall...done.", late.boots_within)) << board->said();
  EXPECT_GT(flow.passed(), 0);
  ASSERT_TRUE(board->shows(prompt, late.boots_within)) << board->said();
  const int before = flow.passed();
  const int sent = flow.sent();
  const auto end = std::chrono::steady_clock::now() + in_time;
  while (flow.sent() < sent + 200 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(flow.passed(), before) << "of those that were sent with the filter in place";
}

TEST_F(FirewallTest, UnderXenBehindTwoDriverDomainsServesItsLanAndRefusesItsWan) {
  boot(xen);
  if (!board) return;
  ASSERT_TRUE(board->shows(prompt, xen.boots_within)) << board->said();
  EXPECT_THAT(missing_markers("virtual-apu2-xen", board->said()), testing::IsEmpty());
  expect_that_it_serves_its_lan();
  expect_that_nothing_passes_from_wan();
}

TEST_F(FirewallTest, WithDriverDomainsThatOwnTheirCardsServesItsLanAndRefusesItsWan) {
  boot(passthrough);
  if (!board) return;
  ASSERT_TRUE(board->shows(prompt, passthrough.boots_within)) << board->said();
  EXPECT_THAT(missing_markers("virtual-apu2-xen-passthrough", board->said()), testing::IsEmpty());
  expect_that_it_serves_its_lan();
  expect_that_nothing_passes_from_wan();
}

}  // namespace
}  // namespace coldboot
