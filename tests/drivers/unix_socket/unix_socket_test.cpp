#include <sys/un.h>

#include <gtest/gtest.h>

#include "drivers/unix_socket/unix_socket_driver.hpp"
#include "tests/drivers/console_rig.hpp"
#include "tests/io/listener.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

/// What QEMU makes of `-serial unix:PATH,server`.
class SocketServer {
 public:
  explicit SocketServer(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
  }
  [[nodiscard]] Descriptor accept() const {
    return Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  Descriptor socket_;
};

TEST(UnixSocketConsole, GoesOnWhenItsMakerIsStartedAgain) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "com1";
  std::unique_ptr<ByteStream> console;
  ConsoleRig rig;
  auto server = std::make_unique<SocketServer>(path);
  auto opened = rig.open(&open_unix_socket, {{"path", path.string()}});
  ASSERT_TRUE(opened) << opened.error().text();
  console = std::move(*opened);
  Descriptor dut = server->accept();
  rig.record(*console);
  say(dut, "before ");
  ASSERT_TRUE(console->write("typed", soon()));
  EXPECT_EQ(hear(dut, 5), "typed");
  EXPECT_EQ(rig.recorded("before "), "before ");

  dut.close();
  server.reset();
  ASSERT_TRUE(rig.wait_for<ConsoleLost>());
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::refused);
  std::filesystem::remove(path);
  EXPECT_EQ(console->reopen(soon()).error().cause(), Cause::missing);
  server = std::make_unique<SocketServer>(path);
  ASSERT_TRUE(console->reopen(soon()));
  dut = server->accept();
  ASSERT_TRUE(rig.capture().resume("com1"));
  say(dut, "after");
  EXPECT_EQ(rig.recorded("after"), "before after");
  rig.stop_recording();
}

}  // namespace
}  // namespace coldboot
