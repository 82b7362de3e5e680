#include "drivers/flashrom/flashrom.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/firmware/firmware_image.hpp"
#include "harness/io/atomic_file.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

/// Has the host cleared up, however an operation ends.
class Tidy {
 public:
  explicit Tidy(FlashromHost& host) : host_(host) {}
  ~Tidy() { host_.tidy_up(); }
  Tidy(const Tidy&) = delete;
  Tidy& operator=(const Tidy&) = delete;

 private:
  FlashromHost& host_;
};

/// A file that is gone with this value.
class ScratchFile {
 public:
  explicit ScratchFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::size_t first_difference(std::string_view one, std::string_view other) {
  return static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
}

Result<void> check_readout(std::string_view bytes, std::string_view again, std::uint64_t size_bytes) {
  if (bytes.size() != size_bytes) {
    return Fault(Cause::protocol, "",
                 fmt::format("it read {} B, expected {} B as the chip has", bytes.size(), size_bytes));
  }
  if (bytes != again) {
    return Fault(Cause::io, "",
                 fmt::format("two reads of the chip differ, first at {:#x}", first_difference(bytes, again)),
                 "check the clip, shorten the wires, lower spispeed");
  }
  if (const auto byte = filled_with(bytes)) {
    return Fault(
        Cause::protocol, "",
        fmt::format("the chip reads as nothing but {:#04x}", static_cast<unsigned>(static_cast<unsigned char>(*byte))),
        "either it is erased, or its data line has no contact: check the clip. A chip that is known to be erased is "
        "written "
        "without a backup (--no-backup, or `backup: false` of a step)");
  }
  return {};
}

}  // namespace

Flashrom::Flashrom(ExpectedChip chip, std::unique_ptr<FlashromHost> host)
    : chip_(std::move(chip)), host_(std::move(host)) {}

std::string Flashrom::description() const {
  return fmt::format("{}, chip {}", host_->description(), chip_.name.empty() ? "as found" : chip_.name);
}

Fault Flashrom::placed(const Fault& fault) const {
  return Fault(fault.cause(), chip_.where, fmt::format("flashrom: {}", fault.what()), fault.hint());
}

/// What answers, where it is not the chip that was expected.
Fault Flashrom::with_what_answers(const Fault& fault, const Until& until) {
  if (chip_.name.empty()) return fault;
  const auto end = host_->run({.task = FlashromTask::probe, .log = "probe-any", .chip = "", .file = {}}, {}, until);
  std::vector<std::string> names;
  for (const FlashChip& chip : end ? found_chips(end->output) : std::vector<FlashChip>()) names.push_back(chip.name);
  if (names.empty()) return fault;
  return Fault(Cause::mistake, fault.where(),
               fmt::format("flashrom: no {} answers, but {}", chip_.name, fmt::join(names, " or ")),
               "chip: the one whose name is printed on the chip");
}

Result<void> Flashrom::check_regions(const std::vector<std::string>& regions) const {
  if (!regions.empty() && !chip_.has_layout) {
    return Fault(Cause::mistake, chip_.where, "found regions, but the chip has no layout",
                 "give the flash of the bench a layout file, or say that the chip holds an FMAP");
  }
  for (const std::string& region : regions) {
    if (region.find(':') != std::string::npos)
      return Fault(Cause::mistake, chip_.where, fmt::format("found the region \"{}\", expected a name", region));
  }
  return {};
}

Result<void> Flashrom::look_ahead(const std::vector<std::string>& regions, const Until& until) {
  if (auto good = check_regions(regions); !good) return good;
  return host_->look_ahead(chip_.name, until);
}

Result<FlashChip> Flashrom::probe(const FlashRequest& request, const Until& until) {
  const Tidy afterwards(*host_);
  return find_chip(request, until);
}

/// The one chip that answers, when it is the expected one.
Result<FlashChip> Flashrom::find_chip(const FlashRequest& request, const Until& until) {
  auto end = host_->run({.task = FlashromTask::probe, .log = "probe", .chip = chip_.name, .file = {}}, request, until);
  if (!end) return end.error();
  if (const auto outcome = outcome_of(*end); !outcome) {
    const Fault fault = placed(outcome.error());
    const bool is_silent = fault.cause() == Cause::missing && end->output.find("No EEPROM") != std::string::npos;
    return is_silent ? with_what_answers(fault, until) : fault;
  }
  const auto chips = found_chips(end->output);
  if (chips.size() != 1)
    return placed(Fault(Cause::protocol, "", fmt::format("it knows {} chips that answer, expected one", chips.size()),
                        "chip: the one whose name is printed on the chip"));
  if (chips[0].size_bytes != chip_.size_bytes) {
    return placed(Fault(Cause::mistake, "",
                        fmt::format("the chip {} has {}, expected {} as the bench file says", chips[0].name,
                                    size_text(chips[0].size_bytes), size_text(chip_.size_bytes))));
  }
  return chips[0];
}

/// Probes, and does the step with the one chip that was found.
Result<FlashReport> Flashrom::probe_and(FlashromStep step, const FlashRequest& request, const Until& until) {
  if (auto good = check_regions(request.regions); !good) return good.error();
  const Instant began = std::chrono::steady_clock::now();
  auto chip = request.chip ? Result<FlashChip>(*request.chip) : find_chip(request, until);
  if (!chip) return chip.error();
  step.chip = chip->name;
  const auto end = host_->run(step, request, until);
  if (!end) return end.error();
  const auto outcome = outcome_of(*end);
  if (!outcome) return placed(outcome.error());
  return FlashReport{.chip = std::move(*chip),
                     .outcome = *outcome,
                     .took = std::chrono::steady_clock::now() - began,
                     .log = flashrom_log(step, request)};
}

Result<FlashReport> Flashrom::read(const std::filesystem::path& file, const FlashRequest& request, const Until& until) {
  if (!request.regions.empty()) {
    return Fault(Cause::mistake, chip_.where, "found regions to read, expected none",
                 "what lies outside of them would be filled up, and must never be written back");
  }
  const Tidy afterwards(*host_);
  const ScratchFile first(file.string() + ".reading");
  const ScratchFile second(file.string() + ".reading-again");
  auto report =
      probe_and({.task = FlashromTask::read, .log = "read", .chip = "", .file = first.path()}, request, until);
  if (!report) return report;
  const Instant began = std::chrono::steady_clock::now();
  const FlashromStep again{
      .task = FlashromTask::read, .log = "read-again", .chip = report->chip.name, .file = second.path()};
  const auto bytes = read_file(first.path());
  if (!bytes) return bytes.error();
  if (!request.once) {
    if (auto read_again = read_into(again, request, until); !read_again) return read_again.error();
  }
  const auto bytes_again = request.once ? bytes : read_file(second.path());
  if (!bytes_again) return bytes_again.error();
  if (auto good = check_readout(*bytes, *bytes_again, report->chip.size_bytes); !good) return placed(good.error());
  if (auto written = write_file_atomically(file, *bytes); !written) return written.error();
  report->took += std::chrono::steady_clock::now() - began;
  report->log = flashrom_log(again, request);
  return report;
}

Result<void> Flashrom::read_into(const FlashromStep& step, const FlashRequest& request, const Until& until) {
  const auto end = host_->run(step, request, until);
  if (!end) return end.error();
  const auto outcome = outcome_of(*end);
  if (!outcome) return placed(outcome.error());
  return {};
}

/// Before the programmer is touched.
Result<void> Flashrom::check_size(const std::filesystem::path& image) const {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(image, error);
  if (error) return Fault(Cause::missing, image.string(), error.message());
  if (size == chip_.size_bytes) return {};
  return Fault(
      Cause::mistake, image.string(),
      fmt::format("found an image of {}, expected {} as the chip has", size_text(size), size_text(chip_.size_bytes)));
}

Result<FlashReport> Flashrom::write(const std::filesystem::path& image, const FlashRequest& request,
                                    const Until& until) {
  if (auto fits = check_size(image); !fits) return fits.error();
  const Tidy afterwards(*host_);
  return probe_and({.task = FlashromTask::write, .log = "write", .chip = "", .file = image}, request, until);
}

Result<FlashReport> Flashrom::verify(const std::filesystem::path& image, const FlashRequest& request,
                                     const Until& until) {
  if (auto fits = check_size(image); !fits) return fits.error();
  const Tidy afterwards(*host_);
  return probe_and({.task = FlashromTask::verify, .log = "verify", .chip = "", .file = image}, request, until);
}

Result<FlashReport> Flashrom::erase(const FlashRequest& request, const Until& until) {
  const Tidy afterwards(*host_);
  return probe_and({.task = FlashromTask::erase, .log = "erase", .chip = "", .file = {}}, request, until);
}

}  // namespace coldboot
