#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drivers/serial_relay/dialect.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr char kmtronic_start = '\xff';
constexpr int most_of_small = 2;  // boards of one and two channels tell one at a time

class Kmtronic final : public RelayDialect {
 public:
  explicit Kmtronic(int channels) : channels_(channels) {}

  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    return {kmtronic_start, static_cast<char>(channel), static_cast<char>(wanted == Contact::closed ? 1 : 0)};
  }

  [[nodiscard]] std::string ask(int channel) const override {
    if (channels_ <= most_of_small) return {kmtronic_start, static_cast<char>(channel), '\x03'};
    return {kmtronic_start, '\x09', '\0'};
  }

  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int channel) const override {
    return channels_ <= most_of_small ? of_one(answer, channel) : of_all(answer, channel);
  }

 private:
  /// FF, channel, state.
  [[nodiscard]] static Result<std::optional<Contact>> of_one(std::string_view answer, int channel) {
    constexpr std::size_t bytes = 3;
    const std::string expected{kmtronic_start, static_cast<char>(channel)};
    const std::size_t known = std::min(answer.size(), expected.size());
    if (answer.substr(0, known) != std::string_view(expected).substr(0, known)) return unexpected(answer);
    if (answer.size() < bytes) return std::optional<Contact>();
    return of_byte(answer[2], answer);
  }

  /// A byte for each channel.
  [[nodiscard]] Result<std::optional<Contact>> of_all(std::string_view answer, int channel) const {
    const auto whole = static_cast<std::size_t>(channels_);
    for (const char byte : answer.substr(0, whole)) {
      if (auto read = of_byte(byte, answer); !read) return read;
    }
    if (answer.size() < whole) return std::optional<Contact>();
    return of_byte(answer[static_cast<std::size_t>(channel - 1)], answer);
  }

  static Result<std::optional<Contact>> of_byte(char byte, std::string_view answer) {
    if (byte != 0 && byte != 1) return unexpected(answer);
    return std::optional(byte != 0 ? Contact::closed : Contact::open);
  }

  static Fault unexpected(std::string_view answer) {
    return Fault(
        Cause::protocol, "",
        fmt::format("found the status \"{}\", expected FF, the channel and 00 or 01, or 00 or 01 for each channel",
                    printable_line(answer)));
  }

  int channels_;
};

}  // namespace

std::unique_ptr<RelayDialect> kmtronic_dialect(int channels) {
  return std::make_unique<Kmtronic>(channels);
}

}  // namespace coldboot
