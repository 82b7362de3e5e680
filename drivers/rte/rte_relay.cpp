#include "drivers/rte/rte_relay.hpp"

#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr int supply_relay = 0;        // the one pin that is no open collector
constexpr Nanos timer_margin = 500ms;  // RteCtrl starts its timer after it was asked, and writes through sysfs

}  // namespace

RteRelay::RteRelay(WebDevice rte, Output output, Clock& clock) : rte_(std::move(rte)), output_(output), clock_(clock) {}

Result<void> RteRelay::set(int channel, Contact wanted, const Until& until) {
  if (const auto good = check(channel); !good) return good;
  if (auto ready = become_output(until); !ready) return ready;
  if (wanted == Contact::closed) return close(until);
  const auto now = change({.state = 0}, until);
  if (!now) return now.error();
  return {};
}

Result<std::optional<Contact>> RteRelay::read(int channel, const Until& until) {
  if (const auto good = check(channel); !good) return good.error();
  const auto gpio = get(until);
  if (!gpio) return gpio.error();
  return std::optional(gpio->state == 1 ? Contact::closed : Contact::open);
}

std::string RteRelay::description() const {
  return fmt::format("RTE at {}, pin {}", rte_.url(), output_.gpio);
}

Nanos RteRelay::delay() const {
  // RteCtrl answers after it wrote the pin; what remains is a small relay's own time, 10 ms in most data sheets.
  return output_.gpio == supply_relay ? 20ms : 0ms;
}

Result<void> RteRelay::check(int channel) const {
  if (channel == 1) return {};
  return rte_.fault(Cause::refused, fmt::format("found channel {}, expected 1: `gpio` says which pin it is", channel));
}

Result<RteGpio> RteRelay::ask(const HttpRequest& request, const Until& until) const {
  const auto answer = rte_.exchange(request, until);
  if (!answer) return answer.error();
  const auto gpio = read_rte_gpio(answer->body, output_.gpio);
  constexpr int good = 200;
  if (answer->status != good && (gpio || gpio.error().cause() == Cause::protocol)) return rte_.fault_of(*answer);
  if (!gpio) return rte_.fault(gpio.error().cause(), gpio.error().what(), gpio.error().hint());
  return gpio;
}

Result<RteGpio> RteRelay::get(const Until& until) const {
  return ask(rte_.request("GET", rte_path(output_.gpio)), until);
}

Result<RteGpio> RteRelay::change(const RteChange& change, const Until& until) {
  HttpRequest request = rte_.request("PATCH", rte_path(output_.gpio), rte_body(change));
  request.headers = {"Content-Type: application/json"};
  const auto now = ask(request, until);
  if (!now) return now.error();
  is_output_ = now->is_output;
  if (!is_output_) return is_input();
  if (now->state != change.state) {
    return rte_.fault(Cause::protocol,
                      fmt::format("pin {} says {} after it was set to {}", output_.gpio, now->state, change.state));
  }
  return now;
}

/// Setting a direction drives the pin to 0 first. That is nothing to an open collector that lies idle, but would switch
/// a DUT off for a moment, so it is never done to the relay.
Result<void> RteRelay::become_output(const Until& until) {
  if (is_output_) return {};
  const auto gpio = get(until);
  if (!gpio) return gpio.error();
  if (!gpio->is_output && output_.gpio == supply_relay) return is_input();
  is_output_ = gpio->is_output;
  if (is_output_) return {};
  const auto now = change({.state = 0, .as_output = true}, until);
  if (!now) return now.error();
  return {};
}

Result<void> RteRelay::close(const Until& until) {
  if (output_.let_go_seconds && clock_.now() < let_go_by_) {
    if (auto waited = let_pass(clock_, let_go_by_ - clock_.now(), until, rte_.where()); !waited) return waited;
  }
  const auto now = change({.state = 1, .seconds = output_.let_go_seconds}, until);
  if (output_.let_go_seconds) let_go_by_ = clock_.now() + std::chrono::seconds(*output_.let_go_seconds) + timer_margin;
  if (!now) return now.error();
  return {};
}

Fault RteRelay::is_input() const {
  return rte_.fault(Cause::refused, fmt::format("pin {} is an input, which nothing can switch", output_.gpio),
                    "RteCtrl's configuration should have it as an output; restarting RteCtrl drops its relay");
}

}  // namespace coldboot
