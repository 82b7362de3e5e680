#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/event/chunk_sink.hpp"
#include "harness/event/disk_file.hpp"
#include "harness/event/event.hpp"

namespace coldboot {

/// The thread that does a run folder's disk work, and the queue in front of it. Callers only append to memory under
/// one short lock; the thread takes the queues away whole and writes them.
class RecordWriter {
 public:
  /// `folder` exists; `reserve` is a file in it that is given up when the disk is full.
  RecordWriter(std::filesystem::path folder, std::filesystem::path reserve, Instant origin,
               std::function<void(const Fault&)> on_fault);
  /// Writes what is queued.
  ~RecordWriter();

  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  void write(const Event& event);
  ChunkSink& open_boot(int number, std::string_view configuration);
  [[nodiscard]] std::optional<Fault> fault() const;

  /// Returns once all that was queued before has been written, or could not be.
  void drain();

  /// Writes what is queued and ends the thread.
  void finish();

  /// Room for what still has to be written on a full disk.
  void release_reserve();

 private:
  /// The two files of one console of one boot.
  struct ConsoleFiles {
    std::filesystem::path raw_path;
    std::filesystem::path index_path;
    // guarded by mutex_: what came since the writer last looked
    std::string raw;
    std::string index;
    // the writer thread's own
    std::string raw_now;
    std::string index_now;
    FileDescriptor raw_file;
    FileDescriptor index_file;
    bool begun = false;
  };

  class Boot;

  void add(Boot& boot, const std::string& console, const Chunk& chunk, std::string_view bytes);
  Boot& boot_locked(int number, std::string_view configuration);

  void work();
  void write_consoles(const std::vector<ConsoleFiles*>& consoles);
  void write_events(const std::vector<Event>& events);
  Result<void> write_console(ConsoleFiles& console);
  Result<void> open_console(ConsoleFiles& console);
  Result<void> write_event(const Event& event, Boot* boot);
  Result<void> append_line(FileDescriptor& file, const std::filesystem::path& path, std::string_view line);
  void close_files(Boot& boot);
  void fail(const Fault& fault);

  const std::filesystem::path folder_;
  const std::filesystem::path reserve_;
  const Instant origin_;
  const std::function<void(const Fault&)> on_fault_;

  mutable std::mutex mutex_;  // guards everything down to closing_
  std::condition_variable changed_;
  std::vector<Event> events_;
  std::vector<ConsoleFiles*> waiting_;  ///< consoles with bytes not yet taken
  std::size_t waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point write_by_;
  std::map<int, std::unique_ptr<Boot>> boots_;
  std::optional<Fault> fault_;
  std::condition_variable drained_;
  bool hurry_ = false;    ///< somebody waits in drain()
  bool writing_ = false;  ///< the thread is at the disk
  bool closing_ = false;

  FileDescriptor run_events_;  // the writer thread's own
  std::thread thread_;
};

}  // namespace coldboot
