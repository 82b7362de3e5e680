#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// What QEMU tells by itself. Source: QEMU Machine Protocol, events of QEMU 7.2 (docs/interop/qmp-spec.txt).
struct QmpEvent {
  std::string name;    ///< "RESET", "SHUTDOWN", "GUEST_PANICKED", "STOP"
  std::string reason;  ///< where it gives one: "guest-reset"
};

/// The stream of QMP as it comes in: whole lines in, messages out. Pure, for the fuzzer as well.
class QmpReader {
 public:
  struct Message {
    enum class Kind { greeting, answer, refusal, event };
    Kind kind = Kind::answer;
    std::string text;  ///< of a refusal, why
    QmpEvent event;
  };

  /// The messages that `bytes` completes. Fault: `protocol` for a line that is no QMP, or one without end.
  Result<std::vector<Message>> feed(std::string_view bytes);

 private:
  std::string line_;
};

/// A connection to one QEMU.
class Qmp {
 public:
  /// `socket` is connected and non-blocking. Events are handed to `on_event` while an answer is waited for, and by
  /// take().
  Qmp(Descriptor socket, std::string where, std::function<void(const QmpEvent&)> on_event);

  /// Waits for the greeting and leaves QMP's mode of negotiation. Faults as execute().
  Result<void> greet(const Until& until);

  /// Runs a command without arguments. Faults: `refused` in QEMU's words, `lost` when it is gone, `protocol`,
  /// `timeout`, `stopped`.
  Result<void> execute(std::string_view command, const Until& until);

  /// Takes in what has come, without waiting. Fault: `lost`, `protocol`.
  Result<void> take();

  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  Result<void> wait_for(QmpReader::Message::Kind wanted, const Until& until);
  Result<std::vector<QmpReader::Message>> read_some();

  Descriptor socket_;
  std::string where_;
  std::function<void(const QmpEvent&)> on_event_;
  QmpReader reader_;
};

}  // namespace coldboot
