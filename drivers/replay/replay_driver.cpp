#include "drivers/replay/replay_driver.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drivers/replay/recording.hpp"
#include "drivers/replay/replay_board.hpp"

namespace coldboot {
namespace {

struct NoKeys {};

std::shared_ptr<ReplayBoard> board_of(OpenContext& context) {
  return context.parts.get<ReplayBoard>(
      [&] { return ReplayBoard::create(context.clock, context.virtual_clock, context.where); });
}

}  // namespace

keys::Table replay_power_keys() {
  return keys::table<NoKeys>(keys::object<NoKeys>("replay power", "Switches the replayed board."));
}

keys::Table replay_console_keys() {
  return keys::table<NoKeys>(
      keys::object<NoKeys>("replay console", "A console of the replayed board; the first is its main one."));
}

keys::Table replay_medium_keys() {
  return keys::table<NoKeys>(
      keys::object<NoKeys>("replay medium", "What the board plays: a recording, a recorded boot or a log."));
}

Result<std::unique_ptr<PowerSwitch>> open_replay_power(const DeviceEntry&, const std::string&, OpenContext& context) {
  return board_of(context)->power_switch();
}

Result<std::unique_ptr<ByteStream>> open_replay_console(const DeviceEntry&, const std::string& name,
                                                        OpenContext& context) {
  return board_of(context)->console(name);
}

Result<std::unique_ptr<BootMedium>> open_replay_medium(const DeviceEntry&, const std::string&, OpenContext& context) {
  return board_of(context)->medium();
}

Result<void> check_replay_image(const std::filesystem::path& image, const BenchFile& bench) {
  const auto recording = load_recording(image);
  if (!recording) return recording.error();
  std::vector<std::string> known;
  for (const ConsoleEntry& console : bench.consoles) {
    if (console.device.driver == "replay") known.push_back(console.name);
  }
  for (const std::string& name : consoles_of(*recording)) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return Fault(Cause::mistake, image.string(),
                 fmt::format("it has text of the console {}, which bench {} does not replay", name, bench.name),
                 fmt::format("give the bench a console {}, or the recording one of: {}", name, fmt::join(known, ", ")));
  }
  return {};
}

}  // namespace coldboot
