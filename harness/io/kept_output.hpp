#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coldboot {

/// Keeps the first and the last bytes of an output of any length, in bounded memory.
class KeptOutput {
 public:
  explicit KeptOutput(std::size_t most) : most_head_(most / 2), most_tail_(most - most / 2) {}

  void add(std::string_view bytes);

  /// How many bytes were added.
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// What was kept; where bytes are missing, a line says how many.
  [[nodiscard]] std::string text() const;

  /// The last line that holds anything, for a fault.
  [[nodiscard]] std::string last_line() const;

 private:
  std::size_t most_head_;
  std::size_t most_tail_;
  std::string head_;
  std::string tail_;  // up to twice most_tail_, so that it is cut seldom
  std::uint64_t size_ = 0;
};

}  // namespace coldboot
