#include "harness/io/connect.hpp"

#include <sys/un.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/io/listener.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(TcpAddress, IsReadAsWritten) {
  const auto named = parse_tcp_address("rte-3.lab:13541");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host, "rte-3.lab");
  EXPECT_EQ(named->port, 13541);
  EXPECT_EQ(parse_tcp_address("[::1]:7107")->host, "::1");
  EXPECT_EQ(parse_tcp_address("[::1]:7107")->text(), "[::1]:7107");
  EXPECT_EQ(parse_tcp_address("7107")->text(), "127.0.0.1:7107");
  for (const char* wrong : {"", "rte", "rte:", "rte:0", "rte:65536", "::1:7107", "rte:12x", "a b:1", "[::1:7107"}) {
    EXPECT_EQ(parse_tcp_address(wrong).error().cause(), Cause::mistake) << wrong;
  }
}

TEST(ConnectTcp, ReachesAHostByNumberAndByName) {
  const Listener server;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto line = connect_tcp({host, server.port()}, "bench/com1", soon());
    ASSERT_TRUE(line) << line.error().text();
    const Descriptor client = server.accept();
    say(client, "login: ");
    ASSERT_TRUE(wait_until_readable(line->get(), "bench/com1", soon()));
    EXPECT_EQ(hear(*line, 7), "login: ");
  }
}

TEST(ConnectTcp, SaysWhoRefusedAndWhoDoesNotExist) {
  Listener server;
  const int port = server.port();
  server.close();
  const Fault refused = connect_tcp({"127.0.0.1", port}, "bench/com1", soon()).error();
  EXPECT_EQ(refused.cause(), Cause::refused);
  EXPECT_EQ(refused.where(), "bench/com1");
  EXPECT_THAT(refused.what(), HasSubstr(std::to_string(port)));
  // The name service of this machine may be slow or absent; the time for it is over soon either way.
  const auto nobody =
      connect_tcp({"no-such-host.invalid", 1}, "bench/com1", Until(std::chrono::steady_clock::now() + 1s));
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().what(), HasSubstr("no-such-host.invalid"));
}

TEST(ConnectTcp, EndsAtItsDeadlineAndOnAStop) {
  const Listener server;
  const auto line = connect_tcp({"127.0.0.1", server.port()}, "bench/com1", soon());
  ASSERT_TRUE(line);
  EXPECT_EQ(wait_until_readable(line->get(), "bench/com1", Until(std::chrono::steady_clock::now())).error().cause(),
            Cause::timeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(wait_until_readable(line->get(), "bench/com1", Until(Instant::max(), stop.get_token())).error().cause(),
            Cause::stopped);
  EXPECT_EQ(
      connect_tcp({"localhost", server.port()}, "bench/com1", Until(Instant::max(), stop.get_token())).error().cause(),
      Cause::stopped);
}

TEST(ConnectUnix, SaysWhatStandsAtThePath) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "console";
  EXPECT_EQ(connect_unix(path, "bench/com1").error().cause(), Cause::missing);
  put_text(path, "");
  EXPECT_EQ(connect_unix(path, "bench/com1").error().cause(), Cause::mistake);
  std::filesystem::remove(path);
  EXPECT_EQ(connect_unix(std::string(200, 'x'), "bench/com1").error().cause(), Cause::mistake);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  Descriptor server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  EXPECT_TRUE(connect_unix(path, "bench/com1"));
  server.close();
  EXPECT_EQ(connect_unix(path, "bench/com1").error().cause(), Cause::refused);
}

}  // namespace
}  // namespace coldboot
