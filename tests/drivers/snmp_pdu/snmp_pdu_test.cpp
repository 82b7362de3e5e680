#include <arpa/inet.h>
#include <netinet/in.h>
#include <stop_token>
#include <sys/socket.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/snmp_pdu/snmp_pdu_driver.hpp"
#include "drivers/snmp_pdu/snmp_session.hpp"
#include "harness/io/descriptor.hpp"
#include "tests/drivers/snmp_pdu/pdu_agent.hpp"
#include "tests/leaping_clock.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Keys = std::map<std::string, std::string>;

const std::string apc = ".1.3.6.1.4.1.318";
const std::string masterswitch = apc + ".1.1.4.4.2.1.3.";
const std::string rpdu2_command = apc + ".1.1.26.9.2.4.1.5.";
const std::string rpdu2_state = apc + ".1.1.26.9.2.3.1.5.";
const std::string raritan = ".1.3.6.1.4.1.13742";
const std::string px_command = raritan + ".6.4.1.2.1.2.1.";
const std::string px_state = raritan + ".6.4.1.2.1.3.1.";

class SnmpPdu : public testing::Test {
 protected:
  void SetUp() override {
    if (!PduAgent::is_installed()) GTEST_SKIP() << "snmpd is not installed";
  }

  [[nodiscard]] Until soon() const { return Until(clock.now() + 60s); }

  Result<std::unique_ptr<Relay>> try_open(const Keys& keys) {
    const DeviceEntry entry{.driver = "snmp-pdu", .keys = keys, .place = {folder.path() / "bench.yaml", 4, 1}};
    OpenContext context{.clock = clock,
                        .virtual_clock = nullptr,
                        .parts = parts,
                        .bench = "bench",
                        .where = "bench/power",
                        .line = std::nullopt,
                        .tell = {}};
    return open_snmp_pdu(entry, "power", context);
  }

  std::unique_ptr<Relay> open(const Keys& keys) {
    auto relay = try_open(keys);
    if (relay) return std::move(*relay);
    ADD_FAILURE() << relay.error().text();
    return nullptr;
  }

  TemporaryFolder folder;
  LeapingClock clock;
  SharedParts parts;
};

TEST_F(SnmpPdu, SwitchesAnApcWithEitherVersion) {
  PduAgent agent(apc);
  for (const char* version : {"v1", "v2c"}) {
    for (const int channel : {1, 2}) agent.put(masterswitch + std::to_string(channel), 2);
    const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}, {"version", version}});
    EXPECT_EQ(relay->read(2, soon()).value(), Contact::open);
    const auto closed = relay->set(2, Contact::closed, soon());
    ASSERT_TRUE(closed) << closed.error().text();
    EXPECT_EQ(agent.value(masterswitch + "2"), 1);
    EXPECT_EQ(agent.value(masterswitch + "1"), 2);
    EXPECT_EQ(relay->read(2, soon()).value(), Contact::closed);
    ASSERT_TRUE(relay->set(2, Contact::open, soon()));
    EXPECT_EQ(agent.value(masterswitch + "2"), 2);
    EXPECT_EQ(relay->read(2, soon()).value(), Contact::open);
  }
}

TEST_F(SnmpPdu, ReadsWhereAnApcOfTheSecondGenerationShowsItsState) {
  PduAgent agent(apc);
  agent.put(rpdu2_command + "3", 2);
  agent.put(rpdu2_state + "3", 1);
  agent.link(rpdu2_command + "3", rpdu2_state + "3", "1=2 2=1");
  const auto relay = open({{"host", agent.host()}, {"model", "apc-rpdu2"}});
  EXPECT_EQ(relay->read(3, soon()).value(), Contact::open);
  ASSERT_TRUE(relay->set(3, Contact::closed, soon()));
  EXPECT_EQ(agent.value(rpdu2_state + "3"), 2);
  EXPECT_EQ(relay->read(3, soon()).value(), Contact::closed);
}

TEST_F(SnmpPdu, SwitchesARaritan) {
  PduAgent agent(raritan);
  agent.put(px_command + "5", 0);
  agent.put(px_state + "5", 8);
  agent.link(px_command + "5", px_state + "5", "1=7 0=8");
  const auto relay = open({{"host", agent.host()}, {"model", "raritan"}});
  ASSERT_TRUE(relay->set(5, Contact::closed, soon()));
  EXPECT_EQ(agent.value(px_state + "5"), 7);
  EXPECT_EQ(relay->read(5, soon()).value(), Contact::closed);
  ASSERT_TRUE(relay->set(5, Contact::open, soon()));
  EXPECT_EQ(relay->read(5, soon()).value(), Contact::open);
}

TEST_F(SnmpPdu, ReturnsWhenTheOutletShowsItsNewState) {
  PduAgent agent(apc);
  agent.put(masterswitch + "1", 2);
  agent.show_late(masterswitch + "1", 7);
  const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}});
  ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
}

TEST_F(SnmpPdu, LeavesItToReadingBackToFindAnOutletThatDoesNotMove) {
  PduAgent agent(apc);
  agent.put(masterswitch + "1", 2);
  agent.turn_deaf();
  const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}});
  EXPECT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
}

TEST_F(SnmpPdu, IsSwitchedByObjectsOfOnesOwn) {
  PduAgent agent(raritan);
  agent.put(px_state + "1", 4);
  const auto relay = open({{"host", agent.host()},
                           {"model", "other"},
                           {"command", px_state + "{channel}"},
                           {"closed-value", "3"},
                           {"open-value", "4"},
                           {"state", px_state + "{channel}"},
                           {"closed-state", "3"},
                           {"open-state", "4"}});
  ASSERT_TRUE(relay->set(1, Contact::closed, soon()));
  EXPECT_EQ(agent.value(px_state + "1"), 3);
  EXPECT_EQ(relay->read(1, soon()).value(), Contact::closed);
}

TEST_F(SnmpPdu, IsRefusedAnOutletThatIsNotThere) {
  PduAgent agent(apc);
  for (const char* version : {"v1", "v2c"}) {
    const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}, {"version", version}});
    EXPECT_EQ(relay->read(9, soon()).error().cause(), Cause::refused) << version;
    const auto refused = relay->set(9, Contact::closed, soon());
    ASSERT_FALSE(refused) << version;
    EXPECT_EQ(refused.error().cause(), Cause::refused);
    EXPECT_EQ(refused.error().where(), "bench/power");
  }
}

TEST_F(SnmpPdu, IsRefusedByAPduOfAnotherMaker) {
  const PduAgent agent(raritan);
  for (const char* version : {"v1", "v2c"}) {
    const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}, {"version", version}});
    EXPECT_EQ(relay->read(1, soon()).error().cause(), Cause::refused);
    EXPECT_EQ(relay->set(1, Contact::closed, soon()).error().cause(), Cause::refused);
  }
}

TEST_F(SnmpPdu, IsRefusedAChangeByACommunityThatMayOnlyRead) {
  PduAgent agent(apc);
  agent.put(masterswitch + "1", 2);
  (void)folder.write("community", "public\n");
  for (const char* version : {"v1", "v2c"}) {
    const auto relay = open(
        {{"host", agent.host()}, {"model", "apc-masterswitch"}, {"version", version}, {"community", "file:community"}});
    EXPECT_EQ(relay->read(1, soon()).value(), Contact::open);
    const auto refused = relay->set(1, Contact::closed, soon());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause(), Cause::refused);
    EXPECT_THAT(refused.error().hint(), HasSubstr("may this community write"));
    EXPECT_EQ(agent.value(masterswitch + "1"), 2);
  }
}

TEST_F(SnmpPdu, HearsNothingWithAWrongCommunity) {
  PduAgent agent(apc);
  agent.put(masterswitch + "1", 2);
  (void)folder.write("community", "hunter2\n");
  const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}, {"community", "file:community"}});
  const auto silence = relay->set(1, Contact::closed, Until(std::chrono::steady_clock::now() + 50ms));
  ASSERT_FALSE(silence);
  EXPECT_EQ(silence.error().cause(), Cause::timeout);
  EXPECT_THAT(silence.error().text(), HasSubstr("community"));
  EXPECT_THAT(silence.error().text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(agent.value(masterswitch + "1"), 2);
}

TEST_F(SnmpPdu, DoesNotTakeATextOrAnUnknownStateForAnAnswer) {
  PduAgent agent(apc);
  agent.put_text(masterswitch + "1", "on");
  agent.put(masterswitch + "2", 3);
  const auto relay = open({{"host", agent.host()}, {"model", "apc-masterswitch"}});
  EXPECT_EQ(relay->read(1, soon()).error().cause(), Cause::protocol);
  const auto unknown = relay->read(2, soon());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().cause(), Cause::protocol);
  EXPECT_THAT(unknown.error().what(), HasSubstr("state 3"));
}

/// A UDP socket that nobody reads.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Descriptor socket_;
  int port_ = 0;
};

TEST(SnmpSession, StopsWhenAskedToAndGoesOnAfterwards) {
  const SilentPort silent;
  auto session = SnmpSession::open({.host = silent.host(), .community = "private"}, "bench/power");
  ASSERT_TRUE(session);
  std::stop_source stop;
  std::jthread asker([&] { stop.request_stop(); });
  const auto stopped = session->get({1, 3, 6}, Until(Instant::max(), stop.get_token()));
  EXPECT_EQ(stopped.error().cause(), Cause::stopped);
  const auto late = session->get({1, 3, 6}, Until(std::chrono::steady_clock::now() + 10ms));
  EXPECT_EQ(late.error().cause(), Cause::timeout);
  EXPECT_EQ(late.error().where(), "bench/power");
}

TEST(SnmpSession, SaysWhenThereIsNoSuchHost) {
  const auto missing = SnmpSession::open({.host = "no-such-pdu.invalid", .community = "private"}, "bench/power");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
}

TEST_F(SnmpPdu, IsNotOpenedWithKeysThatDoNotFitTogether) {
  EXPECT_EQ(try_open({{"host", "127.0.0.1"}, {"model", "other"}}).error().cause(), Cause::mistake);
  EXPECT_EQ(try_open({{"host", "127.0.0.1"}, {"model", "apc-rpdu"}, {"open-value", "1"}}).error().cause(),
            Cause::mistake);
  EXPECT_EQ(try_open({{"host", "127.0.0.1"}, {"model", "apc-rpdu"}, {"open-state", "1"}}).error().cause(),
            Cause::mistake);
  EXPECT_EQ(try_open({{"host", "127.0.0.1"}, {"model", "apc-rpdu"}, {"command", ".1.3.6.1"}}).error().cause(),
            Cause::mistake);
  EXPECT_EQ(try_open({{"host", "127.0.0.1"}, {"model", "apc-rpdu"}, {"community", "private"}}).error().cause(),
            Cause::mistake);
}

}  // namespace
}  // namespace coldboot
