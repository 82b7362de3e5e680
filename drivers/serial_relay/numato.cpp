#include <fmt/format.h>

#include "drivers/serial_relay/dialect.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr char prompt = '>';
constexpr std::string_view line_end = "\n\r";
constexpr std::size_t longest_answer = 200;

class Numato final : public RelayDialect {
 public:
  // The board takes any rate: its line is USB all the way.
  [[nodiscard]] LineRate rate() const override { return {.baud = 19200}; }

  /// Ends whatever was typed before.
  [[nodiscard]] std::string wake() const override { return "\r"; }
  [[nodiscard]] bool is_awake(std::string_view answer) const override { return answer.ends_with(prompt); }

  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    return fmt::format("relay {} {}\r", wanted == Contact::closed ? "on" : "off", digit(channel));
  }
  [[nodiscard]] Result<bool> is_taken(std::string_view answer, int, Contact) const override {
    const auto said = said_in(answer);
    if (!said) return said.error();
    if (!*said) return false;
    if (!(*said)->empty())
      return Fault(Cause::refused, "", fmt::format("the board says \"{}\"", printable_line(**said)));
    return true;
  }

  [[nodiscard]] std::string ask(int channel) const override { return fmt::format("relay read {}\r", digit(channel)); }
  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int) const override {
    const auto said = said_in(answer);
    if (!said) return said.error();
    if (!*said) return std::optional<Contact>();
    if (**said == "on") return std::optional(Contact::closed);
    if (**said == "off") return std::optional(Contact::open);
    return Fault(Cause::protocol, "", fmt::format("found \"{}\", expected on or off", printable_line(**said)));
  }

 private:
  /// Channels count from 0 there: 0 to 9, then A to V.
  static char digit(int channel) {
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    return digits[static_cast<std::size_t>(channel - 1) % digits.size()];
  }

  /// What stands between the command's echo and the prompt; nothing before the prompt came.
  static Result<std::optional<std::string_view>> said_in(std::string_view answer) {
    if (answer.size() > longest_answer) {
      return Fault(Cause::protocol, "",
                   fmt::format("found \"{}\" and no prompt, expected a short answer", printable_line(answer, 60)));
    }
    if (!answer.ends_with(prompt)) return std::optional<std::string_view>();
    answer.remove_suffix(1);
    const auto echo_end = answer.find_first_of(line_end);
    if (echo_end == std::string_view::npos) return std::optional(std::string_view());
    answer.remove_prefix(echo_end);
    while (!answer.empty() && line_end.find(answer.front()) != std::string_view::npos) answer.remove_prefix(1);
    while (!answer.empty() && line_end.find(answer.back()) != std::string_view::npos) answer.remove_suffix(1);
    return std::optional(answer);
  }
};

}  // namespace

std::unique_ptr<RelayDialect> numato_dialect() {
  return std::make_unique<Numato>();
}

}  // namespace coldboot
