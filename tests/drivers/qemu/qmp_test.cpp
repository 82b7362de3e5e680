#include "drivers/qemu/qmp.hpp"

#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/soon.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using Kind = QmpReader::Message::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* greeting = R"({"QMP": {"version": {}, "capabilities": ["oob"]}})"
                                 "\r\n";

TEST(QmpReader, TakesMessagesInPiecesOfAnySize) {
  const std::string text = std::string(greeting) +
                           R"({"timestamp": {}, "event": "RESET", "data": {"reason": "guest-reset"}})" +
                           "\n{\"return\": {}}\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    QmpReader reader;
    std::vector<Kind> kinds;
    std::string reason;
    for (std::size_t at = 0; at < text.size(); at += size) {
      const auto messages = reader.feed(std::string_view(text).substr(at, size));
      ASSERT_TRUE(messages) << messages.error().text();
      for (const auto& message : *messages) {
        kinds.push_back(message.kind);
        if (message.kind == Kind::event) reason = message.event.name + " " + message.event.reason;
      }
    }
    EXPECT_THAT(kinds, ElementsAre(Kind::greeting, Kind::event, Kind::answer)) << size;
    EXPECT_EQ(reason, "RESET guest-reset");
  }
}

TEST(QmpReader, RefusesWhatIsNoQmp) {
  EXPECT_EQ(QmpReader().feed("hello\n").error().cause(), Cause::protocol);
  EXPECT_EQ(QmpReader().feed("[1]\n").error().cause(), Cause::protocol);
  EXPECT_EQ(QmpReader().feed(std::string(2'000'000, 'x')).error().cause(), Cause::protocol);
}

/// The far end of a control connection, played by hand.
struct Peer {
  Peer() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    theirs = Descriptor(ends[0]);
    qmp.emplace(Descriptor(ends[1]), "bench", [this](const QmpEvent& event) { events.push_back(event.name); });
  }
  void say(std::string_view text) const {
    EXPECT_EQ(::write(theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  /// Answers the next command, from a thread of its own.
  [[nodiscard]] std::jthread answers(std::string text) const {
    return std::jthread([this, text = std::move(text)] {
      pollfd waiting{theirs.get(), POLLIN, 0};
      ::poll(&waiting, 1, 10'000);
      std::array<char, 256> command{};
      EXPECT_GT(::read(theirs.get(), command.data(), command.size()), 0);
      say(text);
    });
  }
  Descriptor theirs;
  std::vector<std::string> events;
  std::optional<Qmp> qmp;
};

TEST(Qmp, GreetsAndRunsCommandsWhileEventsComeBetween) {
  Peer peer;
  peer.say(greeting);
  {
    const auto answer = peer.answers("{\"return\": {}}\n");
    ASSERT_TRUE(peer.qmp->greet(soon()));
  }
  {
    const auto answer = peer.answers("{\"event\": \"RESUME\"}\n{\"return\": {}}\n");
    EXPECT_TRUE(peer.qmp->execute("cont", soon()));
  }
  EXPECT_THAT(peer.events, ElementsAre("RESUME"));
  peer.say("{\"event\": \"SHUTDOWN\"}\n");
  EXPECT_TRUE(peer.qmp->take());
  EXPECT_THAT(peer.events, ElementsAre("RESUME", "SHUTDOWN"));
}

TEST(Qmp, PassesOnWhyACommandWasRefused) {
  Peer peer;
  peer.say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\n");
  const auto refused = peer.qmp->execute("cont", soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().what(), HasSubstr("no such thing"));
}

TEST(Qmp, SaysWhetherQemuIsGoneOrSilent) {
  Peer peer;
  EXPECT_EQ(peer.qmp->execute("cont", Until(std::chrono::steady_clock::now())).error().cause(), Cause::timeout);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(peer.qmp->execute("cont", Until(Instant::max(), stop.get_token())).error().cause(), Cause::stopped);
  peer.theirs.close();
  EXPECT_EQ(peer.qmp->take().error().cause(), Cause::lost);
  EXPECT_EQ(peer.qmp->execute("cont", soon()).error().cause(), Cause::lost);
}

}  // namespace
}  // namespace coldboot
