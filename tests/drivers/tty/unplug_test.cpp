#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/io/child.hpp"
#include "harness/io/connect.hpp"
#include "tests/io/listener.hpp"
#include "tests/lab/lab.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// The program itself, which sees the lab's adapters as it would see real ones.
class ProgramOnAnAdapter : public testing::Test {
 protected:
  void SetUp() override {
    put_text(folder.path() / "bench.yaml",
             "coldboot: bench/1\n"
             "name: unplugged-" +
                 std::to_string(::getpid()) +
                 "\n"
                 "power: {driver: replay, off-min: 0 s}\n"
                 "consoles:\n"
                 "  com1: {driver: tty, id: \"usb:0403:6001:A50285BI\", line: 115200n8, "
                 "tee: \"127.0.0.1:" +
                 std::to_string(tee_port) + "\"}\n");
    put_text(folder.path() / "apu.yaml",
             "coldboot: profile/1\n"
             "name: apu\n"
             "markers:\n  banner: {match: 'PC Engines apu2'}\n  menu: {match: '8\\) Shell'}\n"
             "spans:\n  boot: {from: banner, to: menu}\n");
    put_text(folder.path() / "boot.yaml",
             "coldboot: scenario/1\n"
             "name: boot\n"
             "configurations:\n  apu: {profile: apu}\n"
             "steps:\n"
             "  - power-cycle: {}\n"
             "  - expect: {marker: menu, within: 60 s}\n"
             "  - power-off: {how: cut}\n");
    program.emplace(
        *Child::start({COLDBOOT_BINARY, "run", (folder.path() / "boot.yaml").string(), "--bench",
                       (folder.path() / "bench.yaml").string(), "--out", (folder.path() / "runs").string()}));
  }

  /// A file of the only boot.
  [[nodiscard]] std::string of_the_boot(const std::string& name) const {
    std::error_code none;
    for (fs::recursive_directory_iterator entry(folder.path() / "runs", none), end; !none && entry != end;
         entry.increment(none)) {
      if (entry->path().filename() == name && entry->path().parent_path().filename() == "001-apu") {
        return text_of(entry->path());
      }
    }
    return "";
  }
  void wait_until(const std::function<bool()>& ready, const char* what) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!ready()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what << "\n" << of_the_boot("events.jsonl");
      ::poll(nullptr, 0, 5);
    }
  }
  void wait_for_events(const std::string& text, int times) const {
    wait_until(
        [&] {
          const std::string events = of_the_boot("events.jsonl");
          int found = 0;
          for (auto at = events.find(text); at != std::string::npos; at = events.find(text, at + 1)) ++found;
          return found >= times;
        },
        text.c_str());
  }
  static void say(int dut, std::string_view bytes) {
    ASSERT_EQ(::write(dut, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  Lab lab;
  Lab::SerialAdapter adapter{.serial = "A50285BI", .port = "1-1"};
  int dut = lab.plug(adapter);
  int tee_port = Listener().port();
  TemporaryFolder folder;
  std::optional<Child> program;
};

TEST_F(ProgramOnAnAdapter, ShowsItsConsoleToWhoeverWatches) {
  wait_for_events("\"wanted\":\"on\"", 1);
  const auto watcher = connect_tcp({"127.0.0.1", tee_port}, "test", Until(std::chrono::steady_clock::now() + 30s));
  ASSERT_TRUE(watcher) << watcher.error().text();
  pollfd waiting{watcher->get(), POLLIN, 0};
  while (::poll(&waiting, 1, 1) == 0) say(dut, ".");
  say(dut, "PC Engines apu2\r\n8) Shell\r\n");
  std::string seen;
  while (!seen.ends_with("8) Shell\r\n")) {
    const std::string more = hear(*watcher, 1);
    ASSERT_FALSE(more.empty());
    seen += more;
  }
  wait_until([&] { return program->has_ended(); }, "the end");
  EXPECT_EQ(program->reap(), 0);
  EXPECT_THAT(of_the_boot("console-com1.raw"), EndsWith(seen));
}

TEST_F(ProgramOnAnAdapter, WaitsForOneThatIsUnpluggedInTheMiddleOfABootAndRecordsOn) {
  wait_for_events("\"wanted\":\"on\"", 1);
  say(dut, "PC Engines apu2\r\n");
  wait_until([&] { return of_the_boot("console-com1.raw") == "PC Engines apu2\r\n"; }, "the first bytes");
  lab.unplug(adapter);
  wait_for_events("\"console-lost\"", 1);
  adapter.tty = Lab::own_tty(7);
  dut = lab.plug(adapter);
  wait_for_events("\"console-opened\"", 2);
  say(dut, "8) Shell\r\n");

  wait_until([&] { return program->has_ended(); }, "the end");
  EXPECT_EQ(program->reap(), 3) << "an error of the bench, and no failure of the DUT";
  EXPECT_EQ(of_the_boot("console-com1.raw"), "PC Engines apu2\r\n8) Shell\r\n");
  EXPECT_THAT(of_the_boot("events.jsonl"), HasSubstr("latency timer 1 ms"));
  EXPECT_EQ(lab.latency_timer(adapter), 16) << "as it was";
}

}  // namespace
}  // namespace coldboot
