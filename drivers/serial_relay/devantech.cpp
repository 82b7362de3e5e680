#include "drivers/serial_relay/dialect.hpp"

namespace coldboot {
namespace {

constexpr char before_first_on = '\x64';
constexpr char before_first_off = '\x6e';
constexpr char get_states = '\x5b';

class Devantech final : public RelayDialect {
 public:
  [[nodiscard]] std::string set(int channel, Contact wanted) const override {
    return {static_cast<char>((wanted == Contact::closed ? before_first_on : before_first_off) + channel)};
  }
  [[nodiscard]] std::string ask(int) const override { return {get_states}; }

  /// One byte, of which bit 0 is channel 1: every byte is a state, so nothing can be told from noise.
  [[nodiscard]] Result<std::optional<Contact>> contact(std::string_view answer, int channel) const override {
    if (answer.empty()) return std::optional<Contact>();
    const auto states = static_cast<unsigned char>(answer.front());
    return std::optional((states >> (channel - 1) & 1) != 0 ? Contact::closed : Contact::open);
  }
};

}  // namespace

std::unique_ptr<RelayDialect> devantech_dialect() {
  return std::make_unique<Devantech>();
}

}  // namespace coldboot
