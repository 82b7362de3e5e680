#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/ftdi/ftdi_chip.hpp"
#include "harness/device/relay.hpp"
#include "harness/io/usb.hpp"

namespace coldboot {

/// FT232R and FT245R, FT2232, FT4232, FT232H, FT-X, as FTDI sells them.
inline constexpr std::array<std::string_view, 5> ftdi_relay_usb_ids = {"0403:6001", "0403:6010", "0403:6011",
                                                                       "0403:6014", "0403:6015"};

/// Which pins of an FTDI chip switch. `data`: the eight data pins, as on relay cards. `cbus`: the four pins of FT232R
/// and FT-X that serve as plain outputs where the chip's memory says so; its serial line goes on working.
enum class FtdiPins { data, cbus };

/// Which pin belongs to which channel. `straight`: the first to the first. `odd`: every second, as on cards of four
/// relays by Denkovi.
enum class FtdiOrder { straight, odd };

struct FtdiRelayConfig {
  std::string where;    ///< bench path shown in faults: "apu2-07/power"
  std::string serial;   ///< USB serial number; empty: by `port`
  std::string port;     ///< where it is plugged in: "1-4.2"
  std::string product;  ///< what the chip must be called: a console cable has the same USB ids
  FtdiPins pins = FtdiPins::data;
  FtdiOrder order = FtdiOrder::straight;
};

/// What chips of relay cards are called.
inline constexpr const char* usual_ftdi_card = "FT245R USB FIFO";

/// The bit of a channel, counted from 1; nothing where there is none.
std::optional<std::uint8_t> ftdi_bit(FtdiPins pins, FtdiOrder order, int channel);

/// A relay card on the pins of an FTDI chip. Reading back reads the pins.
class FtdiRelay final : public Relay {
 public:
  /// Finds the chip and makes sure that it is the one meant, before anything is changed. Faults: `missing`, `refused`
  /// (another name, several that fit, no right to it), and those of UsbDevice.
  static Result<std::unique_ptr<FtdiRelay>> open(std::unique_ptr<UsbBus> bus, FtdiRelayConfig config,
                                                 const Until& until);

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] Nanos delay() const override;

 private:
  FtdiRelay(std::unique_ptr<UsbBus> bus, FtdiRelayConfig config) : bus_(std::move(bus)), config_(std::move(config)) {}
  Result<void> connect(const Until& until);
  Result<UsbDeviceInfo> find(const Until& until);
  Result<std::uint8_t> bit_of(int channel) const;
  Result<void> enter_bit_bang(const Until& until);
  Result<void> put_data(std::uint8_t bit, bool on, const Until& until);
  Result<void> put_cbus(std::uint8_t bit, bool on, const Until& until);
  [[nodiscard]] bool is_meant(const UsbDeviceInfo& info, const UsbStrings& strings) const;
  [[nodiscard]] std::string wanted() const;
  /// Lets go of the chip after a fault, to find it anew with the next call.
  Fault lose(const Fault& fault);
  [[nodiscard]] Fault seen_from_here(const Fault& fault) const;

  std::unique_ptr<UsbBus> bus_;
  FtdiRelayConfig config_;
  std::unique_ptr<UsbDevice> device_;  // null: to be found again
  std::string found_;                  // "A5XK3RJT at usb 1-4.2", once it was
  bool bit_bang_ = false;              // the data pins are outputs, since we opened the chip
  std::uint8_t outputs_ = 0;           // CBUS pins we made outputs
  std::uint8_t values_ = 0;            // and what they are
};

}  // namespace coldboot
