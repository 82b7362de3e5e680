#include "drivers/web/web_outlet.hpp"

#include <utility>

#include <fmt/format.h>

namespace coldboot {

WebOutlet::WebOutlet(WebDevice device, OutletLanguage language)
    : device_(std::move(device)), language_(std::move(language)) {}

Result<void> WebOutlet::set(int channel, Contact wanted, const Until& until) {
  if (const auto good = check(channel); !good) return good;
  const auto answer = device_.ask(language_.change(device_, channel, wanted), until);
  if (!answer) return answer.error();
  if (const auto taken = language_.taken(*answer, channel, wanted); !taken) return placed(taken.error());
  return {};
}

Result<std::optional<Contact>> WebOutlet::read(int channel, const Until& until) {
  if (const auto good = check(channel); !good) return good.error();
  if (!language_.question) return std::optional<Contact>();
  const auto answer = device_.ask(language_.question(device_, channel), until);
  if (!answer) return answer.error();
  const auto state = language_.state(*answer, channel);
  if (!state) return placed(state.error());
  return std::optional(*state);
}

std::string WebOutlet::description() const {
  return fmt::format("{} at {}", language_.family, device_.url());
}

Result<void> WebOutlet::check(int channel) const {
  if (channel >= 1) return {};
  return device_.fault(Cause::refused, fmt::format("found channel {}, expected them to count from 1", channel));
}

Fault WebOutlet::placed(const Fault& fault) const {
  return device_.fault(fault.cause(), fault.what(), fault.hint());
}

Fault answered_otherwise(int channel, Contact wanted) {
  return Fault(Cause::protocol, "",
               fmt::format("channel {} is {} by its answer, though it was told otherwise", channel,
                           wanted == Contact::closed ? "open" : "closed"));
}

}  // namespace coldboot
