#include "harness/io/kept_output.hpp"

#include <fmt/format.h>

namespace coldboot {

void KeptOutput::add(std::string_view bytes) {
  size_ += bytes.size();
  const std::string_view first = bytes.substr(0, most_head_ - head_.size());
  head_ += first;
  bytes.remove_prefix(first.size());
  if (bytes.size() > most_tail_) bytes.remove_prefix(bytes.size() - most_tail_);
  tail_ += bytes;
  if (tail_.size() > 2 * most_tail_) tail_.erase(0, tail_.size() - most_tail_);
}

std::string KeptOutput::text() const {
  const std::string_view tail =
      std::string_view(tail_).substr(tail_.size() > most_tail_ ? tail_.size() - most_tail_ : 0);
  const std::uint64_t cut = size_ - head_.size() - tail.size();
  if (cut == 0) return head_ + std::string(tail);
  return fmt::format("{}\n[{} bytes cut]\n{}", head_, cut, tail);
}

std::string KeptOutput::last_line() const {
  const std::string& all = tail_.empty() ? head_ : tail_;
  const std::size_t end = all.find_last_not_of("\r\n\t ");
  if (end == std::string::npos) return {};
  const std::size_t before = all.find_last_of("\r\n", end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return all.substr(begin, end + 1 - begin);
}

}  // namespace coldboot
