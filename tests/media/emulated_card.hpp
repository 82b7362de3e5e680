#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "harness/media/image_target.hpp"

namespace coldboot {

/// A card in its reader, and what can be wrong with one.
class EmulatedCard final : public ImageTarget {
 public:
  explicit EmulatedCard(std::size_t bytes, char filled_with = '\x5a') : content(bytes, filled_with) {}

  std::string content;
  // Knobs.
  std::optional<std::uint64_t> really_has;  ///< a counterfeit: what lies beyond wraps around
  std::optional<std::uint64_t> pulled_at;   ///< it is gone when this byte is written
  std::optional<std::uint64_t> stuck_at;    ///< this byte keeps its value
  std::function<void()> on_write;
  // What became of it.
  int syncs = 0;
  bool has_unsynced = false;
  std::uint64_t written = 0;

  Result<void> write(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    is_touched_ = true;
    if (!really_has && !pulled_at && !stuck_at) {
      content.replace(offset, bytes.size(), reinterpret_cast<const char*>(bytes.data()), bytes.size());
      bytes_put(bytes.size());
      return {};
    }
    for (const std::uint8_t byte : bytes) {
      if (pulled_at == offset) return Fault(Cause::lost, "card", "is gone in the middle of writing");
      const std::uint64_t at = really_has ? offset % *really_has : offset;
      if (stuck_at != at) content.at(at) = static_cast<char>(byte);
      ++offset;
    }
    bytes_put(bytes.size());
    return {};
  }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> bytes) override {
    if (!really_has) {
      content.copy(reinterpret_cast<char*>(bytes.data()), bytes.size(), offset);
      return {};
    }
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(content.at(really_has ? offset % *really_has : offset));
      ++offset;
    }
    return {};
  }
  Result<void> sync() override {
    ++syncs;
    has_unsynced = false;
    return {};
  }
  std::string bypass_cache() override { return "read back from the emulator"; }
  [[nodiscard]] bool is_touched() const override { return is_touched_; }
  [[nodiscard]] std::uint64_t bytes() const override { return content.size(); }
  [[nodiscard]] std::string description() const override { return "card"; }

 private:
  void bytes_put(std::size_t count) {
    written += count;
    has_unsynced = true;
    if (on_write) on_write();
  }

  bool is_touched_ = false;
};

}  // namespace coldboot
