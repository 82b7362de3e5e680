#include "harness/bench/lease.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/pause.hpp"

namespace coldboot {
namespace {

using nlohmann::json;

constexpr Nanos looks_again_after = std::chrono::milliseconds(100);

std::string notes_of(const BenchState& state) {
  json notes{{"token", state.token}, {"left-safe", state.left_safe}, {"run", state.run}, {"until", state.until}};
  if (state.power) notes["power"] = name_of(*state.power);
  if (!state.unsafe_by.empty()) notes["unsafe-by"] = state.unsafe_by;
  if (state.chip_is_held) notes["chip-is-held"] = true;
  if (state.chip_is_in_doubt) notes["chip-is-in-doubt"] = true;
  if (state.last_ending) notes["last-ending"] = name_of(*state.last_ending);
  return notes.dump() + "\n";
}

BenchState state_in(const std::string& notes) {
  if (notes.empty()) return {};
  BenchState state;
  try {
    const json kept = json::parse(notes);
    state.token = kept.at("token").get<std::uint64_t>();
    state.left_safe = kept.at("left-safe").get<bool>();
    state.unsafe_by = kept.value("unsafe-by", "");
    state.run = kept.value("run", "");
    state.until = kept.value("until", "");
    state.chip_is_held = kept.value("chip-is-held", false);
    state.chip_is_in_doubt = kept.value("chip-is-in-doubt", false);
    if (kept.contains("power")) state.power = kept.at("power") == "on" ? Power::on : Power::off;
    if (kept.contains("last-ending")) {
      state.last_ending = kept.at("last-ending") == "clean" ? Ending::clean : Ending::cut;
    }
  } catch (const json::exception&) {
    state.left_safe = false;
  }
  return state;
}

Result<LockFile> lock_when_free(const std::filesystem::path& path, const LeaseRequest& request) {
  SteadyClock clock;
  bool told = false;
  while (true) {
    auto lock = LockFile::acquire(path, request.what);
    if (lock || lock.error().cause() != Cause::busy || clock.now() >= request.patience.deadline) return lock;
    if (!std::exchange(told, true) && request.on_wait) request.on_wait(lock.error());
    auto waited = let_pass(clock, looks_again_after, request.patience, path.string());
    if (!waited && waited.error().cause() == Cause::stopped) return waited.error();
  }
}

}  // namespace

Result<std::filesystem::path> bench_lock(const std::string& bench) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  return *folder / fmt::format("bench-{}.lock", bench);
}

Result<std::filesystem::path> console_socket(const std::string& bench, const std::string& console) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  return *folder / fmt::format("console-{}-{}.sock", bench, console);
}

BenchState bench_state(const LockView& lock) {
  return state_in(lock.notes);
}

Result<Lease> Lease::take(const std::string& bench, const LeaseRequest& request) {
  const auto path = bench_lock(bench);
  if (!path) return path.error();
  auto lock = lock_when_free(*path, request);
  if (!lock) return lock.error();
  const BenchState found = state_in(lock->notes());
  Lease lease(bench, request.what, std::move(*lock), found);
  lease.state_.until = request.until;
  if (auto kept = lease.keep(LockFile::Survive::process); !kept) return kept.error();
  return lease;
}

Result<Lease> Lease::take_over(const std::string& bench, Descriptor lock) {
  LockFile shared = LockFile::shared(std::move(lock));
  const BenchState found = state_in(shared.notes());
  Lease lease(bench, found.unsafe_by, std::move(shared), found);
  if (auto kept = lease.keep(LockFile::Survive::process); !kept) return kept.error();
  return lease;
}

Lease::Lease(std::string bench, std::string what, LockFile lock, BenchState found)
    : bench_(std::move(bench)),
      what_(std::move(what)),
      lock_(std::move(lock)),
      found_(std::move(found)),
      state_(found_) {
  ++state_.token;
}

Result<void> Lease::check() const {
  const BenchState now = state_in(lock_.notes());
  if (now.token <= state_.token) return {};
  return Fault(Cause::refused, bench_,
               fmt::format("lease {} is over, {} has been given out since", state_.token, now.token),
               "this process did not answer for so long that the bench was made safe without it");
}

Result<void> Lease::before_power_on() {
  if (!state_.left_safe) return {};
  is_unsafe();
  return keep(LockFile::Survive::host);
}

void Lease::power_is(Power power) {
  if (state_.power == Power::on && power == Power::off) {
    state_.last_ending = system_is_down_ ? Ending::clean : Ending::cut;
  }
  if (power == Power::on) system_is_down_ = false;
  state_.power = power;
  (void)keep(LockFile::Survive::process);  // for those who look; what matters was kept before power came on
}

void Lease::is_unsafe() {
  if (std::exchange(state_.left_safe, false)) state_.unsafe_by = what_;
}

void Lease::power_is_in_doubt() {
  is_unsafe();
  (void)keep(LockFile::Survive::process);
}

Result<void> Lease::chip_is_held() {
  is_unsafe();
  state_.chip_is_held = true;
  return keep(LockFile::Survive::host);
}

Result<void> Lease::chip_is_in_doubt() {
  state_.chip_is_in_doubt = true;
  return keep(LockFile::Survive::host);
}

void Lease::chip_is_parted() {
  state_.chip_is_held = false;
  (void)keep(LockFile::Survive::process);
}

void Lease::chip_is_settled() {
  state_.chip_is_in_doubt = false;
  (void)keep(LockFile::Survive::process);
}

void Lease::works_in(const std::filesystem::path& run_folder) {
  std::error_code none;
  state_.run = std::filesystem::absolute(run_folder, none).string();
  (void)keep(LockFile::Survive::process);
}

void Lease::hand_back(bool on_purpose) {
  if (!check()) return;
  state_.left_safe = !state_.chip_is_held && (state_.left_safe || on_purpose || state_.power == Power::off);
  if (state_.left_safe) state_.unsafe_by.clear();
  state_.until.clear();
  (void)keep(LockFile::Survive::process);
}

Result<void> Lease::keep(LockFile::Survive survive) const {
  auto kept = lock_.put_notes(notes_of(state_), survive);
  if (!kept) return Fault(kept.error().cause(), bench_, kept.error().what());
  return {};
}

}  // namespace coldboot
