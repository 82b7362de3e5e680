#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/replay/faults.hpp"
#include "drivers/replay/recording.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// One line of a script: text at a time, or the wait for something to be typed.
struct ScriptLine {
  Nanos at{};
  std::string text;
  std::string await;
  std::string console;
  bool echo = true;
  Place place;
};

/// A `recording/1` file as written.
struct RecordingFile {
  std::string title;
  Nanos resolution{};
  Nanos delay{};
  std::vector<ScriptLine> script;
  std::filesystem::path play;  ///< another recording, a log or the folder of a boot, instead of a script
  std::vector<ReplayFault> faults;
};

/// The description of its keys.
keys::Type<RecordingFile> recording_type();

/// Reads a recording file; `play` is resolved to a full path but not followed.
Reading<RecordingFile> read_recording_file(const std::filesystem::path& file);
Reading<RecordingFile> read_recording_file(std::string_view text, const std::filesystem::path& file);

/// The script as the board plays it, without its faults.
Recording compile_script(const RecordingFile& file);

}  // namespace coldboot
