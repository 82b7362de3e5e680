#include "drivers/flashrom/flashrom.hpp"

#include <algorithm>
#include <array>
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

/// Parameters that say which device, not how to use it.
constexpr std::array<std::string_view, 8> identifying{"dev", "ip", "serial", "id", "device", "image", "address", "pci"};

std::string_view option_of(FlashromTask task) {
  switch (task) {
    case FlashromTask::probe: return "";
    case FlashromTask::read: return "-r";
    case FlashromTask::write: return "-w";
    case FlashromTask::verify: return "-v";
    case FlashromTask::erase: return "-E";
  }
  return "";
}

/// A device node by its own name, whatever link it was named by; without what serprog puts behind it, the line rate.
std::string device_itself(std::string device) {
  if (!device.starts_with('/')) return device;
  std::error_code error;
  for (const std::size_t end : {std::string::npos, device.rfind(':')}) {
    const auto itself = std::filesystem::canonical(device.substr(0, end), error);
    if (!error) return itself;
  }
  return device;
}

/// The value of an identifying parameter, the same for all that name one thing.
std::string identity_of(std::string_view key, std::string value, const std::filesystem::path& directory) {
  return device_itself(key == "image" ? std::filesystem::absolute(directory / value).lexically_normal().string()
                                      : std::move(value));
}

std::string fit_for_a_file_name(std::string text) {
  std::ranges::replace_if(
      text,
      [](char c) {
        return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_';
      },
      '-');
  return text;
}

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
        "either it is erased, or its data line has no contact: check the clip");
  }
  return {};
}

}  // namespace

std::string programmer_lock_name(const std::string& programmer, const std::filesystem::path& directory) {
  const std::size_t colon = programmer.find(':');
  std::string name = programmer.substr(0, colon);
  std::string_view rest = colon == std::string::npos ? "" : std::string_view(programmer).substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view parameter = rest.substr(0, comma);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos &&
        std::ranges::find(identifying, parameter.substr(0, equals)) != identifying.end())
      name += "-" + identity_of(parameter.substr(0, equals), std::string(parameter.substr(equals + 1)), directory);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return fmt::format("flashrom-{}.lock", fit_for_a_file_name(name));
}

Result<std::unique_ptr<Flashrom>> Flashrom::open(FlashromConfig config) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  auto lock = LockFile::acquire(*folder / programmer_lock_name(config.programmer, config.directory), config.holder);
  if (!lock) {
    const Fault fault = lock.error();
    return Fault(fault.cause(), config.where, fmt::format("programmer {}: {}", config.programmer, fault.what()),
                 fault.hint());
  }
  return std::unique_ptr<Flashrom>(new Flashrom(std::move(config), std::move(*lock)));
}

Flashrom::Flashrom(FlashromConfig config, LockFile lock) : config_(std::move(config)), lock_(std::move(lock)) {}

std::string Flashrom::description() const {
  return fmt::format("flashrom on {}, chip {}", config_.programmer, config_.chip.empty() ? "as found" : config_.chip);
}

Fault Flashrom::placed(const Fault& fault) const {
  return Fault(fault.cause(), config_.where, fmt::format("flashrom: {}", fault.what()), fault.hint());
}

std::filesystem::path Flashrom::log_of(const Step& step, const FlashRequest& request) const {
  return request.log_folder.empty() ? std::filesystem::path()
                                    : request.log_folder / fmt::format("flashrom-{}.log", step.log);
}

std::vector<std::string> Flashrom::arguments_of(const Step& step, const FlashRequest& request) const {
  std::vector<std::string> arguments{"-p", config_.programmer};
  const auto add = [&arguments](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
  if (!step.chip.empty()) add({"-c", step.chip});
  if (const auto log = log_of(step, request); !log.empty()) add({"-o", std::filesystem::absolute(log)});
  if (step.task == FlashromTask::probe) return arguments;
  if (!request.regions.empty()) {
    if (config_.layout == FlashLayout::file) add({"-l", std::filesystem::absolute(config_.layout_file)});
    if (config_.layout == FlashLayout::fmap_on_chip) add({"--fmap"});
    for (const std::string& region : request.regions) add({"-i", region});
  }
  add({std::string(option_of(step.task))});
  if (!step.file.empty()) add({std::filesystem::absolute(step.file)});
  return arguments;
}

Result<FlashromEnd> Flashrom::run(const Step& step, const FlashRequest& request, const Until& until) const {
  const FlashromCall call{.task = step.task,
                          .program = config_.program,
                          .arguments = arguments_of(step, request),
                          .directory = config_.directory,
                          .read_limit = config_.read_limit,
                          .write_limit = config_.write_limit,
                          .lock = lock_.descriptor()};
  auto end = run_flashrom(call, until, request.on_progress);
  if (!end) return placed(end.error());
  return end;
}

/// What answers, where it is not the chip that was expected.
Fault Flashrom::with_what_answers(const Fault& fault, const Until& until) const {
  if (config_.chip.empty()) return fault;
  const auto end = run({.task = FlashromTask::probe, .log = "probe-any", .chip = "", .file = {}}, {}, until);
  std::vector<std::string> names;
  for (const FlashChip& chip : end ? found_chips(end->output) : std::vector<FlashChip>()) names.push_back(chip.name);
  if (names.empty()) return fault;
  return Fault(Cause::mistake, fault.where(),
               fmt::format("flashrom: no {} answers, but {}", config_.chip, fmt::join(names, " or ")),
               "chip: the one whose name is printed on the chip");
}

Result<FlashChip> Flashrom::probe(const FlashRequest& request, const Until& until) {
  auto end = run({.task = FlashromTask::probe, .log = "probe", .chip = config_.chip, .file = {}}, request, until);
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
  if (chips[0].size_bytes != config_.size_bytes) {
    return placed(Fault(Cause::mistake, "",
                        fmt::format("the chip {} has {}, expected {} as the bench file says", chips[0].name,
                                    size_text(chips[0].size_bytes), size_text(config_.size_bytes))));
  }
  return chips[0];
}

/// Probes, and does the step with the one chip that was found.
Result<FlashReport> Flashrom::probe_and(Step step, const FlashRequest& request, const Until& until) {
  if (!request.regions.empty() && config_.layout == FlashLayout::none) {
    return Fault(Cause::mistake, config_.where, "found regions, but the chip has no layout",
                 "give the flash of the bench a layout file, or say that the chip holds an FMAP");
  }
  for (const std::string& region : request.regions) {
    if (region.find(':') != std::string::npos)
      return Fault(Cause::mistake, config_.where, fmt::format("found the region \"{}\", expected a name", region));
  }
  const Instant began = std::chrono::steady_clock::now();
  auto chip = probe(request, until);
  if (!chip) return chip.error();
  step.chip = chip->name;
  const auto end = run(step, request, until);
  if (!end) return end.error();
  const auto outcome = outcome_of(*end);
  if (!outcome) return placed(outcome.error());
  return FlashReport{.chip = std::move(*chip),
                     .outcome = *outcome,
                     .took = std::chrono::steady_clock::now() - began,
                     .log = log_of(step, request)};
}

Result<FlashReport> Flashrom::read(const std::filesystem::path& file, const FlashRequest& request, const Until& until) {
  if (!request.regions.empty()) {
    return Fault(Cause::mistake, config_.where, "found regions to read, expected none",
                 "what lies outside of them would be filled up, and must never be written back");
  }
  const ScratchFile first(file.string() + ".reading");
  const ScratchFile second(file.string() + ".reading-again");
  auto report =
      probe_and({.task = FlashromTask::read, .log = "read", .chip = "", .file = first.path()}, request, until);
  if (!report) return report;
  const Instant began = std::chrono::steady_clock::now();
  const Step again{.task = FlashromTask::read, .log = "read-again", .chip = report->chip.name, .file = second.path()};
  if (auto read_again = read_into(again, request, until); !read_again) return read_again.error();
  const auto bytes = read_file(first.path());
  if (!bytes) return bytes.error();
  const auto bytes_again = read_file(second.path());
  if (!bytes_again) return bytes_again.error();
  if (auto good = check_readout(*bytes, *bytes_again, report->chip.size_bytes); !good) return placed(good.error());
  if (auto written = write_file_atomically(file, *bytes); !written) return written.error();
  report->took += std::chrono::steady_clock::now() - began;
  report->log = log_of(again, request);
  return report;
}

Result<void> Flashrom::read_into(const Step& step, const FlashRequest& request, const Until& until) const {
  const auto end = run(step, request, until);
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
  if (size == config_.size_bytes) return {};
  return Fault(
      Cause::mistake, image.string(),
      fmt::format("found an image of {}, expected {} as the chip has", size_text(size), size_text(config_.size_bytes)));
}

Result<FlashReport> Flashrom::write(const std::filesystem::path& image, const FlashRequest& request,
                                    const Until& until) {
  if (auto fits = check_size(image); !fits) return fits.error();
  return probe_and({.task = FlashromTask::write, .log = "write", .chip = "", .file = image}, request, until);
}

Result<FlashReport> Flashrom::verify(const std::filesystem::path& image, const FlashRequest& request,
                                     const Until& until) {
  if (auto fits = check_size(image); !fits) return fits.error();
  return probe_and({.task = FlashromTask::verify, .log = "verify", .chip = "", .file = image}, request, until);
}

Result<FlashReport> Flashrom::erase(const FlashRequest& request, const Until& until) {
  return probe_and({.task = FlashromTask::erase, .log = "erase", .chip = "", .file = {}}, request, until);
}

}  // namespace coldboot
