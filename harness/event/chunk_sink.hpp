#pragma once

#include <string_view>

#include "harness/event/console_record.hpp"

namespace coldboot {

/// Takes console bytes on their way to disk. Called by the capture loop for every read; must not block.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual void add(const std::string& console, const Chunk& chunk, std::string_view bytes) = 0;
};

}  // namespace coldboot
