#include "harness/io/network_namespace.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include "tests/carrier.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class NetworkNamespaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto created = NetworkNamespace::create("bench/lan");
    if (!created) GTEST_SKIP() << created.error().text();
    network = std::move(*created);
  }

  std::unique_ptr<NetworkNamespace> network;
};

bool bind_to(const Descriptor& socket, const char* address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &name.sin_addr);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

TEST_F(NetworkNamespaceTest, HoldsWhatIpPutsThereAndTheHostDoesNot) {
  const auto configured =
      network->ip("link add lan type veth peer name far\naddr add 192.0.2.7/24 dev lan\nlink set lan up\n", soon());
  ASSERT_TRUE(configured) << configured.error().text();
  const auto inside = network->socket(AF_INET, SOCK_DGRAM, 0);
  ASSERT_TRUE(inside) << inside.error().text();
  EXPECT_TRUE(bind_to(*inside, "192.0.2.7", 5000));
  const Descriptor outside(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(bind_to(outside, "192.0.2.7", 5000)) << "the host does not have this address";
}

TEST_F(NetworkNamespaceTest, SaysWhatIpSaid) {
  const auto configured = network->ip("link set nothing up\n", soon());
  ASSERT_FALSE(configured);
  EXPECT_EQ(configured.error().cause(), Cause::io);
  EXPECT_EQ(configured.error().where(), "bench/lan");
  EXPECT_THAT(configured.error().what(), HasSubstr("nothing"));
}

TEST_F(NetworkNamespaceTest, HasATapWithACarrierWhileItIsOpen) {
  auto tap = network->tap("lan");
  if (!tap && tap.error().cause() != Cause::io) GTEST_SKIP() << tap.error().text();
  ASSERT_TRUE(tap) << tap.error().text();
  ASSERT_TRUE(network->ip("link set lan up\n", soon()));
  EXPECT_TRUE(comes_to_carrier(*network, "lan", true));
  tap->close();
  EXPECT_TRUE(comes_to_carrier(*network, "lan", false));
  ASSERT_TRUE(network->tap("lan")) << "and it can be opened again";
}

TEST_F(NetworkNamespaceTest, FailsToOpenWhatTheSystemRefuses) {
  const auto none = network->socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().cause(), Cause::io);
  EXPECT_TRUE(network->socket(AF_INET, SOCK_DGRAM, 0)) << "and goes on";
}

TEST_F(NetworkNamespaceTest, SaysThatItIsGoneWhenItsProcessWasKilled) {
  const pid_t process = std::stoi(network->enter().at(2));
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  const auto socket = network->socket(AF_INET, SOCK_DGRAM, 0);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().cause(), Cause::lost);
}

TEST_F(NetworkNamespaceTest, GoesWithItsProcess) {
  const pid_t process = std::stoi(network->enter().at(2));
  network.reset();
  EXPECT_EQ(::kill(process, 0), -1);
}

}  // namespace
}  // namespace coldboot
