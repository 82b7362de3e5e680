#pragma once

#include <functional>
#include <memory>
#include <string>

#include "drivers/serial_relay/dialect.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// A line that is open for one exchange, and closed when this goes.
struct RelayLine {
  int descriptor = -1;  ///< non-blocking
  std::shared_ptr<const void> held_open;
};

/// Opens the line to the board. Faults: those of SerialLine::open().
using OpenRelayLine = std::function<Result<RelayLine>(const Until& until)>;

struct SerialRelayConfig {
  std::string where;        ///< bench path shown in faults: "apu2-07/power"
  std::string description;  ///< "lcus relay at usb:1-4"
  int channels = 1;
};

/// A relay board behind a serial port. The line is opened for each exchange and closed after it: so a board that was
/// unplugged is found again, and benches can share a board whose port only one of them can have at a time.
class SerialRelay final : public Relay {
 public:
  SerialRelay(OpenRelayLine open, std::unique_ptr<RelayDialect> dialect, SerialRelayConfig config);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  Result<RelayLine> connect(int channel, const Until& until);
  Result<std::optional<Contact>> ask(int channel, int descriptor, const Until& until);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  OpenRelayLine open_;
  std::unique_ptr<RelayDialect> dialect_;
  SerialRelayConfig config_;
};

}  // namespace coldboot
