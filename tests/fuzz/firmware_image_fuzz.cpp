#include <cstdint>
#include <string_view>

#include "harness/firmware/image_guard.hpp"

namespace {

/// What the reader says is there lies within the image.
bool lies_within(const coldboot::FirmwareImage& image) {
  for (const auto& area : image.areas) {
    if (area.offset > image.size_bytes || area.size > image.size_bytes - area.offset) return false;
  }
  return true;
}

bool lies_within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

/// Any bytes may be taken for an image.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const coldboot::FirmwareImage image = coldboot::look_at_image(bytes);
  if (!lies_within(image)) __builtin_trap();
  for (const auto& file : coldboot::cbfs_files(bytes)) {
    if (!lies_within(file.content, bytes)) __builtin_trap();
  }
  (void)coldboot::check_image(image, {.where = "image", .size_bytes = size, .model = "apu2d4"});
  return 0;
}
