#include "drivers/usb_sd_mux/usb_sd_mux.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/child_process.hpp"
#include "harness/media/disks.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

std::string word_for(CardSide side) {
  switch (side) {
    case CardSide::host: return "host";
    case CardSide::dut: return "dut";
    case CardSide::off: return "off";
  }
  return "off";
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return printable_line(text.substr(text.rfind('\n') + 1));
}

}  // namespace

/// The link that the udev rule of the program's package makes to the SCSI device.
fs::path UsbSdMux::node() const {
  return config_.root / "dev/usb-sd-mux" / ("id-" + config_.id);
}

Result<void> UsbSdMux::connect(const Until& until) {
  const auto found = reader(until);
  if (!found) return found.error();
  return {};
}

Result<void> UsbSdMux::turn(CardSide to, const Until& until) {
  if (auto there = connect(until); !there) return there;
  if (const auto said = ask(word_for(to), until); !said) return said.error();
  const auto now = side(until);
  if (!now) return now.error();
  if (*now == to) return {};
  return Fault(Cause::protocol, config_.where,
               fmt::format("{} says that the card is at {}, expected {}", description(),
                           name_of(now->value_or(CardSide::off)), name_of(to)));
}

Result<std::optional<CardSide>> UsbSdMux::side(const Until& until) {
  const auto said = ask("get", until);
  if (!said) return said.error();
  for (const CardSide side : {CardSide::host, CardSide::dut, CardSide::off}) {
    if (*said == word_for(side)) return std::optional(side);
  }
  return Fault(Cause::protocol, config_.where,
               fmt::format("{} said \"{}\", expected host, dut or off", config_.program, *said));
}

/// Its reader is what it is commanded through, so the disk is at the same USB port.
Result<CardReader> UsbSdMux::reader(const Until&) {
  std::error_code none;
  const fs::path target = fs::read_symlink(node(), none);
  const fs::path folder =
      none ? fs::path() : fs::canonical(config_.root / "sys/class/scsi_generic" / target.filename(), none);
  const std::string port = usb_port_of(folder);
  if (!none && !port.empty()) return CardReader{.port = port, .hub = "", .chip = ""};
  return Fault(Cause::missing, config_.where, fmt::format("found no USB-SD-Mux {} at {}", config_.id, node().string()),
               "is it plugged in, and the udev rule of the package usbsdmux installed?");
}

Result<std::string> UsbSdMux::ask(const std::string& what, const Until& until) const {
  auto ended = run_child({config_.program, node().string(), what}, until);
  if (!ended) {
    const Fault fault = ended.error();
    return Fault(fault.cause(), config_.where, fault.text(),
                 fault.cause() == Cause::missing ? "install the package usbsdmux" : fault.hint());
  }
  if (ended->exit_status == 0) return last_line(ended->output);
  return Fault(
      Cause::io, config_.where,
      fmt::format("{} {} ended with {}: {}", config_.program, what, ended->exit_status, last_line(ended->output)),
      "may this user open its /dev/sg*?");
}

std::string UsbSdMux::description() const {
  return fmt::format("USB-SD-Mux {}", printable_line(config_.id));
}

}  // namespace coldboot
