#include "drivers/flashrom/flashrom_inside_driver.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "drivers/flashrom/flashrom.hpp"
#include "drivers/flashrom/flashrom_inside.hpp"
#include "harness/io/command_words.hpp"

namespace coldboot {
namespace {

constexpr Nanos reach_limit_unless_said = std::chrono::seconds(60);

struct FlashromInsideKeys {
  std::string through;
  std::string programmer = FlashromInsideConfig().programmer;
  std::string chip;
  std::string program = FlashromInsideConfig().program;
  std::string folder = FlashromInsideConfig().folder;
  std::optional<std::filesystem::path> layout;
  bool fmap = false;
  Nanos read_limit = FlashromInsideConfig().limits.read_limit;
  Nanos write_limit = FlashromInsideConfig().limits.write_limit;
  Nanos reach_limit = reach_limit_unless_said;
};

/// Text that goes to the DUT's shell as one word.
keys::Type<std::string> word_there(const char* example) {
  return keys::checked<std::string>(
      keys::text(example), "text on one line", [](const std::string& text) -> Result<void> {
        if (!text.empty() && text.find_first_of("\r\n") == std::string::npos) return {};
        return Fault(Cause::mistake, "", "found no text, or more than one line of it, expected text on one line");
      });
}

keys::Type<FlashromInsideKeys> flashrom_inside_type() {
  const auto through = keys::checked<std::string>(keys::text("ssh -o BatchMode=yes root@192.168.1.1"), "a command",
                                                  [](const std::string& text) -> Result<void> {
                                                    const auto words = command_words(text);
                                                    return words ? Result<void>() : words.error();
                                                  });
  const auto folder = keys::checked<std::string>(
      word_there("/tmp"), "a folder on the DUT", [](const std::string& text) -> Result<void> {
        if (text.starts_with('/')) return {};
        return Fault(Cause::mistake, "", fmt::format("found \"{}\", expected a path from / on", text));
      });
  return keys::object<FlashromInsideKeys>("flashrom-inside",
                                          "The DUT's own flashrom, version 1.3, run over a remote shell while the DUT "
                                          "is up.")
      .required("through", &FlashromInsideKeys::through, through,
                "Command that hands one more argument to a shell on the DUT and is joined with its standard input and "
                "output. It runs in the folder of this file, without a shell; '...' or \"...\" keep blanks together.")
      .optional("programmer", &FlashromInsideKeys::programmer, word_there("internal:boardmismatch=force"),
                "Programmer as flashrom's `-p` takes it. An apu2 whose firmware calls the board by another name needs "
                "`internal:boardmismatch=force`.",
                "`internal`")
      .optional("chip", &FlashromInsideKeys::chip, word_there("W25Q64JV-.Q"),
                "Chip as flashrom's `-c` takes it; needed where several definitions fit.", "the only one that fits")
      .optional("program", &FlashromInsideKeys::program, word_there("flashrom"), "The program on the DUT.",
                "`flashrom`, also looked for in /usr/sbin and /usr/local/sbin")
      .optional("folder", &FlashromInsideKeys::folder, folder,
                "Folder on the DUT with room for an image; what is put there is removed again.", "`/tmp`")
      .optional("layout", &FlashromInsideKeys::layout, keys::path("apu2.layout"),
                "Layout file on this host: where the regions are that can be written alone.")
      .optional("fmap", &FlashromInsideKeys::fmap, keys::boolean(), "The regions are those of the FMAP on the chip.",
                "`false`")
      .optional("read-limit", &FlashromInsideKeys::read_limit, keys::time_limit("60 s"),
                "How long probing, reading and verifying may take, each.", "60 s")
      .optional("write-limit", &FlashromInsideKeys::write_limit, keys::time_limit("600 s"),
                "How long erasing and writing may take; nothing cuts it sooner.", "600 s")
      .optional("reach-limit", &FlashromInsideKeys::reach_limit, keys::time_limit("60 s"),
                "How long the DUT may be silent before a connection is taken for lost, and how long a lost one is made "
                "again before a write is given up as unknown.",
                "60 s");
}

}  // namespace

keys::Table flashrom_inside_keys() {
  return keys::table<FlashromInsideKeys>(flashrom_inside_type());
}

Result<std::unique_ptr<Flasher>> open_flashrom_inside(const DeviceEntry& entry, const std::string&,
                                                      OpenContext& context) {
  const auto keys = keys::from_kept(flashrom_inside_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  if (keys->layout && keys->fmap)
    return Fault(Cause::mistake, entry.place.text(), "found layout and fmap, expected one of them");
  auto through = command_words(keys->through);
  if (!through) return through.error();
  FlashromInsideConfig config{.where = context.where,
                              .holder = fmt::format("flash chip of {}", context.bench),
                              .shell = {.through = std::move(*through),
                                        .directory = std::filesystem::path(entry.place.file).parent_path(),
                                        .reach_limit = keys->reach_limit},
                              .program = keys->program,
                              .programmer = keys->programmer,
                              .folder = keys->folder,
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
  auto host = FlashromInside::open(std::move(config));
  if (!host) return host.error();
  return std::unique_ptr<Flasher>(std::make_unique<Flashrom>(std::move(chip), std::move(*host)));
}

}  // namespace coldboot
