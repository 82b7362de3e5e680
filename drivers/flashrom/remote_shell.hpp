#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/child.hpp"
#include "harness/io/descriptor.hpp"
#include "harness/io/kept_output.hpp"

namespace coldboot {

/// How a DUT's shell is reached: a program that hands the word behind its own to a shell there, and joins its standard
/// input and output with that shell's, as ssh does.
struct RemoteShell {
  std::vector<std::string> through;  ///< {"ssh", "-o", "BatchMode=yes", "root@192.168.1.1"}
  std::filesystem::path directory;   ///< where that program runs; empty: where we run
  Nanos reach_limit{};               ///< how long nothing at all may come or go
};

/// A script that runs there, over a connection of its own, and what it has written so far.
class RemoteRun {
 public:
  /// Faults: `missing`, `refused`, `io`, of the program that makes the connection.
  static Result<RemoteRun> start(const RemoteShell& shell, std::string_view script, std::string input = {});

  /// Waits until something came or went, the connection ended, or at most until then; -1: no `wake`.
  void wait(Instant at, int wake);

  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }  ///< for framed_output()
  [[nodiscard]] Instant last_moved() const { return last_moved_; }

  /// The last line that the script there or the connection complained in.
  [[nodiscard]] std::string complaint() const { return errors_.last_line(); }

  /// Why the connection is no good: it could not be made, or broke off. After its end, or of a silent one.
  [[nodiscard]] Fault broken();

 private:
  RemoteRun(std::string program, Nanos reach_limit, Child child, Descriptor line, std::string input);
  void send();
  void receive();
  void take_errors();

  std::string program_;
  Nanos reach_limit_;
  Child child_;
  Descriptor line_;  // its standard input and output
  std::string input_;
  std::size_t sent_ = 0;
  std::string bytes_;
  KeptOutput errors_{4096};
  Instant last_moved_;
  bool ended_ = false;
};

struct RemoteAnswer {
  int status = 0;
  std::string payload;
  std::string errors;  ///< the last line that the script or the connection complained in
};

/// Runs a script there to its end. Faults: `missing` (no such program, the DUT cannot be reached), `refused`, `lost`
/// (the connection ended before the script), `timeout` (nothing came for longer than the limit, or the deadline),
/// `stopped`, `io`; they have no place.
Result<RemoteAnswer> run_there(const RemoteShell& shell, std::string_view script, const Until& until,
                               std::string input = {});

}  // namespace coldboot
