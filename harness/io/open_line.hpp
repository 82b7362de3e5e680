#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// The open end of a byte line: one thread writes to it, one reads descriptor() and may have to answer what it read,
/// and one may put a line opened anew in its place.
class OpenLine {
 public:
  /// `where` is for faults; `line` is non-blocking.
  OpenLine(std::string where, Descriptor line);

  /// Stays valid until replace().
  [[nodiscard]] int descriptor() const;

  /// Sends all of it; returns when the system has taken it. Bytes of answer() never come in between.
  /// Faults: `lost` when the far end is gone, also when the line was replaced meanwhile; `io`, `timeout`, `stopped`.
  Result<void> write(std::string_view bytes, const Until& until);

  /// Sends without waiting: at once where the system takes it and nobody is writing, else after the next write. A line
  /// that is gone takes nothing; whoever reads it sees that.
  void answer(std::string_view bytes);

  /// Closes the line and goes on with another, or with none: then writes fail with `lost`, as one under way does.
  void replace(Descriptor line);

 private:
  using Shared = std::shared_ptr<const Descriptor>;

  Result<std::size_t> send_locked(std::string_view bytes);
  void send_answers_locked();
  Result<void> wait_for_room(const Descriptor& line, const Until& until) const;

  const std::string where_;
  mutable std::mutex mutex_;  // guards all below; held for calls that do not wait only
  Shared line_;
  std::string answers_;  // not sent yet
  bool writing_ = false;
};

}  // namespace coldboot
