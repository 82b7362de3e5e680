#include "harness/console/text_cleaner.hpp"

namespace coldboot {
namespace {

constexpr unsigned char escape_byte = 0x1B;
constexpr unsigned char bell = 0x07;

constexpr bool in_range(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

}  // namespace

// Ranges of ECMA-48: 5.4 (control sequences), 5.6 (control strings); ECMA-35, 13.2.1 (escape sequences).

/// The state once `byte` has followed ESC.
TextCleaner::State TextCleaner::after_escape(unsigned char byte) const {
  switch (byte) {
    case '[': return State::csi;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_': return State::control_string;
    default: return in_range(byte, 0x20, 0x2F) ? State::intermediate : State::text;
  }
}

/// Takes a byte that is no line break; false where it must be looked at again as text.
bool TextCleaner::swallows(unsigned char byte) {
  if (byte == escape_byte) {
    state_ = State::escape;
    return true;
  }
  if (state_ == State::control_string) {
    if (byte == bell) state_ = State::text;
    return true;
  }
  if (state_ != State::text && byte >= 0x80) {
    state_ = State::text;
    return false;
  }
  if (!is_text(byte) || byte == '\t') {
    if (byte != '\t') return true;  // other controls act at once, even inside a sequence
    state_ = State::text;
    return false;
  }
  switch (state_) {
    case State::escape: state_ = after_escape(byte); return true;
    case State::intermediate:
      if (byte >= 0x30) state_ = State::text;
      return true;
    case State::csi:
      if (byte >= 0x40) state_ = State::text;
      return true;
    default: return false;
  }
}

}  // namespace coldboot
