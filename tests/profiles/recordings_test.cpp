#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/event/run_record.hpp"
#include "tests/profiles/corpus.hpp"

// The profiles of the virtual apu2 against its recorded boots.

namespace coldboot {
namespace {

using testing::IsEmpty;

struct RecordedBoot {
  const char* name;
  const char* profile;
  std::set<std::string> never;     ///< markers of the profile that this boot does not have
  std::set<std::string> failures;  ///< classes it has, be they fatal or tags
};

void PrintTo(const RecordedBoot& boot, std::ostream* out) {
  *out << boot.name;
}

const RunRecord& recorded_boots() {
  static const RunRecord run =
      read_run_folder(std::filesystem::path(COLDBOOT_SOURCE_DIR) / "fixtures/recordings/virtual-apu2").value();
  return run;
}

const std::set<std::string> all_of_the_system{"complete", "dhcp",   "dns",   "firewall", "forwarding",  "init",
                                              "kernel",   "lan",    "links", "linux",    "menu",        "kernel-load",
                                              "prompt",   "webgui", "wan",   "welcome",  "loader-start"};
const std::set<std::string> all_of_the_firmware{"banner", "bios", "dram", "f10", "payload", "seabios"};

std::set<std::string> both(std::set<std::string> some, const std::set<std::string>& others) {
  some.insert(others.begin(), others.end());
  return some;
}

class Recordings : public testing::TestWithParam<RecordedBoot> {};

TEST_P(Recordings, HaveTheMarkersAndFailuresOfTheirProfile) {
  const auto& boots = recorded_boots().boots;
  const auto boot = std::ranges::find(boots, GetParam().name, &BootRecord::configuration);
  ASSERT_NE(boot, boots.end());
  const auto plan = corpus::profile(GetParam().profile);
  std::set<std::string> missing;
  for (const MarkerPlan& marker : plan->plan().markers) missing.insert(marker.name);
  std::set<std::string> failures;
  for (const Found& found : watch(*boot, plan)) {
    if (const auto* hit = std::get_if<MarkerHit>(&found.hit)) missing.erase(hit->marker);
    if (const auto* hit = std::get_if<FailureHit>(&found.hit)) failures.insert(hit->failure);
  }
  EXPECT_EQ(missing, GetParam().never);
  EXPECT_EQ(failures, GetParam().failures);
}

INSTANTIATE_TEST_SUITE_P(
    Boots, Recordings,
    testing::Values(RecordedBoot{"bare", "virtual-apu2", {"prompt"}, {}},
                    RecordedBoot{"late", "virtual-apu2", {}, {"open-firewall"}},
                    RecordedBoot{"xen", "virtual-apu2-xen", {"prompt"}, {"long-silence"}},
                    RecordedBoot{"passthrough", "virtual-apu2-xen-passthrough", {"prompt"}, {"long-silence"}},
                    RecordedBoot{
                        "erased", "virtual-apu2", both(all_of_the_system, all_of_the_firmware), {"no-sign-of-life"}},
                    RecordedBoot{"nocard", "virtual-apu2", all_of_the_system, {"no-bootable-device"}}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Recordings, AreWhole) {
  const RunRecord& run = recorded_boots();
  EXPECT_EQ(run.boots.size(), 6U);
  for (const BootRecord& boot : run.boots) EXPECT_THAT(boot.damage, IsEmpty()) << boot.configuration;
}

}  // namespace
}  // namespace coldboot
