#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/result.hpp"
#include "harness/firmware/firmware_image.hpp"

namespace coldboot {

/// What an image has to fit before it is written to a chip.
struct ImageWish {
  std::string where;                        ///< for faults: the image's file
  std::optional<std::uint64_t> size_bytes;  ///< of the chip, where it is known
  std::string model;                        ///< of the DUT, as its bench names it; empty: not known
};

/// Whether a board that firmware calls `board` ("apu2") may be the DUT that a bench calls `model` ("apu2d4"): one name
/// is part of the other, whatever their case and punctuation.
bool may_be_board(std::string_view board, std::string_view model);

/// Refuses what would leave the DUT without firmware: an image of another size, one of nothing but ones or zeros, one
/// that says it is for another board. Fault: `mistake`.
Result<void> check_image(const FirmwareImage& image, const ImageWish& wish);

}  // namespace coldboot
