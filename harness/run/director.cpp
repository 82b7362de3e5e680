#include "harness/run/director.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/event/run_info.hpp"
#include "harness/io/child_process.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos power_call_limit = 10s;  // one switching call, retries of the device included
constexpr Nanos medium_limit = 1h;       // a whole SD card through a slow reader
constexpr Nanos safe_limit = 30s;        // making safe, after a clean shutdown
constexpr Nanos typing_limit = 60s;
constexpr Nanos failure_goes_on_for = 2s;  // a panic's own text is worth keeping
constexpr int safe_attempts = 3;
constexpr std::size_t kept_command_output = std::size_t{64} << 10U;

Verdict verdict_of(const Result<void>& outcome) {
  if (outcome) return Verdict::pass;
  switch (outcome.error().cause()) {
    case Cause::dut:
    case Cause::timeout: return Verdict::fail;
    case Cause::stopped: return Verdict::aborted;
    default: return Verdict::error;
  }
}

/// A deadline that a device of the bench missed is not the DUT's.
Fault of_the_bench(const Fault& fault) {
  return fault.cause() == Cause::timeout ? Fault(Cause::io, fault.where(), fault.what(), fault.hint()) : fault;
}

}  // namespace

Director::Director(Bench& bench, Capture& capture, Typist& typist, EventLog& log,
                   const std::filesystem::path& run_folder)
    : bench_(bench),
      capture_(capture),
      typist_(typist),
      log_(log),
      clock_(bench.clock()),
      firmware_(bench, capture, log, run_folder,
                {.switch_power = [this](Power wanted, bool aside,
                                        const Until& until) { return switch_power(wanted, until, aside); },
                 .wait_until_discharged = [this] { return wait_off(bench_.file().power.off_min, {}); },
                 .let_pass = [this](Nanos length, const Until& until) { return pass_time(length, until.stop); }}) {}

void Director::run(const BootJob& job, const std::stop_token& stop) {
  job_ = &job;
  stop_ = stop;
  boot_seq_ = power_on_seq_ = expect_from_ = log_.last();
  power_on_sent_ = Instant::min();
  Result<void> outcome = guarded([&]() -> Result<void> {
    if (auto begun = firmware_.begin_boot(job.number, job.plan->plan(), flashes_first(), stop_); !begun) return begun;
    return put_media();
  });
  if (!outcome) log_.append(FaultSeen{outcome.error()}, job.number);
  for (const BenchConsole& console : bench_.consoles()) {
    log_.append(ConsoleOpened{console.entry.name, console.stream->description(), console.entry.line,
                              console.stream->resolution(), console.stream->latency()},
                job.number);
  }
  for (std::size_t i = 0; i < job.configuration.steps.size(); ++i) {
    const Step& step = job.configuration.steps[i];
    const int index = static_cast<int>(i);
    log_.append(StepStarted{index, describe(step)}, job.number);
    if (!outcome) {
      log_.append(StepEnded{index, Verdict::skipped, outcome.error()}, job.number);
      continue;
    }
    outcome = guarded([&] { return perform(step); });
    if (const auto fault = fault_of_the_bench(); fault && !outcome && outcome.error().cause() == Cause::stopped) {
      outcome = *fault;  // nobody asked to stop: the record could no longer be kept
    }
    end_step(index, outcome);
  }
  if (auto right = guarded([&] { return firmware_.see_what_boots(!outcome); }); !right) {
    log_.append(FaultSeen{right.error()}, job.number);
  }
  make_safe();
  job_ = nullptr;
}

Result<void> Director::guarded(const std::function<Result<void>()>& action) const {
  try {
    return action();
  } catch (const std::exception& thrown) {
    return Fault(Cause::internal, bench_.file().name, fmt::format("a library threw: {}", thrown.what()));
  }
}

std::optional<Fault> Director::fault_of_the_bench() const {
  for (const Event& event : log_.after(boot_seq_)) {
    if (const auto* seen = std::get_if<FaultSeen>(&event.body)) return seen->fault;
  }
  return std::nullopt;
}

void Director::end_step(int index, const Result<void>& outcome) {
  log_.append(StepEnded{index, verdict_of(outcome), outcome ? Fault() : outcome.error()}, job_->number);
}

Result<void> Director::put_media() {
  for (const auto& [name, image] : job_->configuration.boot) {
    if (is_the_chip(name)) {
      if (auto put = firmware_.put({.image = image, .if_changed = true}); !put) return put;
    } else if (!media_put_.contains(name) || media_put_[name] != image) {
      if (auto put = put_medium(name, image); !put) return put;
    }
  }
  return {};
}

/// The firmware chip is a medium too, where the bench has no other of that name.
bool Director::is_the_chip(const std::string& medium) const {
  return medium == firmware_medium && bench_.file().flash && bench_.medium(medium) == nullptr;
}

/// Whether this boot writes the firmware chip before it gives power.
bool Director::flashes_first() const {
  const bool as_medium =
      std::ranges::any_of(job_->configuration.boot, [&](const auto& put) { return is_the_chip(put.first); });
  const auto& steps = job_->configuration.steps;
  const bool as_step = !steps.empty() && (std::holds_alternative<FlashStep>(steps.front().what) ||
                                          std::holds_alternative<RecoverStep>(steps.front().what));
  return as_medium || as_step;
}

Result<void> Director::put_medium(const std::string& name, const std::filesystem::path& image) {
  BootMedium* medium = bench_.medium(name);
  if (medium == nullptr) {
    return Fault(Cause::mistake, bench_.file().name,
                 fmt::format("configuration {} boots from \"{}\", which the bench does not have",
                             job_->configuration.name, name));
  }
  const Instant began = clock_.now();
  if (auto off = switch_power(Power::off, within(power_call_limit)); !off) return off.error();
  media_put_.erase(name);
  if (auto put = medium->put(image, within(medium_limit)); !put) return of_the_bench(put.error());
  const auto hash = sha256_of(image);
  log_.append(MediumPut{name, image.string(), hash ? *hash : "", clock_.now() - began}, job_->number);
  media_put_[name] = image;
  return {};
}

Result<void> Director::perform(const Step& step) {
  if (stop_.stop_requested()) return Fault(Cause::stopped, bench_.file().name, "asked to stop");
  return std::visit([this](const auto& kind) { return perform(kind); }, step.what);
}

Result<void> Director::perform(const PowerOnStep&) {
  if (!off_since_) {  // since when power is off is not known, so it begins now
    if (auto off = switch_power(Power::off, within(power_call_limit)); !off) return off.error();
  }
  if (auto waited = wait_off(bench_.file().power.off_min, stop_); !waited) return waited.error();
  return switch_on_and_see();
}

Result<void> Director::perform(const PowerOffStep& step) {
  if (step.how == PowerOff::clean) {
    const auto& shutdown = job_->plan->plan().shutdown;
    if (!shutdown) {
      return Fault(Cause::mistake, job_->configuration.profile,
                   "a clean power-off needs a `shutdown` in the profile, which has none");
    }
    if (auto down = shut_down(*shutdown, within(shutdown->within)); !down) return down.error();
  }
  return switch_power(Power::off, within(power_call_limit));
}

Result<void> Director::perform(const PowerCycleStep& step) {
  if (auto off = switch_power(Power::off, within(power_call_limit)); !off) return off.error();
  const Nanos off_for = std::max(step.off.value_or(Nanos(0)), bench_.file().power.off_min);
  if (auto waited = wait_off(off_for, stop_); !waited) return waited.error();
  return switch_on_and_see();
}

Result<void> Director::perform(const ExpectStep& step) {
  auto seen = wait_for_marker(step.marker, expect_from_, within(step.within), true);
  if (seen) return seen;
  if (seen.error().cause() == Cause::timeout) {
    if (const auto lost = lost_power()) return *lost;
    return missed(step.marker, step.within);
  }
  if (seen.error().cause() == Cause::dut) watch_the_failure_to_its_end();
  return seen;
}

Result<void> Director::perform(const SendStep& step) {
  const std::string console = step.console.empty() ? main_console() : step.console;
  return type({step.text, console}, within(typing_limit));
}

Result<void> Director::perform(const WaitStep& step) {
  return pass_time(step.length, stop_);
}

Result<void> Director::perform(const RunStep& step) {
  const Instant started = clock_.now();
  auto ended = run_child(step.command, Until(std::chrono::steady_clock::now() + step.within, stop_),
                         {.most_output = kept_command_output});
  if (!ended) return ended.error();
  log_.append(CommandRun{step.command, ended->exit_status, printable(ended->output), started}, job_->number);
  if (ended->exit_status == 0) return {};
  return Fault(Cause::dut, step.command.front(), fmt::format("exit status {}, expected 0", ended->exit_status),
               "its output is in the events of this boot");
}

Result<void> Director::perform(const FlashStep& step) {
  return firmware_.put(step);
}

Result<void> Director::perform(const RecoverStep&) {
  return firmware_.recover();
}

Result<void> Director::perform(const MediaStep& step) {
  if (step.if_changed && media_put_.contains(step.medium) && media_put_[step.medium] == step.image) return {};
  return put_medium(step.medium, step.image);
}

Result<void> Director::switch_power(Power wanted, const Until& until, bool aside) {
  // Until it is known to be off, power counts as on: the off time begins anew with the next switching off.
  if (wanted == Power::on) off_since_.reset();
  const std::uint64_t before = log_.last();  // the DUT may speak before the call has returned
  auto switched = bench_.power().set(wanted, until);
  if (!switched) {
    off_since_.reset();
    return of_the_bench(switched.error());
  }
  switched->device_delay = std::max(switched->device_delay, bench_.file().power.device_delay);
  switched->aside = aside && wanted == Power::on;
  const int boot = job_ == nullptr ? 0 : job_->number;
  log_.append(*switched, boot, switched->returned);
  if (switched->aside) {
    expect_from_ = power_on_seq_ = before;
  } else if (wanted == Power::on) {
    expect_from_ = power_on_seq_ = before;
    power_on_sent_ = switched->sent;
    capture_.power_on(boot, switched->returned);
  } else {
    capture_.power_off(boot);
  }
  if (switched->read_back && *switched->read_back != wanted) {
    off_since_.reset();
    return Fault(Cause::protocol, bench_.file().name + "/power",
                 fmt::format("switched {}, but it reads back {}", name_of(wanted), name_of(*switched->read_back)),
                 "check the board's supply and wiring");
  }
  if (wanted == Power::off && !off_since_) off_since_ = switched->returned;
  return {};
}

Result<void> Director::wait_off(Nanos off, const std::stop_token& stop) {
  return pass_time(*off_since_ + off - clock_.now(), stop);
}

Result<void> Director::switch_on_and_see() {
  if (auto silent = see_it_silent(); !silent) return silent;
  await_consoles(stop_);  // one that was lost meanwhile is to hear the first byte
  if (auto on = switch_power(Power::on, within(power_call_limit)); !on) return on;
  return see_it_speak();
}

Result<void> Director::see_it_silent() const {
  const auto& limit = bench_.file().power.effect.silent_after_off;
  if (!limit || !off_since_) return {};
  for (const BenchConsole& console : bench_.consoles()) {
    const Nanos went_on = capture_.last_arrival(console.entry.name) - *off_since_;
    if (went_on <= *limit) continue;
    return Fault(Cause::io, bench_.file().name + "/power",
                 fmt::format("{} still spoke {} after power was switched off, expected silence after {}",
                             console.entry.name, seconds_text(went_on), duration_text(*limit)),
                 "is the DUT fed through its serial line, or does this switch feed another one?");
  }
  return {};
}

Result<void> Director::see_it_speak() {
  const auto& limit = bench_.file().power.effect.byte_after_on;
  if (!limit) return {};
  const auto spoke = wait_for_marker(builtin::first_byte, power_on_seq_, within(*limit), false);
  if (spoke || spoke.error().cause() != Cause::timeout) return spoke;
  return Fault(
      Cause::io, bench_.file().name + "/power",
      fmt::format("not one byte on {} in {} after power was switched on", main_console(), duration_text(*limit)),
      "does this switch feed this DUT, is the cable in, the line rate right?");
}

Result<void> Director::pass_time(Nanos length, const std::stop_token& stop) {
  if (length <= Nanos(0)) return {};
  auto waited = log_.wait([] { return false; }, Until(clock_.now() + length, stop));
  if (!waited && waited.error().cause() == Cause::timeout) return {};
  return waited;
}

Result<void> Director::type(const Sent& sent, const Until& until) {
  const BenchConsole* console = bench_.console(sent.console);
  if (console == nullptr) {
    return Fault(Cause::mistake, bench_.file().name,
                 fmt::format("there is no console \"{}\" to type on", sent.console));
  }
  await_console(sent.console, until);        // one that stays lost fails when it is written to
  const std::uint64_t before = log_.last();  // the answer may come while we still type
  const Typed typed = typist_.type(*console, sent.text, until);
  if (typed.bytes > 0) expect_from_ = before;
  if (!typed.outcome) return of_the_bench(typed.outcome.error());
  return {};
}

Result<void> Director::shut_down(const ShutdownPlan& plan, const Until& until) {
  if (auto there = wait_for_marker(plan.at, power_on_seq_, until, false); !there) return there;
  const std::uint64_t asked = log_.last();
  if (auto typed = type({plan.send, main_console()}, until); !typed) return typed;
  auto down = wait_for_marker(builtin::shutdown_done, asked, until, false);
  if (down && bench_.lease() != nullptr) bench_.lease()->system_is_down();
  return down;
}

Result<void> Director::wait_for_marker(const std::string& marker, std::uint64_t since, const Until& until,
                                       bool failures_count) {
  const auto ends_the_wait = [&](const Event& event) {
    if (event.boot != job_->number) return false;
    if (const auto* seen = std::get_if<MarkerSeen>(&event.body)) {
      return event.seq > since && !seen->held && seen->hit.marker == marker && seen->hit.at >= power_on_sent_;
    }
    if (std::holds_alternative<ConsoleLost>(event.body)) return true;
    if (const auto* failure = std::get_if<FailureSeen>(&event.body)) {
      return failures_count && failure->hit.fatal && failure->hit.at >= power_on_sent_;
    }
    return false;
  };
  auto found = log_.wait_for(power_on_seq_, ends_the_wait, until);
  while (found && std::holds_alternative<ConsoleLost>(found->body)) {
    if (auto back = await_return(*found, until); !back) return back;
    found = log_.wait_for(found->seq, ends_the_wait, until);  // other consoles went on meanwhile
  }
  if (!found) return found.error();
  if (const auto* failure = std::get_if<FailureSeen>(&found->body)) {
    return Fault(Cause::dut, fmt::format("{}/{}", bench_.file().name, failure->hit.console),
                 fmt::format("{}: \"{}\"", failure->hit.failure, failure->hit.text));
  }
  return {};
}

Result<void> Director::await_return(const Event& lost, const Until& until) {
  const auto& [console, what] = std::get<ConsoleLost>(lost.body);
  const Nanos patience = wait_if_lost(console);
  const auto is_back = [&, &name = console](const Event& event) {
    const auto* opened = std::get_if<ConsoleOpened>(&event.body);
    return opened != nullptr && opened->console == name;
  };
  const Instant deadline = std::min(until.deadline, lost.at + patience);
  const auto back = log_.wait_for(lost.seq, is_back, Until(deadline, until.stop));
  if (back) return {};
  if (back.error().cause() == Cause::stopped) return back.error();
  return Fault(Cause::lost, fmt::format("{}/{}", bench_.file().name, console),
               patience > 0ns ? fmt::format("{}, and not back in {}", what, seconds_text(deadline - lost.at)) : what,
               "check the cable and the adapter");
}

void Director::await_consoles(const std::stop_token& stop) {
  for (const BenchConsole& console : bench_.consoles()) await_console(console.entry.name, Until(Instant::max(), stop));
}

void Director::await_console(const std::string& console, const Until& until) {
  const Instant deadline = std::min(until.deadline, clock_.now() + wait_if_lost(console));
  (void)log_.wait([&] { return !capture_.is_lost(console); }, Until(deadline, until.stop));
}

Nanos Director::wait_if_lost(const std::string& console) const {
  const BenchConsole* const known = bench_.console(console);
  return known != nullptr && known->stream->can_reopen() ? known->entry.wait_if_lost : 0ns;
}

Fault Director::missed(const std::string& marker, Nanos within) const {
  std::uint64_t bytes = 0;
  for (const BenchConsole& console : bench_.consoles()) bytes += capture_.received(console.entry.name);
  const std::string where = fmt::format("{}/{}", bench_.file().name, main_console());
  if (bytes == 0) {
    return Fault(Cause::io, where, fmt::format("no \"{}\" and not one byte in {}", marker, duration_text(within)),
                 "is the DUT powered, the cable in, the line rate right?");
  }
  return Fault(Cause::timeout, where, fmt::format("no \"{}\" in {}", marker, duration_text(within)));
}

std::optional<Fault> Director::lost_power() {
  if (!bench_.file().power.relay || off_since_) return std::nullopt;
  const auto state = bench_.power().state(within(power_call_limit));
  if (!state) {
    if (state.error().cause() == Cause::stopped) return state.error();
    return of_the_bench(state.error()).within("the DUT is silent, and its relay cannot be asked");
  }
  if (!*state || **state == Power::on) return std::nullopt;
  return Fault(
      Cause::lost, bench_.file().name + "/power", "it was switched on and reads back off in the middle of the boot",
      "a relay board that left the bus for a moment comes back with its contacts open; check its cable and supply");
}

void Director::watch_the_failure_to_its_end() {
  (void)pass_time(failure_goes_on_for, stop_);  // a stop only shortens it
}

void Director::make_safe() {
  const int boot = job_ == nullptr ? 0 : job_->number;
  const SafeEntry& safe = bench_.file().power.safe;
  if (safe.state == SafeState::off_clean && !off_since_ && job_ != nullptr && job_->plan->plan().shutdown) {
    const auto down =
        guarded([&] { return shut_down(*job_->plan->plan().shutdown, Until(clock_.now() + safe.clean_for)); });
    if (!down) log_.append(Note{fmt::format("no clean shutdown before power is cut: {}", down.error().text())}, boot);
  }
  Result<void> off;
  for (int attempt = 1; attempt <= safe_attempts; ++attempt) {
    off = guarded([&] { return switch_power(Power::off, Until(clock_.now() + safe_limit)); });
    if (!off) continue;
    log_.append(MadeSafe{Power::off, true, ""}, boot);
    return;
  }
  log_.append(MadeSafe{Power::off, false, off.error().text()}, boot);
  log_.append(FaultSeen{off.error().within("the bench could not be made safe")}, boot);
}

Until Director::within(Nanos length) const {
  return Until(clock_.now() + length, stop_);
}

const std::string& Director::main_console() const {
  const std::string& named = job_->plan->plan().console;
  return named.empty() ? bench_.consoles().front().entry.name : named;
}

}  // namespace coldboot
