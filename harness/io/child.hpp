#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

struct ChildStart {
  std::filesystem::path directory;   ///< where it runs; empty: where we run
  std::string input;                 ///< its standard input; empty: nothing, as from /dev/null
  std::vector<int> descriptors;      ///< of ours, which it has as 3, 4, 5, ...
  int line = -1;                     ///< of ours: its standard input and output both, so that its output is errors only
  bool own_session = false;          ///< leads a session of its own: a Ctrl-C, or the end of our session, is not for it
  std::vector<std::string> without;  ///< variables of our environment that it does not have
};

/// A program that runs, never through a shell: the process group it leads, its output, and how to see its end. It gets
/// default signals and no descriptor of ours but those it is given. Whoever waits for it to end by itself wants
/// run_child().
class Child {
 public:
  /// argv[0] is looked up in PATH. Faults: `missing` (no such program or directory), `refused` (it may not be run),
  /// `io`.
  static Result<Child> start(const std::vector<std::string>& argv, const ChildStart& how = {});

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  ///< reaps

  /// Readable once the child has ended.
  [[nodiscard]] int end_descriptor() const { return end_.get(); }
  [[nodiscard]] bool has_ended() const;

  /// Its standard output and error, non-blocking; -1 once it ended.
  [[nodiscard]] int output_descriptor() const { return output_.get(); }
  void output_ended() { output_.close(); }

  /// To the child and all it started. Until reap() their number cannot be given to anybody else.
  void signal_group(int signal) const;

  /// It lives on when we go; nobody waits for its end any more.
  void let_go();

  /// Kills what is left of the group, the child included, and returns the child's exit status: 0..255 as it returned
  /// it, or 128 + the signal that ended it. Once only.
  int reap();

 private:
  class Process;
  Child(std::unique_ptr<Process> process, Descriptor end, Descriptor output);

  Descriptor end_;
  std::unique_ptr<Process> process_;
  Descriptor output_;
};

}  // namespace coldboot
