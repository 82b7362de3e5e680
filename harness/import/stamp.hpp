#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// How a time is written in front of a line. docs/importing.md shows an example of each.
enum class StampForm {
  none,        ///< the lines carry no times
  clock,       ///< 10:20:30, 10:20:30.123: wall clock, stopwatch or time since the previous line
  date_time,   ///< 2019-11-22 10:20:30.123, 2019-11-22T10:20:30Z
  month_day,   ///< Nov 22 10:20:30, Fri Nov 22 10:20:30.123 2019
  seconds,     ///< 12.345678, or seconds since 1970
  grabserial,  ///< [time delta], the time as seconds or as a clock
  printk,      ///< [   12.345678]: the DUT's kernel wrote it, so it is part of the console's text
  uptime,      ///< [383490]: the same in whole seconds
};

/// "date-time", as options and messages spell it.
std::string_view name_of(StampForm form);

/// The form called `name`, or a `mistake` that lists the names.
Result<StampForm> parse_stamp_form(std::string_view name);

/// True for stamps the DUT itself prints: they are never taken out of the text.
constexpr bool is_dut_stamp(StampForm form) {
  return form == StampForm::printk || form == StampForm::uptime;
}

/// One stamp at the beginning of a text.
struct Stamp {
  StampForm form = StampForm::none;
  bool bracketed = false;
  bool leap_day = false;   ///< it is a 29 February
  int digits = 0;          ///< after the decimal point
  Nanos value{};           ///< since midnight, the year's first day, 1970, or whatever zero the form has
  std::size_t length = 0;  ///< bytes it takes, with brackets and the one blank behind it
};

/// The stamp `text` begins with, if any. A blank or the end of the line must follow it.
/// Months of `month_day` are counted in a year with 29 February when `leap_year` is set.
std::optional<Stamp> read_stamp(std::string_view text, bool leap_year = false);

}  // namespace coldboot
