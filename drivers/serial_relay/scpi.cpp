#include <charconv>

#include <fmt/format.h>

#include "drivers/serial_relay/dialect.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::size_t longest_line = 400;

class Scpi final : public RelayDialect {
 public:
  Scpi(ScpiStyle style, int first) : style_(style), first_(first) {}

  /// Clears errors others left, switches, and asks whether that was an error.
  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    const bool closed = wanted == Contact::closed;
    const std::string command = style_ == ScpiStyle::output
                                    ? fmt::format("OUTP {}", closed ? "ON" : "OFF")
                                    : fmt::format("ROUT:{} (@{})", closed ? "CLOS" : "OPEN", first_ + channel - 1);
    return fmt::format("*CLS\n{}\nSYST:ERR?\n", command);
  }

  /// `0,"No error"`, or `+0,"No error"`.
  [[nodiscard]] Result<bool> is_taken(std::string_view answer, int, Contact) const override {
    const auto line = first_line(answer);
    if (!line) return line.error();
    if (!*line) return false;
    std::string_view number = **line;
    if (number.starts_with('+')) number.remove_prefix(1);
    int code = 0;
    const auto [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), code);
    if (wrong != std::errc() || end == number.data() + number.size() || *end != ',')
      return unexpected(**line, "an error number and its text");
    if (code != 0) return Fault(Cause::refused, "", fmt::format("the device says {}", printable_line(**line)));
    return true;
  }

  [[nodiscard]] std::string ask(int channel) const override {
    if (style_ == ScpiStyle::output) return "OUTP?\n";
    return fmt::format("ROUT:CLOS? (@{})\n", first_ + channel - 1);
  }

  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int) const override {
    const auto line = first_line(answer);
    if (!line) return line.error();
    if (!*line) return std::optional<Contact>();
    if (**line == "1" || **line == "ON") return std::optional(Contact::closed);
    if (**line == "0" || **line == "OFF") return std::optional(Contact::open);
    return unexpected(**line, "1 or 0");
  }

 private:
  /// Without its end; nothing before the end came.
  static Result<std::optional<std::string_view>> first_line(std::string_view answer) {
    const auto end = answer.find('\n');
    if (end == std::string_view::npos && answer.size() > longest_line) return unexpected(answer, "a line");
    if (end == std::string_view::npos) return std::optional<std::string_view>();
    std::string_view line = answer.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return std::optional(line);
  }

  static Fault unexpected(std::string_view found, std::string_view expected) {
    return Fault(Cause::protocol, "", fmt::format("found \"{}\", expected {}", printable_line(found, 60), expected));
  }

  ScpiStyle style_;
  int first_;
};

}  // namespace

std::unique_ptr<RelayDialect> scpi_dialect(ScpiStyle style, int first) {
  return std::make_unique<Scpi>(style, first);
}

}  // namespace coldboot
