#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/bench/bench.hpp"
#include "harness/console/boot_watcher.hpp"
#include "harness/console/capture.hpp"
#include "harness/event/event_log.hpp"
#include "harness/run/firmware_keeper.hpp"
#include "harness/run/typist.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// One boot to be made.
struct BootJob {
  int number = 0;  ///< run-wide, from 1
  const Configuration& configuration;
  std::shared_ptr<const CompiledPlan> plan;
};

/// Runs boots on one bench, step by step, in plain sequential code: do this, wait for that or for the deadline.
/// What happened is in the event log and nowhere else.
class Director {
 public:
  Director(Bench& bench, Capture& capture, Typist& typist, EventLog& log, const std::filesystem::path& run_folder);

  /// Performs the steps of a boot; stops at the first that fails, the rest are logged as skipped. Never leaves the
  /// bench in another state than the safe one, whatever happens, exceptions of libraries included.
  void run(const BootJob& job, const std::stop_token& stop);

  /// Waits until consoles that were lost are back, each for as long as the bench allows.
  void await_consoles(const std::stop_token& stop);

  /// Brings the bench to its safe state within its own deadline, which no stop request shortens.
  void make_safe();

 private:
  struct Sent {
    std::string text;
    std::string console;
  };

  /// Turns what a library throws into a fault.
  [[nodiscard]] Result<void> guarded(const std::function<Result<void>()>& action) const;
  Result<void> put_media();
  Result<void> put_medium(const std::string& name, const std::filesystem::path& image);
  [[nodiscard]] bool is_the_chip(const std::string& medium) const;
  [[nodiscard]] bool flashes_first() const;
  Result<void> perform(const Step& step);
  Result<void> perform(const PowerOnStep& step);
  Result<void> perform(const PowerOffStep& step);
  Result<void> perform(const PowerCycleStep& step);
  Result<void> perform(const ExpectStep& step);
  Result<void> perform(const SendStep& step);
  Result<void> perform(const WaitStep& step);
  Result<void> perform(const RunStep& step);
  Result<void> perform(const FlashStep& step);
  Result<void> perform(const RecoverStep& step);
  Result<void> perform(const MediaStep& step);

  Result<void> switch_power(Power wanted, const Until& until, bool aside = false);
  Result<void> wait_off(Nanos off, const std::stop_token& stop);
  Result<void> switch_on_and_see();
  /// Faults where the bench asks for proof that switching reached the DUT and there is none.
  [[nodiscard]] Result<void> see_it_silent() const;
  Result<void> see_it_speak();
  Result<void> pass_time(Nanos length, const std::stop_token& stop);
  Result<void> type(const Sent& sent, const Until& until);
  Result<void> shut_down(const ShutdownPlan& plan, const Until& until);

  /// Waits for a marker seen after event `since`. A fatal failure since power came on, a console that is lost and does
  /// not come back, or a fault of the bench ends the wait, and so do the deadline and a stop.
  Result<void> wait_for_marker(const std::string& marker, std::uint64_t since, const Until& until, bool failures_count);
  void await_console(const std::string& console, const Until& until);
  /// Waits until the console that event tells of is open again. Fault: `lost`, `stopped`.
  Result<void> await_return(const Event& lost, const Until& until);
  [[nodiscard]] Nanos wait_if_lost(const std::string& console) const;
  [[nodiscard]] Fault missed(const std::string& marker, Nanos within) const;
  /// Why a DUT that kept silent cannot be blamed: its relay let go, or is gone. Only a relay is asked: what is both
  /// switch and DUT may have turned itself off.
  std::optional<Fault> lost_power();
  void watch_the_failure_to_its_end();
  /// What the record or a device reported since this boot began, if anything.
  [[nodiscard]] std::optional<Fault> fault_of_the_bench() const;
  void end_step(int index, const Result<void>& outcome);

  [[nodiscard]] Until within(Nanos length) const;
  [[nodiscard]] const std::string& main_console() const;

  Bench& bench_;
  Capture& capture_;
  Typist& typist_;
  EventLog& log_;
  Clock& clock_;

  const BootJob* job_ = nullptr;  // the boot being run
  std::stop_token stop_;
  std::uint64_t boot_seq_ = 0;        // event number before this boot's first
  std::uint64_t power_on_seq_ = 0;    // event number before this boot's last power-on
  Instant power_on_sent_{};           // when that was commanded: what was seen earlier is of the boot before it
  std::uint64_t expect_from_ = 0;     // expect looks at markers after this event: power-on or the last send
  std::optional<Instant> off_since_;  // power is known to be off since then
  std::map<std::string, std::filesystem::path> media_put_;  // what is in each medium
  FirmwareKeeper firmware_;
};

}  // namespace coldboot
