#include "harness/firmware/image_guard.hpp"

#include <fmt/format.h>

#include "harness/core/units.hpp"

namespace coldboot {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters in lower case and digits, nothing else: what people agree on when they write a board's name.
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_letter_or_digit(c)) text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

}  // namespace

bool may_be_board(std::string_view board, std::string_view model) {
  const std::string one = folded(board);
  const std::string other = folded(model);
  if (one.empty() || other.empty()) return true;
  return one.find(other) != std::string::npos || other.find(one) != std::string::npos;
}

Result<void> check_image(const FirmwareImage& image, const ImageWish& wish) {
  if (wish.size_bytes && image.size_bytes != *wish.size_bytes) {
    return Fault(Cause::mistake, wish.where,
                 fmt::format("found an image of {}, expected {} as the chip has", size_text(image.size_bytes),
                             size_text(*wish.size_bytes)),
                 "an image is as large as its chip; an update file may have to be unpacked first");
  }
  if (image.size_bytes == 0) return Fault(Cause::mistake, wish.where, "found an empty file, expected an image");
  if (image.filled_with) {
    return Fault(Cause::mistake, wish.where,
                 fmt::format("found nothing but bytes {:#04x}, expected firmware",
                             static_cast<unsigned>(static_cast<unsigned char>(*image.filled_with))),
                 "this is what a chip reads as that has no contact, or is erased");
  }
  if (!may_be_board(image.build.board, wish.model)) {
    return Fault(Cause::mistake, wish.where,
                 fmt::format("found firmware for {} {}, expected some for {} as the bench says (dut: model)",
                             image.build.vendor, image.build.board, wish.model));
  }
  return {};
}

}  // namespace coldboot
