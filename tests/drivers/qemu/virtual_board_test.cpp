#include "drivers/qemu/virtual_board.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/flashrom/flashrom.hpp"
#include "drivers/flashrom/flashrom_here.hpp"
#include "drivers/qemu/qemu_driver.hpp"
#include "harness/io/child_process.hpp"
#include "tests/carrier.hpp"
#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr auto patience = 60s;

/// What the board tells by itself, from its thread.
class Told {
 public:
  void operator()(EventBody event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  template <class Body>
  std::optional<Body> wait_for() {
    std::unique_lock lock(mutex_);
    const auto known = [&] {
      return std::ranges::find_if(events_, [](const EventBody& event) { return std::holds_alternative<Body>(event); });
    };
    changed_.wait_for(lock, patience, [&] { return known() != events_.end(); });
    return known() == events_.end() ? std::nullopt : std::optional(std::get<Body>(*known()));
  }

 private:
  std::mutex mutex_;  // guards events_
  std::condition_variable changed_;
  std::vector<EventBody> events_;
};

/// Processes whose command line holds `text`.
std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    std::string line = text_of(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    if (line.find(text) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

/// A board without flash or card, so that QEMU's own firmware speaks.
class VirtualBoardTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!run_child({"qemu-system-x86_64", "--version"}, soon())) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    auto created = VirtualBoard::create("virtual", [this](EventBody event) { told(std::move(event)); });
    ASSERT_TRUE(created);
    board = *created;
    // A name for this board's process alone.
    machine.more = {"-name", "coldboot-test-" + std::to_string(::getpid())};
    power = board->power_switch(machine);
    auto opened = board->console(std::nullopt);
    ASSERT_TRUE(opened) << opened.error().text();
    console = std::move(*opened);
  }

  [[nodiscard]] std::vector<pid_t> processes() const { return processes_with(machine.more[1] + " "); }

  /// Reads until `text` has come.
  std::string read_until(std::string_view text) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string all;
    while (all.find(text) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
      pollfd waiting{console->descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, 100);
      std::array<char, 4096> buffer{};
      const ssize_t count = ::read(console->descriptor(), buffer.data(), buffer.size());
      if (count > 0) all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  Told told;
  QemuMachine machine{.memory_mib = 64};
  std::shared_ptr<VirtualBoard> board;
  std::unique_ptr<PowerSwitch> power;
  std::unique_ptr<ByteStream> console;
};

TEST_F(VirtualBoardTest, SpeaksWhenItHasPowerAndLeavesNothingWhenItHasNot) {
  for (int cycle = 0; cycle < 3; ++cycle) {
    const auto on = power->set(Power::on, soon());
    ASSERT_TRUE(on) << on.error().text();
    EXPECT_EQ(on->read_back, Power::on);
    EXPECT_LE(on->sent, on->returned);
    EXPECT_THAT(read_until("SeaBIOS"), HasSubstr("SeaBIOS"));
    EXPECT_FALSE(processes().empty());
    const auto off = power->set(Power::off, soon());
    ASSERT_TRUE(off);
    EXPECT_EQ(off->read_back, Power::off);
    EXPECT_TRUE(processes().empty());
  }
}

TEST_F(VirtualBoardTest, TellsWhenQemuDies) {
  ASSERT_TRUE(power->set(Power::on, soon()));
  for (const pid_t process : processes()) ::kill(process, SIGKILL);
  const auto seen = told.wait_for<FaultSeen>();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->fault.cause(), Cause::lost);
  EXPECT_EQ(*power->state(soon()), Power::off);
  EXPECT_TRUE(power->set(Power::off, soon()));
  EXPECT_TRUE(power->set(Power::on, soon())) << "and it can be switched on again";
}

TEST_F(VirtualBoardTest, IsGoneWithItsSwitch) {
  ASSERT_TRUE(power->set(Power::on, soon()));
  power.reset();
  EXPECT_TRUE(processes().empty());
}

TEST_F(VirtualBoardTest, HearsNothingWithoutPower) {
  EXPECT_TRUE(console->write("hello", soon()));
}

TEST_F(VirtualBoardTest, HasOneSerialLine) {
  EXPECT_EQ(board->console(std::nullopt).error().cause(), Cause::refused);
}

TEST_F(VirtualBoardTest, SaysWhyQemuWouldNotStart) {
  machine.program = "qemu-system-none";
  power = board->power_switch(machine);
  const auto missing = power->set(Power::on, soon());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause(), Cause::missing);
  machine.program = "qemu-system-x86_64";
  machine.more = {"-device", "no-such-device"};
  power = board->power_switch(machine);
  const auto wrong = power->set(Power::on, soon());
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), HasSubstr("no-such-device"));
}

TEST_F(VirtualBoardTest, IsSilentWithAnErasedFlashThoughItHasPower) {
  const TemporaryFolder folder;
  const std::string image = folder.write("erased.rom", std::string(8 << 20, '\xff'));
  ASSERT_TRUE((*board->medium(QemuMedium::firmware))->put(image, soon()));
  const auto on = power->set(Power::on, soon());
  ASSERT_TRUE(on) << on.error().text();
  EXPECT_EQ(on->read_back, Power::on);
  pollfd waiting{console->descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 1000), 0) << "no byte in a second";
  EXPECT_EQ(*power->state(soon()), Power::on);
}

TEST_F(VirtualBoardTest, BootsWhatFlashromWroteIntoItsChipWhileItHadNoPower) {
  const TemporaryFolder folder;
  const fs::path firmware = fs::path(COLDBOOT_SOURCE_DIR) / "build/virtual-apu2/firmware";
  const fs::path chip = folder.path() / "chip.rom";
  for (const char* version : {"v4.15.0.1", "v4.15.0.2"}) {
    if (!fs::exists(firmware / (std::string(version) + ".rom")))
      GTEST_SKIP() << "not built; ./dev virtual-apu2 firmware does it";
  }
  fs::copy_file(firmware / "v4.15.0.1.rom", chip);
  ASSERT_TRUE(board->use_chip(chip));
  ASSERT_TRUE(power->set(Power::on, soon()));
  EXPECT_THAT(read_until("-v4.15.0.1 "), HasSubstr("-v4.15.0.1 "));
  ASSERT_TRUE(power->set(Power::off, soon()));

  ::setenv("COLDBOOT_LOCKS", (folder.path() / "locks").c_str(), 1);
  auto host = FlashromHere::open({.where = "virtual/flash",
                                  .holder = "test",
                                  .programmer = "dummy:emulate=VARIABLE_SIZE,size=8388608,image=chip.rom",
                                  .directory = folder.path()});
  ASSERT_TRUE(host) << host.error().text();
  Flashrom flashrom({.where = "virtual/flash", .size_bytes = std::uint64_t{8} << 20U}, std::move(*host));
  const auto written = flashrom.write(firmware / "v4.15.0.2.rom", {}, soon());
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_EQ(written->outcome, FlashOutcome::written);
  ASSERT_TRUE(power->set(Power::on, soon()));
  EXPECT_THAT(read_until("-v4.15.0.2 "), HasSubstr("-v4.15.0.2 ")) << "the boot before may not have said its last";
}

TEST_F(VirtualBoardTest, IsSilentWithAnErasedChip) {
  const TemporaryFolder folder;
  ASSERT_TRUE(board->use_chip(folder.write("chip.rom", std::string(8 << 20, '\xff'))));
  ASSERT_TRUE(power->set(Power::on, soon()));
  pollfd waiting{console->descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 1000), 0) << "no byte in a second";
  EXPECT_EQ(*power->state(soon()), Power::on);
}

TEST_F(VirtualBoardTest, DoesNotStartWithoutAChipOfItsSize) {
  const TemporaryFolder folder;
  const fs::path chip = folder.path() / "chip.rom";
  ASSERT_TRUE(board->use_chip(chip));
  const auto none = power->set(Power::on, soon());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().cause(), Cause::missing);
  EXPECT_THAT(none.error().text(), HasSubstr(chip.string()));
  (void)folder.write("chip.rom", "too small");
  const auto small = power->set(Power::on, soon());
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().cause(), Cause::mistake);
  EXPECT_THAT(small.error().text(), HasSubstr("has 9 bytes, expected 8388608"));
  EXPECT_TRUE(processes().empty());
}

TEST_F(VirtualBoardTest, HasOneFirmwareOnly) {
  ASSERT_TRUE(board->use_chip("chip.rom"));
  EXPECT_EQ(board->medium(QemuMedium::firmware).error().cause(), Cause::mistake);
  EXPECT_TRUE(board->medium(QemuMedium::sd));
  const auto other = VirtualBoard::create("other", [](const EventBody&) {});
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->medium(QemuMedium::firmware));
  EXPECT_EQ((*other)->use_chip("chip.rom").error().cause(), Cause::mistake);
}

/// The driver as a bench file names it.
TEST(QemuDriver, TellsABenchWithAChipAndAMediumForIt) {
  SteadyClock clock;
  SharedParts parts;
  OpenContext context{.clock = clock,
                      .virtual_clock = nullptr,
                      .parts = parts,
                      .bench = "bench",
                      .where = "bench/power",
                      .line = std::nullopt,
                      .network = nullptr,
                      .tell = [](const EventBody&) {}};
  BenchFile bench;
  bench.power.device = {.driver = "qemu", .keys = {{"chip", "chip.rom"}}, .place = {"folder/bench.yaml", 3, 1}};
  ASSERT_TRUE(open_qemu_flash({.driver = "qemu-flash", .keys = {}, .place = {}}, "flash", context));
  const auto power = open_qemu_power(bench.power.device, "power", context);
  ASSERT_FALSE(power);
  EXPECT_EQ(power.error().cause(), Cause::mistake);
  const auto checked = check_qemu_flash("image.rom", bench);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what(), HasSubstr("qemu-flash"));
}

TEST_F(VirtualBoardTest, TakesOnlyImagesThatFit) {
  const TemporaryFolder folder;
  const auto firmware = *board->medium(QemuMedium::firmware);
  EXPECT_EQ(firmware->put(folder.path() / "gone.rom", soon()).error().cause(), Cause::missing);
  EXPECT_EQ(firmware->put(folder.write("half.rom", "x"), soon()).error().cause(), Cause::mistake);
  EXPECT_EQ((*board->medium(QemuMedium::sd))->put(folder.write("odd.img", "xyz"), soon()).error().cause(),
            Cause::mistake);
}

TEST_F(VirtualBoardTest, HasACarrierOnItsCablesWhileItHasPower) {
  auto created = NetworkNamespace::create("virtual/lan");
  if (!created) GTEST_SKIP() << created.error().text();
  const std::shared_ptr<const NetworkNamespace> network = std::move(*created);
  EXPECT_EQ(board->port("dmz", network).error().cause(), Cause::mistake);
  const auto port = board->port("lan", network);
  if (!port && port.error().cause() != Cause::io) GTEST_SKIP() << port.error().text();
  ASSERT_TRUE(port) << port.error().text();
  ASSERT_TRUE(network->ip("link set lan up\n", soon()));
  EXPECT_TRUE(comes_to_carrier(*network, "lan", false));
  ASSERT_TRUE(power->set(Power::on, soon()));
  EXPECT_TRUE(comes_to_carrier(*network, "lan", true));
  ASSERT_TRUE(power->set(Power::off, soon()));
  EXPECT_TRUE(comes_to_carrier(*network, "lan", false));
}

TEST_F(VirtualBoardTest, KeepsThePaceOfALine) {
  console.reset();
  auto paced = VirtualBoard::create("paced", [](const EventBody&) {});
  ASSERT_TRUE(paced);
  auto slow = (*paced)->console(LineRate{9600, 'n', 8, 1});
  ASSERT_TRUE(slow);
  console = std::move(*slow);
  const auto slow_power = (*paced)->power_switch(machine);
  const auto on = slow_power->set(Power::on, soon());
  ASSERT_TRUE(on) << on.error().text();
  const std::string text = read_until("SeaBIOS");
  EXPECT_THAT(text, HasSubstr("SeaBIOS"));
  const Nanos took = std::chrono::steady_clock::now() - on->returned;
  EXPECT_GE(took, LineRate({9600, 'n', 8, 1}).character_time() * static_cast<int>(text.size() - 14));
}

}  // namespace
}  // namespace coldboot
