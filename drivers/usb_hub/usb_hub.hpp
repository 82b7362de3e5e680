#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/usb_hub/hub_descriptor.hpp"
#include "harness/device/relay.hpp"
#include "harness/io/usb.hpp"

namespace coldboot {

inline constexpr std::uint8_t usb_hub_class = 9;       ///< of a device that is a hub
inline constexpr std::uint16_t usb3_version = 0x0300;  ///< from which on a hub is the half of USB 3

struct UsbHubConfig {
  std::string where;   ///< bench path shown in faults: "apu2-07/power"
  std::string hub;     ///< where it is plugged in: "1-4"
  bool alone = false;  ///< do not look for its other half
};

/// The power of a USB hub's ports; a channel is a port. A hub of USB 3 is two hubs, and a port has power until both let
/// go of it, so both are switched.
class UsbHub final : public Relay {
 public:
  /// Faults: `missing` (nothing is plugged in there), `refused` (no hub, one that does not switch its ports one by one,
  /// no other half, no right to it), and those of UsbDevice.
  static Result<std::unique_ptr<UsbHub>> open(std::unique_ptr<UsbBus> bus, UsbHubConfig config, const Until& until);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  /// Closed while one half gives power.
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  struct Half {
    UsbDeviceInfo info;
    std::unique_ptr<UsbDevice> device;
    HubDescriptor descriptor;

    [[nodiscard]] bool is_usb3() const;
  };

  UsbHub(std::unique_ptr<UsbBus> bus, UsbHubConfig config) : bus_(std::move(bus)), config_(std::move(config)) {}
  Result<void> connect(const Until& until);
  Result<Half> open_half(const UsbDeviceInfo& info, const Until& until);
  Result<std::vector<Half>> other_halves(const Half& hub, const std::vector<UsbDeviceInfo>& devices,
                                         const Until& until);
  Result<void> check(int channel) const;
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<UsbBus> bus_;
  UsbHubConfig config_;
  std::vector<Half> halves_;  // empty: to be found again
  std::string ports_;         // "1-4 and 2-4"
  Nanos power_good_{};
  bool was_here_ = false;
};

}  // namespace coldboot
