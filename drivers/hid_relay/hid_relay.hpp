#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/hid_relay/report.hpp"
#include "harness/device/relay.hpp"
#include "harness/io/usb.hpp"

namespace coldboot {

/// V-USB's shared ids for HID devices: many a home-made device has the same.
inline constexpr std::string_view hid_relay_usb_id = "16c0:05df";

/// A board that was found.
struct HidRelayBoard {
  UsbDeviceInfo device;
  UsbStrings strings;
  HidRelayReport report;
  int channels = 0;
};

/// How a board is recognised: what is empty does not matter, and something is not empty.
struct HidRelayIdentity {
  std::string id;      ///< the board's own, in its report
  std::string port;    ///< where it is plugged in: "1-4.2"
  std::string serial;  ///< USB serial number, which most have none of

  [[nodiscard]] std::string text() const;
};

/// "USB HID relay BITFT, 2 channels, at usb 1-4.2"
std::string description_of(const HidRelayBoard& board);

/// Every board on the bus, and why others with the same USB ids could not be asked. Other devices that have the same
/// USB ids are recognised by their names and not touched.
struct HidRelayBoards {
  struct Silent {
    UsbDeviceInfo device;
    Fault why;
  };

  std::vector<HidRelayBoard> found;
  std::vector<Silent> silent;
};
Result<HidRelayBoards> find_hid_relays(UsbBus& bus, const Until& until);

struct HidRelayConfig {
  std::string where;  ///< bench path shown in faults: "apu2-07/power"
  HidRelayIdentity identity;
};

/// A USB HID relay board of one to eight channels. It is driven with control requests to the device as a whole, beside
/// the system's own HID driver. A board that left the bus is looked for again with the next call; it comes back with
/// all contacts open.
class HidRelay final : public Relay {
 public:
  /// Finds the board and asks it for its state. Faults: `missing` (says which boards there are), `refused` (several
  /// boards fit, another device is at the port, no right to it), and those of UsbDevice.
  static Result<std::unique_ptr<HidRelay>> open(std::unique_ptr<UsbBus> bus, HidRelayConfig config, const Until& until);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  HidRelay(std::unique_ptr<UsbBus> bus, HidRelayConfig config) : bus_(std::move(bus)), config_(std::move(config)) {}
  Result<void> connect(const Until& until);
  Result<HidRelayBoard> find(const Until& until);
  [[nodiscard]] Fault not_found(const HidRelayBoards& boards) const;
  Result<void> check(int channel) const;
  Result<HidRelayReport> ask(const Until& until);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<UsbBus> bus_;
  HidRelayConfig config_;
  HidRelayBoard board_;                // as it was found first
  std::unique_ptr<UsbDevice> device_;  // null: to be found again
};

}  // namespace coldboot
