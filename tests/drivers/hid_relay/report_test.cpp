#include "drivers/hid_relay/report.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(HidRelayReport, SwitchesOneChannelByItsNumber) {
  EXPECT_THAT(hid_relay_command(1, Contact::closed), ElementsAre(0xff, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(hid_relay_command(8, Contact::open), ElementsAre(0xfd, 8, 0, 0, 0, 0, 0, 0));
}

TEST(HidRelayReport, NamesTheBoardAndItsContacts) {
  const auto report = parse_hid_relay_report(Bytes{'B', 'M', 'G', 'X', 'J', 0, 0xee, 0x82});
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->id, "BMGXJ");
  EXPECT_EQ(report->contact(1), Contact::open);
  EXPECT_EQ(report->contact(2), Contact::closed);
  EXPECT_EQ(report->contact(8), Contact::closed);
}

TEST(HidRelayReport, IsRefusedWhereNoBoardWouldSendIt) {
  for (const Bytes& bytes : {Bytes{}, Bytes{'B', 'M', 'G', 'X', 'J', 0, 0}, Bytes(8, 0xff), Bytes(8, 0),
                             Bytes{'B', 'M', 'G', 'X', ' ', 0, 0, 1}, Bytes{'B', 'M', 'G', 'X', 'J', 'K', 0, 1},
                             Bytes{0, 'B', 'M', 'G', 'X', 'J', 0, 0, 1}}) {
    const auto report = parse_hid_relay_report(bytes);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().cause(), Cause::protocol);
    EXPECT_THAT(report.error().what(), HasSubstr("expected 8 bytes"));
  }
}

TEST(HidRelayReport, ChannelsStandInTheProductName) {
  EXPECT_EQ(hid_relay_channels("USBRelay1"), 1);
  EXPECT_EQ(hid_relay_channels("USBRelay8"), 8);
  for (const char* other :
       {"", "USBRelay", "USBRelay0", "USBRelay9", "USBRelay16", "USBasp", "usbrelay2", "USBRelay2 "})
    EXPECT_EQ(hid_relay_channels(other), std::nullopt) << other;
}

}  // namespace
}  // namespace coldboot
