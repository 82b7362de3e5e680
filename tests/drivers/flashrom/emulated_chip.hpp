#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {

/// A chip of 8 MiB in flashrom's dummy programmer, an MX25L6436: its content is a file, which flashrom reads when it
/// begins and writes when it ends in good order.
class EmulatedChip {
 public:
  static constexpr std::size_t size_bytes = std::size_t{8} << 20U;
  static constexpr const char* name = "MX25L6436E/MX25L6445E/MX25L6465E/MX25L6473E/MX25L6473F";

  /// Erased at first.
  explicit EmulatedChip(std::filesystem::path file) : file_(std::move(file)) { set(std::string(size_bytes, '\xff')); }

  /// As `-p` takes it; `trouble` are further parameters of the dummy: "spi_blacklist=02".
  [[nodiscard]] std::string programmer(const std::string& trouble = "") const {
    return fmt::format("dummy:emulate=MX25L6436,image={}{}{}", file_.string(), trouble.empty() ? "" : ",", trouble);
  }

  [[nodiscard]] std::string content() const { return text_of(file_); }
  void set(std::string_view content) const { put_text(file_, content); }

 private:
  std::filesystem::path file_;
};

/// An image that fills the chip, the same each time for one seed.
inline std::string random_image(std::uint64_t seed, std::size_t size = EmulatedChip::size_bytes) {
  std::mt19937_64 numbers(seed);
  std::string image;
  image.reserve(size);
  while (image.size() < size) {
    std::uint64_t number = numbers();
    for (std::size_t i = 0; i < sizeof number; ++i, number >>= 8U) image += static_cast<char>(number);
  }
  return image;
}

}  // namespace coldboot
