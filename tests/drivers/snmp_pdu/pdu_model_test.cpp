#include "drivers/snmp_pdu/pdu_model.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(ObjectId, IsNumbersWithDots) {
  EXPECT_EQ(parse_object_id(".1.3.6.1.4").value(), (ObjectId{1, 3, 6, 1, 4}));
  EXPECT_EQ(parse_object_id("1.3.4294967295").value(), (ObjectId{1, 3, 4294967295U}));
  for (const char* text : {"", ".", "1", ".1.", ".1..3", "1.3.x", ".1.3 ", "-1.3", ".1.4294967296", "sysDescr.0"})
    EXPECT_EQ(parse_object_id(text).error().cause(), Cause::mistake) << text;
  std::string endless = ".1";
  for (int i = 0; i < 128; ++i) endless += ".1";
  EXPECT_FALSE(parse_object_id(endless));
}

TEST(PduModel, HasItsChannelInItsObjects) {
  const PduModel model{.close = ".1.3.{channel}.1", .open = ".1.4.{channel}", .state = ".1.5.{channel}"};
  EXPECT_EQ(model.object_for(7, Contact::closed).value(), (ObjectId{1, 3, 7, 1}));
  EXPECT_EQ(model.object_for(7, Contact::open).value(), (ObjectId{1, 4, 7}));
  EXPECT_EQ(model.state_object(24).value(), (ObjectId{1, 5, 24}));
}

TEST(PduModel, KnowsOnlyItsOwnStates) {
  const PduModel model{.closed_states = {3, 5}, .open_states = {4}};
  EXPECT_EQ(model.contact_of(5), Contact::closed);
  EXPECT_EQ(model.contact_of(4), Contact::open);
  EXPECT_EQ(model.contact_of(1), std::nullopt);
}

TEST(PduModels, CanEachBeClosedOpenedAndRead) {
  EXPECT_FALSE(pdu_models().empty());
  for (const PduModel& model : pdu_models()) {
    const auto close = model.object_for(3, Contact::closed);
    const auto open = model.object_for(3, Contact::open);
    ASSERT_TRUE(close && open && model.state_object(3)) << model.name;
    EXPECT_TRUE(*close != *open || model.close_value != model.open_value) << model.name;
    EXPECT_NE(*close, *model.object_for(4, Contact::closed)) << model.name;
    for (const long state : model.closed_states)
      EXPECT_EQ(std::ranges::count(model.open_states, state), 0) << model.name;
  }
}

}  // namespace
}  // namespace coldboot
