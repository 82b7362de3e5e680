#include "drivers/gpio/gpio_chips.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <gpiod.h>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr const char* listed_in = "/sys/bus/gpio/devices";
constexpr std::string_view devices = "/sys/devices/";

struct CloseChip {
  void operator()(gpiod_chip* chip) const { gpiod_chip_close(chip); }
};
using Chip = std::unique_ptr<gpiod_chip, CloseChip>;

std::string text_or_none(const char* text) {
  return text != nullptr ? text : "";
}

Fault gpio_fault(int error, std::string_view doing, const std::string& where) {
  const std::string what = fmt::format("{}: {}", doing, errno_text(error));
  switch (error) {
    case ENODEV:
    case ENXIO:
    case ENOENT: return Fault(Cause::lost, where, what, "is it plugged in?");
    case EACCES:
    case EPERM:
      return Fault(Cause::refused, where, what,
                   "this user may not use it; a udev rule gives the right: SUBSYSTEM==\"gpio\", "
                   "KERNEL==\"gpiochip*\", GROUP=\"coldboot\", MODE=\"0660\"");
    default: return Fault(Cause::io, where, what);
  }
}

Result<Chip> open_chip(const std::string& node) {
  Chip chip(gpiod_chip_open(("/dev/" + node).c_str()));
  if (!chip) return gpio_fault(errno, "opening it", node);
  return chip;
}

GpioLineInfo info_of(gpiod_line* line) {
  return {text_or_none(gpiod_line_name(line)), gpiod_line_is_used(line), text_or_none(gpiod_line_consumer(line))};
}

Result<GpioChipInfo> look_at_chip(const std::filesystem::path& listed) {
  GpioChipInfo info{.node = listed.filename()};
  const auto chip = open_chip(info.node);
  if (!chip) return chip.error();
  info.label = text_or_none(gpiod_chip_label(chip->get()));
  std::error_code ignored;
  info.device = std::filesystem::canonical(listed, ignored).parent_path();
  if (info.device.starts_with(devices)) info.device.erase(0, devices.size());
  for (unsigned number = 0; number < gpiod_chip_num_lines(chip->get()); ++number) {
    gpiod_line* const line = gpiod_chip_get_line(chip->get(), number);
    if (line == nullptr) return gpio_fault(errno, fmt::format("asking for line {}", number), info.node);
    info.lines.push_back(info_of(line));
  }
  return info;
}

int flags_for(const GpioUse& use) {
  const int polarity = use.active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
  switch (use.drive) {
    case GpioDrive::push_pull: break;
    case GpioDrive::open_drain: return polarity | GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN;
    case GpioDrive::open_source: return polarity | GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE;
  }
  return polarity;
}

class SystemOutput final : public GpioOutput {
 public:
  SystemOutput(Chip chip, gpiod_line* line, std::string where)
      : chip_(std::move(chip)), line_(line), where_(std::move(where)) {}

  /// Taken as it is, for its level; then driven to that.
  Result<void> begin(const GpioUse& use) {
    const gpiod_line_request_config as_it_is{use.consumer.c_str(), GPIOD_LINE_REQUEST_DIRECTION_AS_IS,
                                             use.active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0};
    if (gpiod_line_request(line_, &as_it_is, 0) != 0) return errno == EBUSY ? is_used() : fault("taking it");
    const auto active = is_active();
    if (!active) return active.error();
    if (gpiod_line_set_config(line_, GPIOD_LINE_REQUEST_DIRECTION_OUTPUT, flags_for(use), *active ? 1 : 0) != 0)
      return fault("making it an output");
    return {};
  }

  Result<void> put(bool active) override {
    if (gpiod_line_set_value(line_, active ? 1 : 0) != 0) return fault("setting it");
    return {};
  }

  Result<bool> is_active() override {
    const int value = gpiod_line_get_value(line_);
    if (value < 0) return fault("reading it");
    return value == 1;
  }

 private:
  [[nodiscard]] Fault fault(std::string_view doing) const { return gpio_fault(errno, doing, where_); }

  [[nodiscard]] Fault is_used() const {
    (void)gpiod_line_update(line_);  // who has it now
    const GpioLineInfo info = info_of(line_);
    return Fault(Cause::busy, where_,
                 info.consumer.empty() ? "it is in use, by whom is not known"
                                       : fmt::format("it is in use by \"{}\"", printable_line(info.consumer)),
                 "end what has it, or name another line");
  }

  Chip chip_;  // gives the line back when it closes
  gpiod_line* line_;
  std::string where_;
};

class SystemGpioChips final : public GpioChips {
 public:
  Result<GpioListing> list() override {
    GpioListing listing;
    std::error_code error;
    for (std::filesystem::directory_iterator it(listed_in, error), end; !error && it != end; it.increment(error)) {
      auto chip = look_at_chip(it->path());
      if (chip) {
        listing.found.push_back(std::move(*chip));
      } else if (chip.error().cause() != Cause::lost) {  // gone while we looked
        listing.silent.push_back(chip.error());
      }
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return Fault(Cause::io, listed_in, errno_text(error.value()));
    std::ranges::sort(listing.found, {}, &GpioChipInfo::node);
    return listing;
  }

  Result<std::unique_ptr<GpioOutput>> take(const GpioChipInfo& wanted, unsigned number, const GpioUse& use) override {
    auto chip = open_chip(wanted.node);
    if (!chip) return chip.error();
    const std::string where = fmt::format("{} line {}", wanted.node, number);
    if (text_or_none(gpiod_chip_label(chip->get())) != wanted.label)
      return Fault(Cause::lost, where, fmt::format("{} is another chip now", wanted.node), "is it plugged in?");
    gpiod_line* const line = gpiod_chip_get_line(chip->get(), number);
    if (line == nullptr) return gpio_fault(errno, "asking for it", where);
    auto output = std::make_unique<SystemOutput>(std::move(*chip), line, where);
    if (auto begun = output->begin(use); !begun) return begun.error();
    return std::unique_ptr<GpioOutput>(std::move(output));
  }
};

}  // namespace

std::string GpioChipInfo::text() const {
  return fmt::format("{} ({})", node, printable_line(label));
}

std::unique_ptr<GpioChips> system_gpio_chips() {
  return std::make_unique<SystemGpioChips>();
}

}  // namespace coldboot
