#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot::capture_bench {

// What is measured. Each function runs once; main repeats them and keeps every result.

/// Errors of marker times: time given by capture minus the time at which the marker's last byte had been written.
struct Accuracy {
  std::vector<Nanos> lines;    ///< markers within a line, in the order sent
  std::vector<Nanos> prompts;  ///< prompts: no byte follows for a while
  std::size_t missed = 0;
};

/// One console at 115200 baud, its bytes paced as a UART does, in groups as its FIFO hands them on.
Result<Accuracy> measure_accuracy(std::chrono::seconds length);

/// What capture cost.
struct Load {
  int consoles = 0;
  double seconds = 0;         ///< wall time
  double cpu_seconds = 0;     ///< of this process: capture, matching, recording
  double kernel_seconds = 0;  ///< of those, the kernel's: reads from consoles, writes to files
  double resident_mb = 0;     ///< of this process at the end
  std::uint64_t bytes = 0;    ///< sent
  std::uint64_t lost = 0;     ///< of those, not in the run folder
  std::uint64_t markers = 0;  ///< sent
  std::uint64_t missed = 0;   ///< of those, not found
};

/// A rack: every console gets 115 bytes each 10 ms, the full rate of 115200 baud. 50 markers each, all recorded.
Result<Load> measure_rack(int consoles, std::chrono::seconds length);

/// One console whose board writes as fast as it is read.
Result<Load> measure_flat_out(std::uint64_t bytes);

/// How long a command takes from its start to its end; it must end well.
Result<Nanos> measure_command(const std::vector<std::string>& argv);

/// How long it takes from the start of `coldboot run` until the first byte of a board that speaks as soon as it has
/// power is stamped: files read and checked, run folder made, devices opened, power switched.
Result<Nanos> measure_first_byte(const std::string& coldboot);

/// What the harness adds to each of several boots in a row: from the byte that ends the wait for the board to the
/// return of the call that switches it on again. Nothing settles and nothing stays off for long on this bench.
Result<std::vector<Nanos>> measure_cycles(const std::string& coldboot, int boots);

/// A chip of 8 MiB whose whole content changes, written several times.
struct FlashSteps {
  std::vector<Nanos> ours;   ///< a flash step: chip probed, written, read back, hashes compared, recorded
  std::vector<Nanos> alone;  ///< flashrom called by hand for the first three of these
};
Result<FlashSteps> measure_flash_steps(const std::string& coldboot, int steps);

}  // namespace coldboot::capture_bench
