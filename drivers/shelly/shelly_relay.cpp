#include "drivers/shelly/shelly_relay.hpp"

#include <utility>

#include <fmt/format.h>

#include "drivers/shelly/shelly.hpp"

namespace coldboot {

ShellyRelay::ShellyRelay(WebDevice device, WebKeys keys, Place place, std::string mac)
    : device_(std::move(device)), keys_(std::move(keys)), place_(std::move(place)), mac_(std::move(mac)) {}

Result<void> ShellyRelay::set(int channel, Contact wanted, const Until& until) {
  if (auto met = meet(until); !met) return met;
  return outlet_->set(channel, wanted, until);
}

Result<std::optional<Contact>> ShellyRelay::read(int channel, const Until& until) {
  if (auto met = meet(until); !met) return met.error();
  return outlet_->read(channel, until);
}

std::string ShellyRelay::description() const {
  return outlet_ ? outlet_->description() : fmt::format("Shelly at {}", device_.url());
}

Result<void> ShellyRelay::meet(const Until& until) {
  if (outlet_) return {};
  const auto answer = device_.get("/shelly", until);
  if (!answer) return answer.error();
  const auto found = read_shelly(*answer);
  if (!found) return device_.fault(found.error().cause(), found.error().what(), found.error().hint());
  if (!mac_.empty() && found->mac != mac_) {
    return device_.fault(Cause::refused, fmt::format("found the Shelly {}, expected {}", found->mac, mac_),
                         "its address has gone to another device; give it a fixed one");
  }
  const auto scheme = found->generation == 1 ? HttpLogin::Scheme::basic : HttpLogin::Scheme::digest;
  auto device = WebDevice::open(keys_, scheme, place_, device_.where());
  if (!device) return device.error();
  outlet_.emplace(std::move(*device), shelly_language(found->generation));
  return {};
}

}  // namespace coldboot
