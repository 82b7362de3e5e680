#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/event.hpp"
#include "harness/io/lock_file.hpp"

namespace coldboot {

/// What is known of a bench from one holder to the next; kept beside the holder's name in the bench's lock.
struct BenchState {
  std::uint64_t token = 0;            ///< of the newest lease; grows with each
  bool left_safe = true;              ///< power is off, or was left on on purpose
  std::string unsafe_by;              ///< what made it unsafe: "coldboot run night.yaml"; empty when it is safe
  std::optional<Power> power;         ///< as it was switched last
  std::optional<Ending> last_ending;  ///< how the DUT's system came down last
  std::string run;                    ///< folder of the last run
  bool chip_is_held = false;          ///< lines of the DUT's firmware chip may be driven, or the DUT is in S5 for that
  bool chip_is_in_doubt = false;      ///< a write of the firmware chip was begun, and nobody has seen its end
  std::string until;  ///< when the holder will be done at the latest, UTC; empty where that is not known
  bool operator==(const BenchState&) const = default;
};

/// The lock of a bench by name: where it lies.
Result<std::filesystem::path> bench_lock(const std::string& bench);

/// Where a run shows a console of the bench to others on this host.
Result<std::filesystem::path> console_socket(const std::string& bench, const std::string& console);

/// What a lock's notes say of its bench. Notes that nobody can read speak of a bench that was not left safe.
BenchState bench_state(const LockView& lock);

struct LeaseRequest {
  std::string what = "coldboot";                   ///< "coldboot run xen-vs-bare", for those who find the bench busy
  std::string until;                               ///< see BenchState
  Until patience{Instant::min()};                  ///< how long to wait for whoever holds the bench
  std::function<void(const Fault& busy)> on_wait;  ///< told once, when there is somebody to wait for
};

/// A bench that is ours: nobody else on this host switches it while this value lives. Each lease has a token, larger
/// than any before it, so that whoever was taken for dead and wakes up again finds that the bench is another's.
class Lease {
 public:
  /// Faults: `busy` naming the holder, `stopped`, `refused`, `io`, `disk_full`.
  static Result<Lease> take(const std::string& bench, const LeaseRequest& request);

  /// A lease of our own on a lock that was handed to us: the one before is over.
  static Result<Lease> take_over(const std::string& bench, Descriptor lock);

  [[nodiscard]] const BenchState& found() const { return found_; }  ///< as the one before left it
  [[nodiscard]] int descriptor() const { return lock_.descriptor(); }

  /// Fault: `refused` when the bench has been given to somebody else since.
  [[nodiscard]] Result<void> check() const;

  /// To be called before power is switched on: from here on the bench is not safe, even if the host should crash.
  Result<void> before_power_on();
  void power_is(Power power);
  /// Switching failed, so that power may be on: the bench is not safe until it is known to be off.
  void power_is_in_doubt();
  /// The DUT's system has come down by itself: power that is cut now takes nothing from under it.
  void system_is_down() { system_is_down_ = true; }
  /// How the DUT's system came down last, by us or whoever had the bench before; nothing where that is not known.
  [[nodiscard]] std::optional<Ending> last_ending() const { return state_.last_ending; }
  /// To be called before lines to the DUT's firmware chip are driven, and before it is written: both are kept even if
  /// the host should crash.
  Result<void> chip_is_held();
  Result<void> chip_is_in_doubt();
  void chip_is_parted();
  void chip_is_settled();
  /// Whether its content is nobody's to say: a write was cut, by us or by whoever had the bench before.
  [[nodiscard]] bool is_chip_in_doubt() const { return state_.chip_is_in_doubt; }
  [[nodiscard]] std::optional<Power> power() const { return state_.power; }  ///< as it was switched last
  void works_in(const std::filesystem::path& run_folder);

  /// We are done: the bench is safe if power is off, or was left on on purpose.
  void hand_back(bool on_purpose = false);

 private:
  Lease(std::string bench, std::string what, LockFile lock, BenchState found);
  void is_unsafe();
  [[nodiscard]] Result<void> keep(LockFile::Survive survive) const;

  std::string bench_;
  std::string what_;  // we do with it
  LockFile lock_;
  BenchState found_;
  BenchState state_;
  bool system_is_down_ = false;
};

}  // namespace coldboot
