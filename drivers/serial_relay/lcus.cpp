#include <algorithm>

#include <fmt/format.h>

#include "drivers/serial_relay/dialect.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr unsigned char lcus_start = 0xa0;
constexpr char status_query = '\xff';

class Lcus final : public RelayDialect {
 public:
  Lcus(int channels, LcusStatus status) : channels_(static_cast<std::size_t>(channels)), status_(status) {}

  [[nodiscard]] bool can_be_read() const override { return status_ != LcusStatus::none; }

  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    const int operation = wanted == Contact::closed ? 1 : 0;
    const int sum = lcus_start + channel + operation;  // its low byte
    return {static_cast<char>(lcus_start), static_cast<char>(channel), static_cast<char>(operation),
            static_cast<char>(sum)};
  }

  [[nodiscard]] std::string ask(int) const override { return {status_query}; }
  [[nodiscard]] int times_to_ask() const override { return 2; }

  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int channel) const override {
    return status_ == LcusStatus::bytes ? of_bytes(answer, channel) : of_text(answer, channel);
  }

 private:
  /// "CH1: ON \r\nCH2: OFF\r\n": a line for each channel.
  [[nodiscard]] Result<std::optional<Contact>> of_text(std::string_view answer, int channel) const {
    constexpr std::size_t line_bytes = 10;
    std::optional<Contact> found;
    for (std::size_t i = 0; i < std::min(channels_, answer.size() / line_bytes); ++i) {
      const std::string_view line = answer.substr(i * line_bytes, line_bytes);
      const bool on = line == fmt::format("CH{}: ON \r\n", i + 1);
      if (!on && line != fmt::format("CH{}: OFF\r\n", i + 1))
        return unexpected(line, fmt::format("CH{}: ON or OFF", i + 1));
      if (static_cast<int>(i) + 1 == channel) found = on ? Contact::closed : Contact::open;
    }
    return answer.size() < channels_ * line_bytes ? std::nullopt : found;
  }

  [[nodiscard]] Result<std::optional<Contact>> of_bytes(std::string_view answer, int channel) const {
    if (std::ranges::any_of(answer.substr(0, channels_), [](char byte) { return byte != 0 && byte != 1; }))
      return unexpected(answer, "00 or 01 for each channel");
    if (answer.size() < channels_) return std::optional<Contact>();
    return std::optional(answer[static_cast<std::size_t>(channel - 1)] != 0 ? Contact::closed : Contact::open);
  }

  static Fault unexpected(std::string_view found, std::string_view expected) {
    return Fault(Cause::protocol, "",
                 fmt::format("found the status \"{}\", expected {}", printable_line(found), expected));
  }

  std::size_t channels_;
  LcusStatus status_;
};

}  // namespace

std::unique_ptr<RelayDialect> lcus_dialect(int channels, LcusStatus status) {
  return std::make_unique<Lcus>(channels, status);
}

}  // namespace coldboot
