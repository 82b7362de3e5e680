#include "drivers/flashrom/flashrom_driver.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "drivers/flashrom/flashrom.hpp"
#include "drivers/flashrom/flashrom_here.hpp"

namespace coldboot {
namespace {

struct FlashromKeys {
  std::string programmer;
  std::string chip;
  std::string program = FlashromConfig().program;
  std::optional<std::filesystem::path> layout;
  bool fmap = false;
  Nanos read_limit = FlashromConfig().limits.read_limit;
  Nanos write_limit = FlashromConfig().limits.write_limit;
};

keys::Type<FlashromKeys> flashrom_type() {
  return keys::object<FlashromKeys>("flashrom", "A chip that the program flashrom reaches, version 1.3.")
      .required("programmer", &FlashromKeys::programmer, keys::text("linux_spi:dev=/dev/spidev1.0,spispeed=16000"),
                "Programmer as flashrom's `-p` takes it; a file in it is relative to this file.")
      .optional("chip", &FlashromKeys::chip, keys::text("W25Q64JV-.Q"),
                "Chip as flashrom's `-c` takes it; needed where several definitions fit.", "the only one that fits")
      .optional("program", &FlashromKeys::program, keys::text("flashrom"),
                "The program; a path is relative to this file.", "`flashrom`, also looked for in /usr/sbin")
      .optional("layout", &FlashromKeys::layout, keys::path("apu2.layout"),
                "Layout file: where the regions are that can be written alone.")
      .optional("fmap", &FlashromKeys::fmap, keys::boolean(), "The regions are those of the FMAP on the chip.",
                "`false`")
      .optional("read-limit", &FlashromKeys::read_limit, keys::time_limit("60 s"),
                "How long probing, reading and verifying may take, each.", "60 s")
      .optional("write-limit", &FlashromKeys::write_limit, keys::time_limit("600 s"),
                "How long erasing and writing may take; nothing cuts it sooner.", "600 s");
}

/// A path as seen from the bench file; a plain name is looked up in PATH.
std::string program_of(const std::string& written, const Place& place) {
  if (written.find('/') == std::string::npos) return written;
  return std::filesystem::absolute(std::filesystem::path(place.file).parent_path() / written).lexically_normal();
}

}  // namespace

keys::Table flashrom_keys() {
  return keys::table<FlashromKeys>(flashrom_type());
}

Result<std::unique_ptr<Flasher>> open_flashrom(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(flashrom_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  if (keys->layout && keys->fmap)
    return Fault(Cause::mistake, entry.place.text(), "found layout and fmap, expected one of them");
  FlashromConfig config{.where = context.where,
                        .holder = fmt::format("flash chip of {}", context.bench),
                        .program = program_of(keys->program, entry.place),
                        .programmer = keys->programmer,
                        .directory = std::filesystem::path(entry.place.file).parent_path(),
                        .limits = {.read_limit = keys->read_limit, .write_limit = keys->write_limit}};
  if (keys->layout) {
    config.layout = FlashLayout::file;
    config.layout_file = std::filesystem::absolute(*keys->layout);
  } else if (keys->fmap) {
    config.layout = FlashLayout::fmap_on_chip;
  }
  ExpectedChip chip{.where = context.where,
                    .name = keys->chip,
                    .size_bytes = context.size_bytes.value_or(0),
                    .has_layout = config.layout != FlashLayout::none};
  auto host = FlashromHere::open(std::move(config));
  if (!host) return host.error();
  return std::unique_ptr<Flasher>(std::make_unique<Flashrom>(std::move(chip), std::move(*host)));
}

}  // namespace coldboot
