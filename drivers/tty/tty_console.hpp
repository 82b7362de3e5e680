#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "drivers/tty/latency.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/io/open_line.hpp"
#include "harness/io/serial_line.hpp"

namespace coldboot {

enum class TtyFlow { none, rts_cts, xon_xoff };

struct TtyConsoleConfig {
  std::string id;  ///< as find_serial_port() takes it
  std::string where;
  SerialLineOptions line;
  TtyFlow flow = TtyFlow::none;
};

/// A serial port of this host as a console. It is known by its id and not by its number, so that the same adapter is
/// found again when it was unplugged, whatever its name has become.
class TtyConsole final : public ByteStream {
 public:
  /// Faults: those of SerialLine::open().
  static Result<std::unique_ptr<ByteStream>> open(TtyConsoleConfig config);

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  Result<void> write(std::string_view bytes, const Until& until) override { return line_.write(bytes, until); }
  [[nodiscard]] std::optional<LineErrors> errors() override;
  Result<void> send_break(Nanos length, const Until& until) override;
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::optional<Nanos> latency() const override;
  [[nodiscard]] std::string latency_advice() const override;

 private:
  /// An open port, and what is to be put back when it is closed.
  struct Port {
    SerialLine line;
    LatencyTimer latency;
  };

  explicit TtyConsole(TtyConsoleConfig config);
  Result<void> open_port();

  const TtyConsoleConfig config_;
  OpenLine line_;             // a copy of the port's descriptor, to write to
  mutable std::mutex mutex_;  // guards port_
  std::optional<Port> port_;
};

}  // namespace coldboot
