#include "drivers/gpio/gpio_driver.hpp"

#include <utility>

#include <fmt/format.h>

#include "drivers/gpio/gpio_relay.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {
namespace {

constexpr int most_lines = 4096;

struct GpioKeys {
  std::string chip;
  std::string line;
  std::optional<int> offset;
  bool active_low = false;
  GpioDrive drive = GpioDrive::push_pull;
};

keys::Type<GpioKeys> gpio_type() {
  const auto drive = keys::word<GpioDrive>({
      {"push-pull", GpioDrive::push_pull, "both levels are driven"},
      {"open-drain", GpioDrive::open_drain, "low is driven, high is let float: what a button does"},
      {"open-source", GpioDrive::open_source, "high is driven, low is let float"},
  });
  return keys::object<GpioKeys>("gpio", "A GPIO line of this machine, closed while it is active. It has the channel 1.")
      .required(
          "chip", &GpioKeys::chip, keys::text("pinctrl-bcm2711"),
          "The chip: its label; or a part of where it is below /sys/devices, such as \"1-4.2\" for a USB port; or "
          "its name or node, \"gpiochip0\" or \"/dev/gpio-relays\".")
      .optional("line", &GpioKeys::line, keys::text("RELAY1"), "The line by its name; gpioinfo lists them.")
      .optional("offset", &GpioKeys::offset, keys::integer(0, most_lines - 1, "26"),
                "The line by its number within the chip, counted from 0.")
      .exactly_one({"line", "offset"})
      .optional("active-low", &GpioKeys::active_low, keys::boolean(),
                "Whether low is what closes: most boards with optocouplers.", "false")
      .optional("drive", &GpioKeys::drive, drive, "How the line is driven.", "push-pull");
}

}  // namespace

keys::Table gpio_keys() {
  return keys::table<GpioKeys>(gpio_type());
}

Result<std::unique_ptr<Relay>> open_gpio(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  auto keys = keys::from_kept(gpio_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto relay = GpioRelay::open(system_gpio_chips(),
                               {.where = context.where,
                                .identity = {std::move(keys->chip), std::move(keys->line), keys->offset},
                                .use = {keys->active_low, keys->drive, fmt::format("coldboot {}", context.bench)}});
  if (!relay) return relay.error();
  return std::unique_ptr<Relay>(std::move(*relay));
}

}  // namespace coldboot
