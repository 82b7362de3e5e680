#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/device/byte_stream.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot::capture_bench {

/// A console on a pseudo-terminal: the end that is captured. Nothing is typed here.
class TerminalPair final : public ByteStream {
 public:
  /// Faults: `io` when no more pseudo-terminals or descriptors are to be had.
  static Result<std::unique_ptr<TerminalPair>> open();

  [[nodiscard]] int descriptor() const override { return captured_.get(); }
  Result<void> write(std::string_view bytes, const Until& until) override;
  [[nodiscard]] std::string description() const override { return "benchmark console"; }

  /// The board's end, for the emitter.
  [[nodiscard]] int board() const { return board_.get(); }

 private:
  TerminalPair(Descriptor board, Descriptor captured) : board_(std::move(board)), captured_(std::move(captured)) {}

  Descriptor board_;
  Descriptor captured_;
};

}  // namespace coldboot::capture_bench
