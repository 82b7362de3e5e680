#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
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
  /// Starts `command` and waits until it is ready to act. `alive` is called about twice a second from a thread of its
  /// own; while it does not return, we count as silent.
  /// Faults: `missing`, `refused`, `io`, `protocol` (it ended, or says why it cannot guard), `timeout`.
  static Result<std::unique_ptr<Guardian>> start(const std::vector<std::string>& command, const BenchFile& bench,
                                                 const Lease& lease, std::function<void()> alive);

  /// The bench is in our own hands to the end: it goes home. Without this it acts once we are gone.
  void dismiss();
  ~Guardian();
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  void works_in(const std::filesystem::path& run_folder);  ///< where it is to write what it did

 private:
  Guardian(Child process, Descriptor line, std::function<void()> alive);
  [[nodiscard]] Result<void> await_ready() const;
  void beat(const std::stop_token& stop) const;

  Child process_;
  Descriptor line_;
  std::function<void()> alive_;
  bool dismissed_ = false;
  std::jthread beating_;
};

}  // namespace coldboot
