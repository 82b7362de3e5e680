#include "drivers/image_file/image_file_driver.hpp"

#include "drivers/image_file/image_file.hpp"
#include "harness/file/keys.hpp"
#include "harness/media/image_source.hpp"

namespace coldboot {
namespace {

struct ImageFileKeys {
  std::filesystem::path path;
  std::uint64_t size = 0;
};

keys::Type<ImageFileKeys> image_file_type() {
  return keys::object<ImageFileKeys>("image file", "A file or a loop device that a virtual board boots from.")
      .required("path", &ImageFileKeys::path, keys::path("disk.img"),
                "The file, made where it is not there; or the loop device. No other device is written to.")
      .required("size", &ImageFileKeys::size, keys::size("64 MiB"), "Its size; one of another size is not written to.");
}

}  // namespace

keys::Table image_file_keys() {
  return keys::table<ImageFileKeys>(image_file_type());
}

Result<std::unique_ptr<BootMedium>> open_image_file(const DeviceEntry& entry, const std::string&,
                                                    OpenContext& context) {
  const auto keys = keys::from_kept(image_file_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  return std::unique_ptr<BootMedium>(std::make_unique<ImageFile>(
      ImageFileConfig{.where = context.where, .path = keys->path, .bytes = keys->size}, context.clock));
}

Result<void> check_written_image(const std::filesystem::path& image, const BenchFile&) {
  const auto looked = look_at_image(image);
  if (!looked) return looked.error();
  return {};
}

}  // namespace coldboot
