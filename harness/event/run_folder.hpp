#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/chunk_sink.hpp"
#include "harness/event/event.hpp"
#include "harness/event/run_info.hpp"

namespace coldboot {

/// What a run folder is made from.
struct RunFolderOptions {
  std::filesystem::path parent;  ///< created where it does not exist
  RunInfo info;                  ///< `inputs` is filled in from input_files
  std::vector<std::filesystem::path> input_files;
  /// Called once, on the writer's thread, when the record can no longer be kept: the run should end as a bench error.
  std::function<void(const Fault&)> on_fault;
};

/// The record of a run while it is being written. Everything handed over is queued and written by one thread of its
/// own, so that a slow disk never delays a stamp: events at once, console bytes together at most every 50 ms. The
/// bytes of a console always reach the disk before the index that speaks of them.
class RunFolder {
 public:
  /// Creates `<utc>-<scenario>/` below the parent (with a number behind it where that name is taken), copies the
  /// input files and writes run.json. Faults: `missing` (an input), `disk_full`, `io`, `refused`.
  static Result<std::unique_ptr<RunFolder>> create(const RunFolderOptions& options);

  /// Writes what is queued. Without close() the run counts as cut off.
  ~RunFolder();

  /// Queues one event; cheap enough to be called under the event log's lock.
  void write(const Event& event);

  /// Begins the folder of a boot and returns where its console bytes go. The sink lives as long as this object and may
  /// be used from any thread; files are opened with the first byte and closed after the boot's BootEnded.
  ChunkSink& open_boot(int number, std::string_view configuration);

  /// The folder of a boot, below `boots/`: "003-xen".
  [[nodiscard]] static std::string boot_folder_name(int number, std::string_view configuration);

  /// Returns once all that was handed over before is written, or could not be: fault() is then up to date.
  void drain();

  /// Writes a whole file at once (result.json, junit.xml), replacing an older one only when it is complete.
  Result<void> put_file(std::string_view name, std::string_view content);

  /// Writes what is queued, notes the end of the run in run.json, has the disk confirm it. Returns the first fault
  /// there was. Nothing may be handed over afterwards. Calling it again does nothing.
  Result<void> close(Instant ended);

  /// The first thing that went wrong while writing: `disk_full` or `io`. What was written before stays valid.
  [[nodiscard]] std::optional<Fault> fault() const;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] const RunInfo& info() const;

 private:
  struct State;
  explicit RunFolder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace coldboot
