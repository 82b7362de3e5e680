#include "drivers/pdudaemon/pdudaemon.hpp"

#include <gtest/gtest.h>

#include "tests/drivers/pdudaemon/pdudaemon_emulator.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

Until pdudaemon_patience() {
  return Until(std::chrono::steady_clock::now() + 30s);
}

WebOutlet pdu_at(const OutletServer& server, const std::string& pdu) {
  return {WebDevice::open({.url = server.url()}, HttpLogin::Scheme::basic, {}, "bench/power").value(),
          pdudaemon_language(pdu)};
}

TEST(Pdudaemon, IsAskedForAPortOfAPdu) {
  EXPECT_EQ(pdudaemon_path("pdu 3", 5, Contact::closed), "/power/control/on?hostname=pdu%203&port=5");
  EXPECT_EQ(pdudaemon_path("pdu-3", 1, Contact::open), "/power/control/off?hostname=pdu-3&port=1");
}

TEST(Pdudaemon, SwitchesAndCannotBeRead) {
  OutletServer server(pdudaemon_dialect("pdu-3"));
  WebOutlet relay = pdu_at(server, "pdu-3");
  ASSERT_TRUE(relay.set(2, Contact::closed, pdudaemon_patience()));
  EXPECT_TRUE(server.is_closed(2));
  EXPECT_EQ(relay.read(2, pdudaemon_patience()).value(), std::nullopt);
  ASSERT_TRUE(relay.set(2, Contact::open, pdudaemon_patience()));
  EXPECT_FALSE(server.is_closed(2));
}

TEST(Pdudaemon, SaysThatItDoesNotKnowAPdu) {
  OutletServer server(pdudaemon_dialect("pdu-3"));
  EXPECT_EQ(pdu_at(server, "pdu-4").set(1, Contact::closed, pdudaemon_patience()).error().cause(), Cause::io);
}

}  // namespace
}  // namespace coldboot
