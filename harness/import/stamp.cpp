#include "harness/import/stamp.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace coldboot {
namespace {

struct NamedForm {
  StampForm form;
  std::string_view name;
};

constexpr std::array named_forms{
    NamedForm{StampForm::none, "none"},           NamedForm{StampForm::clock, "clock"},
    NamedForm{StampForm::date_time, "date-time"}, NamedForm{StampForm::month_day, "month-day"},
    NamedForm{StampForm::seconds, "seconds"},     NamedForm{StampForm::grabserial, "grabserial"},
    NamedForm{StampForm::printk, "printk"},       NamedForm{StampForm::uptime, "uptime"},
};

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

// Seconds since 1970 have ten digits from September 2001 on; an uptime that long would be 31 years.
constexpr std::int64_t epoch_from = 1'000'000'000;
constexpr std::int64_t most_seconds = 4'000'000'000;  // keeps nanoseconds within 63 bits

/// A time of day or a count of seconds, as read.
struct TimeText {
  Nanos value{};
  int digits = 0;
  int whole_digits = 0;  ///< before the decimal point, of a count of seconds
};

/// Reads a text from left to right; each step either takes what it names or leaves everything as it was.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool digit(std::size_t ahead = 0) const { return peek(ahead) >= '0' && peek(ahead) <= '9'; }

  bool take(char wanted) {
    if (done() || peek() != wanted) {
      return false;
    }
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (take(' ')) {
    }
  }

  /// Exactly `count` digits, at most `most`.
  std::optional<int> number(int count, int most) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!digit(static_cast<std::size_t>(i))) {
        return std::nullopt;
      }
      value = value * 10 + (peek(static_cast<std::size_t>(i)) - '0');
    }
    if (value > most) {
      return std::nullopt;
    }
    at_ += static_cast<std::size_t>(count);
    return value;
  }

  /// One of `words`, followed by a blank; its index.
  template <std::size_t N>
  std::optional<int> word(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; i < N; ++i) {
      if (text_.substr(at_, words[i].size()) == words[i] && peek(words[i].size()) == ' ') {
        at_ += words[i].size() + 1;
        return static_cast<int>(i);
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// ".123456" or ",123" added to `time`; nothing there is fine, a point without digits is not.
bool read_fraction(Cursor& cursor, TimeText& time) {
  if ((cursor.peek() != '.' && cursor.peek() != ',') || !cursor.digit(1)) {
    return cursor.peek() != '.';
  }
  cursor.take(cursor.peek());
  std::int64_t weight = 100'000'000;
  while (cursor.digit()) {
    time.value += Nanos((cursor.peek() - '0') * weight);
    weight /= 10;
    ++time.digits;
    cursor.take(cursor.peek());
  }
  return time.digits <= 9;
}

/// HH:MM:SS with an optional fraction. A second of 60 is a leap second.
std::optional<TimeText> read_clock(Cursor& cursor) {
  Cursor ahead = cursor;
  const auto hours = ahead.number(2, 99);
  if (!hours || !ahead.take(':')) {
    return std::nullopt;
  }
  const auto minutes = ahead.number(2, 59);
  if (!minutes || !ahead.take(':')) {
    return std::nullopt;
  }
  const auto whole = ahead.number(2, 60);
  TimeText time;
  if (!whole || ahead.digit() || !read_fraction(ahead, time)) {
    return std::nullopt;
  }
  time.value += std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*whole);
  cursor = ahead;
  return time;
}

/// A count of seconds with an optional fraction.
std::optional<TimeText> read_seconds(Cursor& cursor) {
  Cursor ahead = cursor;
  TimeText time;
  std::int64_t whole = 0;
  while (ahead.digit()) {
    whole = whole * 10 + (ahead.peek() - '0');
    ++time.whole_digits;
    if (whole > most_seconds) {
      return std::nullopt;
    }
    ahead.take(ahead.peek());
  }
  if (time.whole_digits == 0 || ahead.peek() == ',' || !read_fraction(ahead, time)) {
    return std::nullopt;
  }
  time.value += std::chrono::seconds(whole);
  cursor = ahead;
  return time;
}

/// "Z", "+01:00", "-0500" or nothing: what to take off to get UTC.
std::optional<Nanos> read_zone(Cursor& cursor) {
  if (cursor.take('Z')) {
    return Nanos{};
  }
  const int sign = cursor.peek() == '+' ? 1 : cursor.peek() == '-' ? -1 : 0;
  if (sign == 0) {
    return Nanos{};
  }
  cursor.take(cursor.peek());
  const auto hours = cursor.number(2, 14);
  cursor.take(':');
  const auto minutes = cursor.number(2, 59);
  if (!hours || !minutes) {
    return std::nullopt;
  }
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

std::optional<Stamp> read_date_time(Cursor& cursor) {
  Cursor ahead = cursor;
  const auto year = ahead.number(4, 2090);
  if (!year || *year < 1970 || !ahead.take('-')) {
    return std::nullopt;
  }
  const auto month = ahead.number(2, 12);
  if (!month || !ahead.take('-')) {
    return std::nullopt;
  }
  const auto day = ahead.number(2, 31);
  if (!day || (!ahead.take('T') && !ahead.take(' '))) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  const auto time = read_clock(ahead);
  const auto zone = time ? read_zone(ahead) : std::nullopt;
  if (!zone || !date.ok()) {
    return std::nullopt;
  }
  Stamp stamp;
  stamp.form = StampForm::date_time;
  stamp.digits = time->digits;
  stamp.value = std::chrono::sys_days(date).time_since_epoch() + time->value - *zone;
  cursor = ahead;
  return stamp;
}

/// Days before `month` (from 0) in a year with or without 29 February.
int days_before(int month, bool leap_year) {
  using std::chrono::sys_days;
  const std::chrono::year year(leap_year ? 2000 : 2001);
  const auto first = sys_days(year / std::chrono::month(static_cast<unsigned>(month + 1)) / 1);
  return static_cast<int>((first - sys_days(year / std::chrono::January / 1)).count());
}

std::optional<Stamp> read_month_day(Cursor& cursor, bool leap_year) {
  Cursor ahead = cursor;
  const bool weekday = ahead.word(weekdays).has_value();
  const auto month = ahead.word(months);
  if (!month) {
    return std::nullopt;
  }
  const bool one_digit = ahead.take(' ');  // syslog pads: "Nov  2"
  const auto day = ahead.number(one_digit ? 1 : 2, 31);
  if (!day || *day == 0 || !ahead.take(' ')) {
    return std::nullopt;
  }
  const auto time = read_clock(ahead);
  if (!time) {
    return std::nullopt;
  }
  Cursor with_year = ahead;
  if (weekday && with_year.take(' ') && with_year.number(4, 9999)) {  // as asctime and Tera Term write it
    ahead = with_year;
  }
  Stamp stamp;
  stamp.form = StampForm::month_day;
  stamp.digits = time->digits;
  stamp.leap_day = *month == 1 && *day == 29;
  stamp.value = std::chrono::hours(24) * (days_before(*month, leap_year) + *day - 1) + time->value;
  cursor = ahead;
  return stamp;
}

Stamp stamp_of(StampForm form, const TimeText& time) {
  Stamp stamp;
  stamp.form = form;
  stamp.digits = time.digits;
  stamp.value = time.value;
  return stamp;
}

/// What a count of seconds alone means. A small whole number could be anything, so it is no stamp without brackets.
std::optional<StampForm> form_of_seconds(const TimeText& time, bool bracketed) {
  if (time.value >= std::chrono::seconds(epoch_from)) {
    return StampForm::seconds;
  }
  if (!bracketed) {
    return time.digits >= 3 ? std::optional(StampForm::seconds) : std::nullopt;
  }
  if (time.digits == 0) {
    return StampForm::uptime;
  }
  return time.digits == 6 ? std::optional(StampForm::printk) : std::nullopt;
}

/// A clock or a count of seconds, alone or as grabserial's pair.
std::optional<Stamp> read_time(Cursor& cursor, bool bracketed) {
  auto clock = read_clock(cursor);
  const auto time = clock ? clock : read_seconds(cursor);
  if (!time) {
    return std::nullopt;
  }
  Cursor pair = cursor;
  if (bracketed && time->digits > 0 && pair.take(' ')) {
    const auto delta = read_seconds(pair);
    if (delta && delta->digits > 0 && pair.peek() == ']') {
      cursor = pair;
      return stamp_of(StampForm::grabserial, *time);
    }
  }
  const auto form = clock ? std::optional(StampForm::clock) : form_of_seconds(*time, bracketed);
  return form ? std::optional(stamp_of(*form, *time)) : std::nullopt;
}

/// The blank between stamp and text is part of the stamp; the end of the line may take its place.
bool take_separator(Cursor& cursor) {
  return cursor.done() || cursor.peek() == '\r' || cursor.peek() == '\n' || cursor.take(' ') || cursor.take('\t');
}

/// printk writes its level before the stamp where the console shows levels: "<6>[    0.000000]".
void skip_printk_level(Cursor& cursor) {
  Cursor ahead = cursor;
  if (ahead.take('<') && ahead.number(1, 7) && ahead.take('>') && ahead.peek() == '[') {
    cursor = ahead;
  }
}

}  // namespace

std::string_view name_of(StampForm form) {
  for (const auto& known : named_forms) {
    if (known.form == form) {
      return known.name;
    }
  }
  return "none";
}

Result<StampForm> parse_stamp_form(std::string_view name) {
  std::string names;
  for (const auto& known : named_forms) {
    if (known.name == name) {
      return known.form;
    }
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return Fault(Cause::mistake, "stamps", fmt::format("no stamp format \"{}\"", name), "one of " + names);
}

std::optional<Stamp> read_stamp(std::string_view text, bool leap_year) {
  Cursor cursor(text);
  skip_printk_level(cursor);
  const bool level = cursor.at() > 0;
  const bool bracketed = cursor.take('[');
  if (bracketed) {
    cursor.skip_blanks();
  }
  auto stamp = read_date_time(cursor);
  if (!stamp) {
    stamp = read_month_day(cursor, leap_year);
  }
  if (!stamp) {
    stamp = read_time(cursor, bracketed);
  }
  if (!stamp || (bracketed && !cursor.take(']')) || (level && !is_dut_stamp(stamp->form))) {
    return std::nullopt;
  }
  // Since Linux 5.1 the caller may follow: "[    0.000000][    T0]".
  const bool caller_follows = is_dut_stamp(stamp->form) && cursor.peek() == '[';
  if (!caller_follows && !take_separator(cursor)) {
    return std::nullopt;
  }
  stamp->bracketed = bracketed;
  stamp->length = cursor.at();
  return stamp;
}

}  // namespace coldboot
