#include "harness/core/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace coldboot {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array duration_units{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

constexpr std::array size_units{
    Unit{"B", 1},
    Unit{"KiB", std::int64_t{1} << 10},
    Unit{"MiB", std::int64_t{1} << 20},
    Unit{"GiB", std::int64_t{1} << 30},
    Unit{"TiB", std::int64_t{1} << 40},
};

struct NumberAndUnit {
  double number = 0;
  std::string_view unit;
};

std::optional<NumberAndUnit> split(std::string_view text) {
  NumberAndUnit parts;
  const char* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, parts.number, std::chars_format::fixed);
  if (failed != std::errc{} || !std::isfinite(parts.number)) return std::nullopt;
  parts.unit = std::string_view(rest, static_cast<std::size_t>(end - rest));
  while (!parts.unit.empty() && parts.unit.front() == ' ') parts.unit.remove_prefix(1);
  return parts;
}

template <std::size_t N>
std::string names(const std::array<Unit, N>& units) {
  std::string all;
  for (const Unit& unit : units) all += fmt::format("{}{}", all.empty() ? "" : ", ", unit.name);
  return all;
}

template <std::size_t N>
Result<std::int64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units, std::string_view what,
                                    std::string_view example) {
  const auto parts = split(text);
  if (!parts) {
    return Fault(Cause::mistake, "", fmt::format("found \"{}\", expected {} such as \"{}\"", text, what, example));
  }
  for (const Unit& unit : units) {
    if (unit.name != parts->unit) continue;
    const double value = parts->number * static_cast<double>(unit.factor);
    if (value < 0 || value >= 9.2e18) {
      return Fault(Cause::mistake, "",
                   fmt::format("found \"{}\", expected {} from 0 up to about 290 years or 8 EiB", text, what));
    }
    return static_cast<std::int64_t>(std::llround(value));
  }
  if (parts->unit.empty()) {
    return Fault(
        Cause::mistake, "",
        fmt::format("found \"{}\", expected {} with its unit ({}), such as \"{}\"", text, what, names(units), example));
  }
  return Fault(Cause::mistake, "",
               fmt::format("found \"{}\" with the unit \"{}\", expected one of {}", text, parts->unit, names(units)));
}

template <std::size_t N>
std::string quantity_text(std::int64_t value, const std::array<Unit, N>& units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return fmt::format("{} {}", value / best->factor, best->name);
}

}  // namespace

Nanos LineRate::character_time() const {
  const int bits = 1 + data_bits + (parity == 'n' ? 0 : 1) + stop_bits;
  return Nanos(std::int64_t{1'000'000'000} * bits / baud);
}

std::string LineRate::text() const {
  return stop_bits == 1 ? fmt::format("{}{}{}", baud, parity, data_bits)
                        : fmt::format("{}{}{}{}", baud, parity, data_bits, stop_bits);
}

Result<Nanos> parse_duration(std::string_view text) {
  auto value = parse_quantity(text, duration_units, "a duration", "10 s");
  if (!value) return value.error();
  return Nanos(*value);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  auto value = parse_quantity(text, size_units, "a size", "8 MiB");
  if (!value) return value.error();
  return static_cast<std::uint64_t>(*value);
}

Result<LineRate> parse_line_rate(std::string_view text) {
  const auto wrong = [&] {
    return Fault(
        Cause::mistake, "",
        fmt::format("found \"{}\", expected a line rate such as \"115200n8\": baud, parity (n, e, o), data bits",
                    text));
  };
  LineRate rate;
  const char* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, rate.baud);
  if (failed != std::errc{} || rate.baud < 50 || rate.baud > 4'000'000) return wrong();
  const std::string_view tail(rest, static_cast<std::size_t>(end - rest));
  if (tail.size() != 2 && tail.size() != 3) return wrong();
  rate.parity = tail[0];
  if (rate.parity != 'n' && rate.parity != 'e' && rate.parity != 'o') return wrong();
  rate.data_bits = tail[1] - '0';
  if (rate.data_bits < 5 || rate.data_bits > 8) return wrong();
  if (tail.size() == 3) rate.stop_bits = tail[2] - '0';
  if (rate.stop_bits != 1 && rate.stop_bits != 2) return wrong();
  return rate;
}

std::string seconds_text(Nanos duration, int digits) {
  return fmt::format("{:.{}f} s", seconds(duration), digits);
}

std::string duration_text(Nanos duration) {
  return quantity_text(duration.count(), duration_units);
}

std::string size_text(std::uint64_t bytes) {
  return quantity_text(static_cast<std::int64_t>(bytes), size_units);
}

}  // namespace coldboot
