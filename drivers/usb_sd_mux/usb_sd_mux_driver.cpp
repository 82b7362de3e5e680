#include "drivers/usb_sd_mux/usb_sd_mux_driver.hpp"

#include "drivers/usb_sd_mux/usb_sd_mux.hpp"
#include "harness/file/keys.hpp"
#include "harness/media/card_medium.hpp"

namespace coldboot {
namespace {

constexpr Nanos opening_limit = std::chrono::seconds(10);

struct UsbSdMuxKeys {
  std::string id;
  std::string program = "usbsdmux";
  std::uint64_t size = 0;
};

/// An id becomes part of a path.
Result<void> check_is_id(const std::string& id) {
  if (!id.empty() && id.find('/') == std::string::npos && id != "." && id != "..") return {};
  return Fault(Cause::mistake, "", "found a path, expected a serial number such as \"00048.00643\"",
               "ls /dev/usb-sd-mux shows it behind id-");
}

keys::Type<UsbSdMuxKeys> usb_sd_mux_type() {
  return keys::object<UsbSdMuxKeys>("usb sd mux", "A card behind a USB-SD-Mux, switched by the program usbsdmux.")
      .required("id", &UsbSdMuxKeys::id,
                keys::checked<std::string>(keys::text("00048.00643"), "a serial number", &check_is_id),
                "Its serial number, as in /dev/usb-sd-mux/id-00048.00643.")
      .optional("program", &UsbSdMuxKeys::program, keys::text("usbsdmux"), "What switches it.", "usbsdmux")
      .required("size", &UsbSdMuxKeys::size, keys::size("15931539456 B"),
                "Size of the card, to the byte: a disk of another size is never written to. `lsblk -b` shows it.");
}

}  // namespace

keys::Table usb_sd_mux_keys() {
  return keys::table<UsbSdMuxKeys>(usb_sd_mux_type());
}

Result<std::unique_ptr<BootMedium>> open_usb_sd_mux(const DeviceEntry& entry, const std::string&,
                                                    OpenContext& context) {
  const auto keys = keys::from_kept(usb_sd_mux_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto mux =
      std::make_unique<UsbSdMux>(UsbSdMuxConfig{.where = context.where, .id = keys->id, .program = keys->program});
  if (auto found = mux->connect(Until(context.clock.now() + opening_limit)); !found) return found.error();
  CardMediumConfig config{.where = context.where, .lock = card_lock("usb-sd-mux", keys->id), .bytes = keys->size};
  return std::unique_ptr<BootMedium>(std::make_unique<CardMedium>(std::move(mux), std::move(config), context.clock));
}

}  // namespace coldboot
