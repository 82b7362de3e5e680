#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/bench/bench_file.hpp"
#include "harness/bench/lease.hpp"
#include "harness/core/result.hpp"
#include "harness/io/child.hpp"

namespace coldboot {

/// Our end of the guardian: a process in a session of its own that holds the bench's lock with us and brings the bench
/// to its safe state should we die or fall silent (guard.hpp).
class Guardian {
 public:
  /// Both are called from a thread of the guardian's own.
  struct Calls {
    std::function<void()> alive;  ///< about twice a second; while it does not return, we count as silent
    /// The guardian has ended, as nobody asked it to, and another one was started: or could not be.
    std::function<void(const Result<void>&)> replaced;
  };

  /// Starts `command` and waits until it is ready to act.
  /// Faults: `missing`, `refused`, `io`, `protocol` (it ended, or says why it cannot guard), `timeout`.
  static Result<std::unique_ptr<Guardian>> start(const std::vector<std::string>& command, const BenchFile& bench,
                                                 const Lease& lease, Calls calls);

  /// The bench is in our own hands to the end: it goes home. Without this it acts once we are gone.
  void dismiss();
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  void works_in(const std::filesystem::path& run_folder);  ///< where it is to write what it did

 private:
  Guardian(std::vector<std::string> command, const BenchFile& bench, const Lease& lease, Calls calls);
  Result<void> engage();
  [[nodiscard]] Result<void> await_ready() const;
  void beat(const std::stop_token& stop);
  void say(std::string_view message) const;
  /// Replaces a guardian that has ended. Nothing where it has not.
  std::optional<Result<void>> replace();

  const std::vector<std::string> command_;
  const BenchFile& bench_;
  const int lock_;
  const Calls calls_;
  std::mutex mutex_;  // guards the next four
  std::unique_ptr<Child> process_;
  Descriptor line_;
  std::string folder_;
  bool dismissed_ = false;
  std::jthread beating_;
};

}  // namespace coldboot
