#include "drivers/gpio/gpio_relay.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos contact_time_behind_line = 15ms;  // of a small relay, bounce included

/// Whether `part` is one folder, or several in a row, of a path.
bool is_part_of(std::string_view part, std::string_view path) {
  return !part.empty() && fmt::format("/{}/", path).find(fmt::format("/{}/", part)) != std::string::npos;
}

bool is_node(const std::string& file, const std::string& node) {
  std::error_code error;
  return file.starts_with('/') && std::filesystem::canonical(file, error) == "/dev/" + node && !error;
}

bool fits(const GpioChipInfo& chip, const std::string& wanted) {
  return chip.label == wanted || chip.node == wanted || is_part_of(wanted, chip.device) || is_node(wanted, chip.node);
}

std::string texts_of(const std::vector<GpioChipInfo>& chips) {
  std::vector<std::string> texts;
  for (const GpioChipInfo& chip : chips) texts.push_back(fmt::format("{} at {}", chip.text(), chip.device));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

Result<std::unique_ptr<GpioRelay>> GpioRelay::open(std::unique_ptr<GpioChips> chips, GpioRelayConfig config) {
  std::unique_ptr<GpioRelay> relay(new GpioRelay(std::move(chips), std::move(config)));
  if (auto connected = relay->connect(); !connected) return connected.error();
  return relay;
}

Result<void> GpioRelay::set(int channel, Contact wanted, const Until&) {
  if (auto good = ready(channel); !good) return good;
  if (auto put = line_->put(wanted == Contact::closed); !put) return lose(put.error());
  return {};
}

Result<std::optional<Contact>> GpioRelay::read(int channel, const Until&) {
  if (auto good = ready(channel); !good) return good.error();
  const auto active = line_->is_active();
  if (!active) return lose(active.error());
  return std::optional(*active ? Contact::closed : Contact::open);
}

std::string GpioRelay::description() const {
  return "GPIO " + found_;
}

Nanos GpioRelay::delay() const {
  return contact_time_behind_line;
}

Result<void> GpioRelay::ready(int channel) {
  if (channel != 1) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("found channel {}, expected 1: `line` or `offset` says which line it is", channel));
  }
  return connect();
}

/// Does nothing while the line is ours.
Result<void> GpioRelay::connect() {
  if (line_) return {};
  const auto chip = find_chip();
  if (!chip) return chip.error();
  const auto number = find_line(*chip);
  if (!number) return number.error();
  auto line = chips_->take(*chip, *number, config_.use);
  if (!line) return seen_from_here(line.error());
  line_ = std::move(*line);
  const std::string& name = chip->lines[*number].name;
  found_ = fmt::format("line {}{} of {}", *number, name.empty() ? "" : fmt::format(" ({})", printable_line(name)),
                       chip->text());
  return {};
}

Result<GpioChipInfo> GpioRelay::find_chip() {
  auto chips = chips_->list();
  if (!chips) return seen_from_here(chips.error());
  std::vector<GpioChipInfo> fitting;
  std::ranges::copy_if(chips->found, std::back_inserter(fitting),
                       [&](const GpioChipInfo& chip) { return fits(chip, config_.identity.chip); });
  if (fitting.size() == 1) return std::move(fitting.front());
  if (fitting.empty()) return not_found(*chips);
  return Fault(Cause::refused, config_.where,
               fmt::format("found {} GPIO chips that are {}: {}", fitting.size(), printable_line(config_.identity.chip),
                           texts_of(fitting)),
               "name the one meant by a part of where it is");
}

Result<unsigned> GpioRelay::find_line(const GpioChipInfo& chip) const {
  const auto& [wanted_chip, name, offset] = config_.identity;
  if (offset) {
    if (static_cast<std::size_t>(*offset) < chip.lines.size()) return static_cast<unsigned>(*offset);
    return Fault(Cause::refused, config_.where,
                 fmt::format("found the offset {}, expected one of the {} lines of {}, counted from 0", *offset,
                             chip.lines.size(), chip.text()));
  }
  const auto found = std::ranges::find(chip.lines, name, &GpioLineInfo::name);
  const auto with_that_name = std::ranges::count(chip.lines, name, &GpioLineInfo::name);
  if (with_that_name == 1) return static_cast<unsigned>(found - chip.lines.begin());
  if (with_that_name > 1) {
    return Fault(Cause::refused, config_.where,
                 fmt::format("{} has {} lines called {}", chip.text(), with_that_name, printable_line(name)),
                 "name the one meant by its offset");
  }
  std::vector<std::string> names;
  for (const GpioLineInfo& line : chip.lines) names.push_back(line.name);
  const std::string close = closest(name, names);
  return Fault(Cause::missing, config_.where,
               fmt::format("{} has no line called {}", chip.text(), printable_line(name)),
               close.empty() ? "gpioinfo lists its lines" : fmt::format("did you mean {}?", printable_line(close)));
}

Fault GpioRelay::not_found(const GpioListing& chips) const {
  const std::string wanted = fmt::format("GPIO chip that is {}", printable_line(config_.identity.chip));
  if (!chips.silent.empty()) {  // it may be one of them
    return seen_from_here(chips.silent.front().within(fmt::format("found no {} among those that answer", wanted)));
  }
  const bool was_here = !found_.empty();
  return Fault(was_here ? Cause::lost : Cause::missing, config_.where,
               fmt::format("{} {}", was_here ? "it is gone: no" : "found no", wanted),
               chips.found.empty() ? "there is none at all" : fmt::format("there is {}", texts_of(chips.found)));
}

Fault GpioRelay::lose(const Fault& fault) {
  line_.reset();
  return seen_from_here(fault);
}

/// A fault of the line as this bench's.
Fault GpioRelay::seen_from_here(const Fault& fault) const {
  return Fault(fault.cause(), config_.where, fmt::format("{}: {}", fault.where(), fault.what()), fault.hint());
}

}  // namespace coldboot
