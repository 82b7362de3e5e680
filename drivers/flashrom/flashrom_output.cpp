#include "drivers/flashrom/flashrom_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::size_t most_line = 512;
constexpr std::uint64_t kib = 1024;

struct StageText {
  std::string_view begins;
  FlashStage stage;
};
constexpr std::array stage_texts{
    StageText{"Reading flash...", FlashStage::reading},
    StageText{"Reading old flash chip contents...", FlashStage::reading_old},
    StageText{"Erasing and writing flash chip...", FlashStage::erasing_and_writing},
    StageText{"Verifying flash...", FlashStage::verifying},
};

constexpr std::string_view content_unknown = "what the chip holds now is not known";
constexpr std::string_view check_clip_first = "; check the clip and lower spispeed first";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The first line that holds `part`; empty where none does.
std::string line_with(std::string_view text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at == std::string_view::npos) return "";
  const std::size_t before = text.rfind('\n', at);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return printable_line(text.substr(begin, text.find('\n', at) - begin));
}

std::string rest_of_line(std::string_view text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at == std::string_view::npos) return "";
  return printable_line(text.substr(at, text.find('\n', at) - at));
}

std::string last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \r\n");
  if (end == std::string_view::npos) return "";
  text = text.substr(0, end + 1);
  return printable_line(text.substr(text.rfind('\n') + 1));
}

/// Why the programmer could not be opened: the line before the one that says so.
std::string reason_before(std::string_view output, std::string_view part) {
  const std::string reason = last_line(output.substr(0, output.find(part)));
  return reason.empty() ? "it does not say why" : reason;
}

/// What went wrong where the programmer is the DUT's own chipset.
Fault no_programmer_inside(std::string_view output) {
  if (contains(output, "Could not get I/O privileges") || contains(output, "/dev/mem")) {
    const std::string line = contains(output, "Could not get I/O privileges")
                                 ? line_with(output, "Could not get I/O privileges")
                                 : line_with(output, "/dev/mem");
    return Fault(Cause::refused, "", fmt::format("the programmer could not be opened: {}", line),
                 "on the DUT it needs root, and a kernel that lets it: iomem=relaxed on its command line, no lockdown");
  }
  return Fault(Cause::io, "",
               fmt::format("the programmer could not be opened: {}",
                           reason_before(output, "Error: Programmer initialization failed.")),
               "see whether flashrom on the DUT knows its chipset: run it there by hand");
}

Fault no_programmer(std::string_view output, FlashromSide side) {
  if (contains(output, "Unhandled programmer parameters")) {
    return Fault(Cause::mistake, "", line_with(output, "Unhandled programmer parameters"),
                 "programmer: NAME:KEY=VALUE,... takes the keys that flashrom's manual lists for it");
  }
  if (side == FlashromSide::inside) return no_programmer_inside(output);
  const std::string why = reason_before(output, "Error: Programmer initialization failed.");
  const std::string what = fmt::format("the programmer could not be opened: {}", why);
  if (contains(why, "ermission denied") || contains(why, "ACCESS") || contains(why, "not permitted")) {
    return Fault(Cause::refused, "", what,
                 "this user may not open the programmer: give its device to the group that runs coldboot");
  }
  if (contains(why, "No such file") || contains(why, "Couldn't open") || contains(why, "not found"))
    return Fault(Cause::missing, "", what, "check that the programmer is plugged in, and its name in the bench file");
  if (contains(why, "usy"))
    return Fault(Cause::busy, "", what, "another program or a driver of the kernel has it; end that first");
  return Fault(Cause::io, "", what, "check the programmer and its cable");
}

Fault no_chip(FlashromSide side) {
  if (side == FlashromSide::inside) {
    return Fault(Cause::missing, "", "no chip answers",
                 "check the chip's name; the DUT's chipset may hide the chip, or boot from another");
  }
  return Fault(Cause::missing, "", "no chip answers",
               "check the clip and its direction, the voltage, the chip's name, and that the board does not power or "
               "drive the chip's lines; then try a lower spispeed");
}

Fault write_failed(std::string_view output, FlashromSide side) {
  const bool inside = side == FlashromSide::inside;
  if (contains(output, "apparently didn't do anything")) {
    return Fault(Cause::refused, "", "nothing could be erased or written; the chip holds what it held",
                 inside ? "it is write-protected: by its protection bits (flashrom --wp-status) or by its firmware, "
                          "which locks the chipset"
                        : "it is write-protected, or its lines are bad: check the WP line, the protection bits "
                          "(flashrom --wp-status) and the clip");
  }
  return Fault(Cause::io, "", fmt::format("erasing or writing failed half-way: {}", content_unknown),
               fmt::format("{}{}", mend_advice(side), inside ? "" : check_clip_first));
}

Fault verify_failed(const FlashromEnd& end) {
  const std::string where = rest_of_line(end.output, "FAILED at");
  if (end.task == FlashromTask::verify)
    return Fault(Cause::dut, "", fmt::format("the chip holds something else: {}", where));
  return Fault(Cause::io, "", fmt::format("it was written, but reads back otherwise: {}", where),
               fmt::format("{}{}", mend_advice(end.side), end.side == FlashromSide::inside ? "" : check_clip_first));
}

struct KnownText {
  std::string_view text;
  Cause cause;
  std::string_view hint;
};
/// Those whose own line says what is wrong.
constexpr std::array known_texts{
    KnownText{"override this with -p internal:boardmismatch=force", Cause::mistake,
              "programmer: \"internal:boardmismatch=force\", once the image is known to be for this board"},
    KnownText{"Error: Unknown programmer", Cause::mistake, "programmer: one of those that flashrom --help lists"},
    KnownText{"Error: Unknown chip", Cause::mistake, "chip: one of those that flashrom -L lists, letter by letter"},
    KnownText{"Error: Image size", Cause::mistake, "an image is as large as the chip"},
    KnownText{"Invalid region specified", Cause::mistake, "regions are those of the layout file or of the chip's FMAP"},
    KnownText{"Failed to read fmap from ROM", Cause::mistake, "the chip holds no FMAP: give a layout file"},
    KnownText{"Couldn't parse the descriptor", Cause::mistake, "the chip holds no Intel descriptor"},
    KnownText{"Error: opening layout file", Cause::missing, "check layout in the bench file"},
    KnownText{"could not be written completely", Cause::disk_full, "make room for the image"},
    KnownText{"Read operation failed!", Cause::io, "check the clip, shorten the wires, lower spispeed"},
    KnownText{"Error: opening file", Cause::io, "check the file and its folder"},
};

/// The end of `env`, which starts flashrom, where it could not.
std::optional<Fault> not_started(const FlashromEnd& end) {
  constexpr int may_not_be_run = 126;
  constexpr int no_such_program = 127;
  if (end.exit_status == no_such_program)
    return Fault(Cause::missing, "", "no such program", "install flashrom, or say where it is with program");
  if (end.exit_status == may_not_be_run) return Fault(Cause::refused, "", "may not be run");
  return std::nullopt;
}

Fault killed(const FlashromEnd& end) {
  constexpr int signal_base = 128;
  const std::string how =
      fmt::format("it was ended by signal {} while {}", end.exit_status - signal_base, name_of(end.stage));
  if (end.stage < FlashStage::erasing_and_writing || end.task == FlashromTask::verify)
    return Fault(Cause::lost, "", fmt::format("{}; the chip was not changed", how), "try again");
  return Fault(Cause::lost, "", fmt::format("{}: {}", how, content_unknown), std::string(mend_advice(end.side)));
}

Fault fault_of(const FlashromEnd& end) {
  constexpr int largest_status = 128;
  constexpr int status_write_failed = 2;
  constexpr int status_verify_failed = 3;
  if (const auto fault = not_started(end)) return *fault;
  if (end.exit_status > largest_status) return killed(end);
  if (contains(end.output, "Error: Programmer initialization failed.") ||
      contains(end.output, "Unhandled programmer parameters"))
    return no_programmer(end.output, end.side);
  if (contains(end.output, "Multiple flash chip definitions match")) {
    return Fault(Cause::mistake, "", rest_of_line(end.output, "Multiple flash chip definitions match"),
                 "chip: the one whose name is printed on the chip");
  }
  if (contains(end.output, "No EEPROM/flash device found")) return no_chip(end.side);
  if (end.exit_status == status_write_failed || contains(end.output, "Uh oh. Erase/write failed"))
    return write_failed(end.output, end.side);
  if (end.exit_status == status_verify_failed) return verify_failed(end);
  for (const KnownText& known : known_texts) {
    if (contains(end.output, known.text))
      return Fault(known.cause, "", line_with(end.output, known.text), std::string(known.hint));
  }
  std::string what = fmt::format("it ended with status {}, last line \"{}\"", end.exit_status, last_line(end.output));
  if (end.stage < FlashStage::erasing_and_writing || end.task == FlashromTask::verify)
    return Fault(Cause::io, "", std::move(what));
  return Fault(Cause::io, "", fmt::format("{}: {}", what, content_unknown), std::string(mend_advice(end.side)));
}

Fault unproven(const FlashromEnd& end, std::string_view expected) {
  const bool changed = end.task == FlashromTask::write || end.task == FlashromTask::erase;
  return Fault(
      Cause::protocol, "",
      fmt::format("it ended with status 0, but did not say \"{}\", last line \"{}\"", expected, last_line(end.output)),
      changed ? std::string(mend_advice(end.side)) : "");
}

/// Where `expected` was said, that outcome.
Result<FlashOutcome> proven(const FlashromEnd& end, std::string_view expected, FlashOutcome outcome) {
  if (contains(end.output, expected)) return outcome;
  return unproven(end, expected);
}

/// "Found Winbond flash chip "W25Q128.V" (16384 kB, SPI) on dummy."
std::optional<FlashChip> chip_of(std::string_view line) {
  constexpr std::string_view before_name = " flash chip \"";
  constexpr std::string_view after_name = "\" (";
  const std::size_t name_at = line.find(before_name);
  if (!line.starts_with("Found ") || name_at == std::string_view::npos) return std::nullopt;
  if (line.starts_with("Found Unknown ") || line.starts_with("Found Generic ")) return std::nullopt;
  line.remove_prefix(name_at + before_name.size());
  const std::size_t name_end = line.find(after_name);
  if (name_end == std::string_view::npos) return std::nullopt;
  FlashChip chip{.name = printable_line(line.substr(0, name_end))};
  line.remove_prefix(name_end + after_name.size());
  std::uint32_t size_kib = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size_kib);
  if (error != std::errc() || !line.substr(static_cast<std::size_t>(end - line.data())).starts_with(" kB"))
    return std::nullopt;
  chip.size_bytes = size_kib * kib;
  return chip;
}

}  // namespace

std::string_view mend_advice(FlashromSide side) {
  if (side == FlashromSide::inside)
    return "do not restart the DUT or take its power away: write a good image while it still runs";
  return "leave the DUT without power and write a good image";
}

bool FlashromStages::take(std::string_view piece) {
  const FlashStage before = stage_;
  for (const char c : piece) {
    if (c == '\n') {
      line_.clear();
      continue;
    }
    if (line_.size() >= most_line) continue;
    line_ += c;
    if (c != '.') continue;
    for (const StageText& known : stage_texts) {
      if (line_.ends_with(known.begins)) stage_ = std::max(stage_, known.stage);
    }
  }
  return stage_ != before;
}

std::vector<FlashChip> found_chips(std::string_view output) {
  std::vector<FlashChip> chips;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    if (auto chip = chip_of(output.substr(0, end))) chips.push_back(std::move(*chip));
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
  }
  return chips;
}

Result<FlashOutcome> outcome_of(const FlashromEnd& end) {
  if (end.exit_status != 0) return fault_of(end);
  switch (end.task) {
    case FlashromTask::probe: return proven(end, "Found ", FlashOutcome::read);
    case FlashromTask::read: return proven(end, "Reading flash... done.", FlashOutcome::read);
    case FlashromTask::verify: return proven(end, "VERIFIED.", FlashOutcome::verified);
    case FlashromTask::erase: return proven(end, "Erase/write done.", FlashOutcome::erased);
    case FlashromTask::write: break;
  }
  if (contains(end.output, "identical to the requested image")) return FlashOutcome::identical;
  return proven(end, "VERIFIED.", FlashOutcome::written);
}

}  // namespace coldboot
