#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace coldboot {

/// Console bytes -> matching text: append-only, nothing is ever overwritten. The same bytes give the same text
/// however they are split.
///  - escape sequences are removed: CSI, OSC and the other control strings, two-byte and charset sequences (ECMA-48);
///  - one line break is: LF, or any number of CR and at most one LF after them (removed bytes in between or not);
///  - control bytes and DEL are dropped, tab stays, every byte from 0x80 on stays.
/// A line break inside an escape sequence ends the sequence, so that line noise cannot swallow the lines after it.
class TextCleaner {
 public:
  /// Cleans `bytes`, which stand at `raw_offset` of the console. Calls, in order,
  ///   sink.text(std::uint64_t raw_offset, std::string_view run)   for bytes kept as they are, never empty;
  ///   sink.line_break(std::uint64_t raw_offset)                   with the offset of the byte that broke the line.
  template <class Sink>
  void feed(std::uint64_t raw_offset, std::string_view bytes, Sink& sink);

 private:
  enum class State : std::uint8_t {
    text,
    escape,         ///< ESC came
    intermediate,   ///< ESC and intermediate bytes came: a charset selection
    csi,            ///< ESC [ came
    control_string  ///< ESC ] P X ^ _ came: lasts until BEL or ESC backslash
  };

  static constexpr bool is_text(unsigned char byte) { return (byte >= 0x20 && byte != 0x7F) || byte == '\t'; }
  static constexpr std::array<bool, 256> text_table();
  [[nodiscard]] State after_escape(unsigned char byte) const;
  [[nodiscard]] bool swallows(unsigned char byte);

  static const std::array<bool, 256> text_bytes;
  State state_ = State::text;
  bool after_cr_ = false;  ///< a CR broke the line and no text came since: an LF belongs to it
};

constexpr std::array<bool, 256> TextCleaner::text_table() {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = is_text(static_cast<unsigned char>(byte));
  return table;
}

inline constexpr std::array<bool, 256> TextCleaner::text_bytes = TextCleaner::text_table();

template <class Sink>
void TextCleaner::feed(std::uint64_t raw_offset, std::string_view bytes, Sink& sink) {
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (state_ == State::text) {
      const std::size_t begin = i;
      while (i < bytes.size() && text_bytes[data[i]]) ++i;
      if (i > begin) {
        after_cr_ = false;
        sink.text(raw_offset + begin, bytes.substr(begin, i - begin));
        continue;
      }
    }
    const unsigned char byte = data[i];
    if (byte == '\n' || byte == '\r') {
      const bool same_break = after_cr_;
      after_cr_ = byte == '\r';
      state_ = State::text;
      if (!same_break) sink.line_break(raw_offset + i);
      ++i;
    } else if (swallows(byte)) {
      ++i;
    }
  }
}

}  // namespace coldboot
