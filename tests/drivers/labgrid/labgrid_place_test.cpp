#include "drivers/labgrid/labgrid_place.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/labgrid/labgrid_driver.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
using Keys = std::map<std::string, std::string>;

/// A lab with one place, whose client is called as labgrid-client is.
class LabgridTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::copy(fs::path(COLDBOOT_SOURCE_DIR) / "tests/drivers/labgrid/labgrid-client", lab.path());
  }

  [[nodiscard]] std::string says(const std::string& name) const { return text_of(lab.path() / name); }
  void put(const std::string& name, const std::string& text) const { put_text(lab.path() / name, text); }

  Result<std::unique_ptr<Relay>> open(Keys keys = {}) {
    keys.emplace("place", "apu2-3");
    keys.emplace("client", (lab.path() / "labgrid-client").string());
    const DeviceEntry entry{.driver = "labgrid", .keys = keys, .place = {lab.path() / "bench.yaml", 4, 1}};
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/power",
                        .line = std::nullopt,
                        .tell = {}};
    return open_labgrid(entry, "power", context);
  }

  TemporaryFolder lab;
  SteadyClock clock;
  SharedParts parts;
};

TEST_F(LabgridTest, HoldsThePlaceWhileItSwitchesIt) {
  {
    const auto place = open({{"coordinator", "lab:20408"}});
    ASSERT_TRUE(place) << place.error().text();
    EXPECT_EQ(says("taken-by"), "lab/coldboot\n");
    ASSERT_TRUE((*place)->set(1, Contact::closed, soon()));
    EXPECT_EQ(says("power"), "on\n");
    EXPECT_EQ((*place)->read(1, soon()).value(), Contact::closed);
    ASSERT_TRUE((*place)->set(1, Contact::open, soon()));
    EXPECT_EQ((*place)->read(1, soon()).value(), Contact::open);
  }
  EXPECT_FALSE(fs::exists(lab.path() / "taken-by"));
  EXPECT_THAT(says("calls"), HasSubstr("-x lab:20408 -p apu2-3 power on\n"));
}

TEST_F(LabgridTest, IsBusyWhenSomebodyElseHasThePlace) {
  put("taken-by", "rack/anna");
  const auto busy = open();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().cause(), Cause::busy);
  EXPECT_EQ(busy.error().where(), "bench/power");
  EXPECT_THAT(busy.error().text(), HasSubstr("rack/anna"));
  EXPECT_EQ(says("taken-by"), "rack/anna") << "and they still have it";
}

TEST_F(LabgridTest, NeitherTakesNorReleasesAPlaceThatIsHeldForUs) {
  put("taken-by", "lab/coldboot");
  {
    const auto place = open({{"hold", "false"}});
    ASSERT_TRUE(place);
    ASSERT_TRUE((*place)->set(1, Contact::closed, soon()));
  }
  EXPECT_EQ(says("taken-by"), "lab/coldboot");
  EXPECT_THAT(says("calls"), Not(HasSubstr("release")));
}

TEST_F(LabgridTest, IsRefusedWhenThePlaceWasTakenAway) {
  const auto place = open();
  ASSERT_TRUE(place);
  put("taken-by", "rack/anna");
  const auto refused = (*place)->set(1, Contact::closed, soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_FALSE(fs::exists(lab.path() / "power"));
}

struct LabTrouble {
  const char* name;
  Cause cause;
};

class LabgridTroubles : public LabgridTest, public testing::WithParamInterface<LabTrouble> {};

TEST_P(LabgridTroubles, SayWhatIsToBlame) {
  const bool ends = GetParam().cause != Cause::timeout;
  const auto place = open({{"limit", ends ? "30 s" : "20 ms"}, {"hold", "false"}});
  ASSERT_TRUE(place);
  put("taken-by", "lab/coldboot");
  put("trouble", GetParam().name);
  for (const Fault& fault : {(*place)->set(1, Contact::closed, soon()).error(), (*place)->read(1, soon()).error()}) {
    EXPECT_EQ(fault.cause(), GetParam().cause) << fault.text();
    EXPECT_EQ(fault.where(), "bench/power");
  }
}

INSTANTIATE_TEST_SUITE_P(Are, LabgridTroubles,
                         testing::Values(LabTrouble{"down", Cause::lost}, LabTrouble{"traceback", Cause::io},
                                         LabTrouble{"no-power", Cause::refused}, LabTrouble{"hangs", Cause::timeout}));

TEST_F(LabgridTest, HasOnePower) {
  const auto place = open();
  ASSERT_TRUE(place);
  EXPECT_EQ((*place)->set(2, Contact::closed, soon()).error().cause(), Cause::refused);
}

TEST_F(LabgridTest, SaysWhenThereIsNoClient) {
  EXPECT_EQ(open({{"client", "no-such-labgrid-client"}}).error().cause(), Cause::missing);
}

TEST(LabgridPower, IsReadFromTheLineThatNamesThePlace) {
  EXPECT_EQ(read_labgrid_power("WARNING: old\npower for place apu2-3 is on\n", "apu2-3").value(), Contact::closed);
  EXPECT_EQ(read_labgrid_power("power for place apu2-3 is off", "apu2-3").value(), Contact::open);
  for (const char* output : {"", "power for place apu2-33 is on", "power for place apu2-3 is ", "is on",
                             "power for place apu2-3 is unknown"})
    EXPECT_EQ(read_labgrid_power(output, "apu2-3").error().cause(), Cause::protocol) << output;
}

}  // namespace
}  // namespace coldboot
