#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

/// Which console text is the echo of what we typed. Each line typed (of 3 characters or more, control bytes left out)
/// has one echo: the first place from its offset on that repeats it, line breaks of the terminal not counted, if it
/// begins within `reach` bytes of text.
class EchoFinder {
 public:
  static constexpr std::size_t reach = 1024;
  static constexpr std::size_t shortest = 3;

  /// `typed` is sent after `at_offset` raw bytes were received.
  void sent(std::string_view typed, std::uint64_t at_offset);

  /// Nothing awaited and no echo known: text need not be shown to it.
  [[nodiscard]] bool idle() const { return awaited_.empty() && echoes_.empty(); }

  /// The next console text, line breaks left out.
  void text(std::uint64_t raw_offset, std::string_view run);

  enum class Verdict { console, echo, undecided };
  [[nodiscard]] Verdict judge(std::uint64_t begin, std::uint64_t end) const;  ///< of the raw range [begin, end)

  void give_up() { awaited_.clear(); }  ///< nothing more comes: what is not echo by now is none
  void forget_before(std::uint64_t raw_offset);

 private:
  struct Awaited {
    std::string typed;
    std::vector<std::size_t> border;     ///< Knuth, Morris, Pratt: longest proper border of each prefix
    std::vector<std::uint64_t> offsets;  ///< ring: raw offsets of the last typed.size() bytes of text
    std::uint64_t from = 0;
    std::size_t seen = 0;     ///< bytes of text since `from`
    std::size_t matched = 0;  ///< the newest `matched` of them repeat the start of `typed`
    [[nodiscard]] std::uint64_t begin() const { return offsets[(seen - matched) % offsets.size()]; }
  };
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  void await_line(std::string typed, std::uint64_t at_offset);
  static void advance(Awaited& awaited, std::uint64_t raw_offset, char byte);
  void take(std::uint64_t raw_offset, char byte);

  std::vector<Awaited> awaited_;  ///< in the order typed
  std::vector<Range> echoes_;
};

}  // namespace coldboot
