#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "harness/event/chunk_sink.hpp"
#include "harness/event/console_record.hpp"
#include "harness/run/run.hpp"

namespace coldboot {

/// Keeps what the consoles of one boot say, so that the boot can be measured even when the disk is full, and passes it
/// on to the run folder and to whoever watches.
class MemoryRecord final : public ChunkSink {
 public:
  MemoryRecord(ChunkSink& folder, RunObserver* observer) : folder_(folder), observer_(observer) {}

  void add(const std::string& console, const Chunk& chunk, std::string_view bytes) override;

  [[nodiscard]] std::map<std::string, std::uint64_t> bytes() const;  ///< received so far, by console

  /// The consoles as far as they got, with line rate and resolution as `events` say.
  [[nodiscard]] std::vector<ConsoleRecord> consoles(const std::vector<Event>& events) const;

 private:
  ChunkSink& folder_;
  RunObserver* observer_;
  mutable std::mutex mutex_;  // guards consoles_
  std::map<std::string, ConsoleRecord> consoles_;
};

}  // namespace coldboot
