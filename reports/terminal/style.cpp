#include "reports/terminal/style.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coldboot {
namespace {

constexpr int narrowest = 40;
constexpr int widest = 400;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

int width_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  int columns = 0;
  const std::string_view text = environment("COLUMNS");
  std::from_chars(text.data(), text.data() + text.size(), columns);
  return columns > 0 ? columns : 80;
}

bool speaks_utf8() {
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (locale.empty()) locale = environment(name);
  }
  std::string lower(locale);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
}

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::plain: return "";
    case Ink::heading: return "1";
    case Ink::faint: return "2";
    case Ink::good: return "32";
    case Ink::bad: return "1;31";
    case Ink::doubtful: return "33";
  }
  return "";
}

}  // namespace

bool is_live_terminal(int fd) {
  return ::isatty(fd) == 1 && environment("TERM") != "dumb";
}

TerminalStyle detect_style(int fd) {
  return {.colour = is_live_terminal(fd) && environment("NO_COLOR").empty(),
          .width = std::clamp(width_of(fd), narrowest, widest),
          .unicode = speaks_utf8()};
}

std::string inked(std::string_view text, Ink ink, const TerminalStyle& style) {
  if (!style.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(ink), text);
}

}  // namespace coldboot
