#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/flashrom/flashrom_watch.hpp"
#include "drivers/flashrom/remote_scripts.hpp"
#include "drivers/flashrom/remote_shell.hpp"
#include "harness/io/wake.hpp"

namespace coldboot {

/// One flashrom on the DUT, from its start to its end, over as many connections as it takes.
class RemoteFlashrom {
 public:
  RemoteFlashrom(const RemoteShell& shell, RemoteStep step, FlashromWatch& watch, const Until& until)
      : shell_(shell), step_(std::move(step)), watch_(watch), until_(until) {}

  /// Starts it and follows it to its end. Faults: those of the host (flashrom_host.hpp), without a place.
  Result<FlashromEnd> run(const std::vector<std::string>& command);

  /// Whether it may still run there, though run() has returned.
  [[nodiscard]] bool may_still_run() const { return may_still_run_; }

 private:
  enum class Seen { ended, broken, due };
  Result<std::optional<FlashromEnd>> over_one_connection(const std::string& script, int stop);
  Seen follow(RemoteRun& run, int stop);
  void take(const RemoteRun& run);
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] bool may_be_cut() const { return !watch_.is_changing() && !is_ending_; }
  Result<FlashromEnd> end_of(const RemoteRun& run);
  std::optional<Fault> act();
  std::optional<Fault> cut();
  std::optional<Fault> kill();
  std::optional<Fault> unanswered(const Fault& why);
  Fault given_up(const Fault& why);
  [[nodiscard]] Result<std::string> ask(const std::string& script) const;

  const RemoteShell& shell_;
  RemoteStep step_;
  FlashromWatch& watch_;
  const Until& until_;
  std::size_t taken_ = 0;                    // of the payload of this connection
  std::optional<Instant> lost_since_;        // while there is no connection
  std::optional<Instant> unanswered_since_;  // while the DUT cannot be asked to end it
  Fault broken_;                             // why the last connection ended
  bool is_ending_ = false;                   // it has ended there, and its status is on the way
  bool may_still_run_ = false;
};

}  // namespace coldboot
