#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

// The replay driver as a bench file names it: all its entries on one bench are parts of the same board.

keys::Table replay_power_keys();
keys::Table replay_console_keys();
keys::Table replay_medium_keys();

Result<std::unique_ptr<PowerSwitch>> open_replay_power(const DeviceEntry& entry, const std::string& name,
                                                       OpenContext& context);
Result<std::unique_ptr<ByteStream>> open_replay_console(const DeviceEntry& entry, const std::string& name,
                                                        OpenContext& context);
Result<std::unique_ptr<BootMedium>> open_replay_medium(const DeviceEntry& entry, const std::string& name,
                                                       OpenContext& context);

/// Whether a file can be played on the bench. Faults: those of load_recording(); `mistake` for a console of the
/// recording that the bench does not replay.
Result<void> check_replay_image(const std::filesystem::path& image, const BenchFile& bench);

}  // namespace coldboot
