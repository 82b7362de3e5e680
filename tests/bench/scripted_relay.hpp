#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/virtual_clock.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// A relay board with contacts, whose next answers can be made to go wrong. Each call takes a millisecond.
class ScriptedRelay final : public Relay {
 public:
  explicit ScriptedRelay(VirtualClock& clock) : clock_(clock) {}

  enum class Trouble {
    none,
    deaf,     ///< takes the command and does nothing
    faulty,   ///< does nothing and says so
    hidden,   ///< does it, and then says it failed
    dropped,  ///< does it, and then lets go of every contact: it came back on the bus
  };

  std::deque<Trouble> at_set;      ///< of the next calls
  std::deque<bool> fails_at_read;  ///< of the next calls
  Cause cause = Cause::io;         ///< of all faults
  bool can_be_read = true;
  Nanos declared_delay{};
  std::set<int> stuck;                          ///< channels that do not move any more
  std::vector<std::string>* journal = nullptr;  ///< where each command it takes is put down: "2 closed at 1500 ms"
  std::stop_source* stops_at_set = nullptr;     ///< somebody asks to stop while it switches
  int sets = 0;

  [[nodiscard]] Contact contact(int channel) const {
    const auto found = closed_.find(channel);
    return found != closed_.end() && found->second ? Contact::closed : Contact::open;
  }
  void put(int channel, Contact contact) { closed_[channel] = contact == Contact::closed; }

  Result<void> set(int channel, Contact wanted, const Until&) override {
    ++sets;
    spend();
    if (stops_at_set != nullptr) stops_at_set->request_stop();
    const Trouble trouble = next(at_set, Trouble::none);
    if (trouble != Trouble::deaf && trouble != Trouble::faulty && !stuck.contains(channel)) put(channel, wanted);
    if (journal != nullptr) {
      journal->push_back(fmt::format("{} {} at {} ms", channel, wanted == Contact::closed ? "closed" : "open",
                                     clock_.now().time_since_epoch() / std::chrono::milliseconds(1)));
    }
    if (trouble == Trouble::dropped) closed_.clear();
    if (trouble == Trouble::faulty || trouble == Trouble::hidden) return Fault(cause, "board", "no answer");
    return {};
  }

  Result<std::optional<Contact>> read(int channel, const Until&) override {
    spend();
    if (next(fails_at_read, false)) return Fault(cause, "board", "no answer");
    return can_be_read ? std::optional(contact(channel)) : std::nullopt;
  }

  [[nodiscard]] std::string description() const override { return "scripted relay"; }
  [[nodiscard]] Nanos delay() const override { return declared_delay; }

 private:
  template <class T>
  static T next(std::deque<T>& script, T otherwise) {
    if (script.empty()) return otherwise;
    const T first = script.front();
    script.pop_front();
    return first;
  }

  void spend() {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    (void)clock_.wait_until(lock, never, clock_.now() + std::chrono::milliseconds(1), [] { return false; });
  }

  VirtualClock& clock_;
  std::map<int, bool> closed_;
};

}  // namespace coldboot
