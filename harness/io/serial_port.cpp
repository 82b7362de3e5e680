#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/io/serial_line.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view usb_prefix = "usb:";
constexpr int most_links = 8;
const fs::path ttys = "/sys/class/tty";

std::string first_line(const fs::path& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

/// "1-4.2": bus, and the ports from its root to the device.
bool is_usb_port(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) return false;
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

void take_usb_details(SerialPort& port, const fs::path& interface) {
  const fs::path device = interface.parent_path();
  const std::string vendor = first_line(device / "idVendor");
  if (vendor.empty()) return;
  port.usb_id = fmt::format("{}:{}", vendor, first_line(device / "idProduct"));
  port.usb_serial = first_line(device / "serial");
  port.usb_product = first_line(device / "product");
  port.usb_port = device.filename();
  const std::string number = first_line(interface / "bInterfaceNumber");
  (void)std::from_chars(number.data(), number.data() + number.size(), port.usb_interface, 16);
}

/// Where a symbolic link leads; empty where there is none.
fs::path target_of(const fs::path& link) {
  std::error_code none;
  const fs::path target = fs::read_symlink(link, none);
  return target.empty() ? target : (link.parent_path() / target).lexically_normal();
}

/// What the system says of a tty by its name; nothing for one without hardware behind it.
std::optional<SerialPort> port_of(const fs::path& name) {
  std::error_code none;
  const fs::path tty = target_of(ttys / name);
  const fs::path hardware = tty.empty() ? tty : target_of(tty / "device");
  if (hardware.empty() || hardware.filename() == "serial8250") return std::nullopt;  // COM ports nobody built in
  SerialPort port;
  port.device = "/dev" / name;
  // A tty of a converter hangs below its interface, that of a modem (CDC) at the interface itself.
  for (const fs::path& level : {hardware, hardware.parent_path()}) {
    if (fs::exists(level / "bInterfaceNumber", none)) take_usb_details(port, level);
  }
  return port;
}

/// "vid:pid:serial[:interface]", or "port[:interface]".
bool fits(const SerialPort& port, std::string_view wanted) {
  if (port.usb_id.empty()) return false;
  const auto is = [&](const std::string& name) {
    return wanted == name || wanted == fmt::format("{}:{}", name, port.usb_interface);
  };
  return is(port.usb_port) || (!port.usb_serial.empty() && is(fmt::format("{}:{}", port.usb_id, port.usb_serial)));
}

std::string lower_ids(std::string_view id) {
  constexpr std::size_t ids = 9;  // "0403:6001"
  std::string lowered(id);
  std::ranges::transform(id.substr(0, ids), lowered.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lowered;
}

bool is_usb_id(std::string_view id) {
  const std::string_view place = id.substr(0, id.find(':'));
  return is_usb_port(place) || std::ranges::count(id, ':') >= 2;
}

/// What tells the lines of one adapter apart: nothing for the first, ":1" for the second.
std::string line_of(const SerialPort& port) {
  return port.usb_interface > 0 ? fmt::format(":{}", port.usb_interface) : std::string();
}

Fault no_such_port(const std::string& id, const std::string& where) {
  std::vector<std::string> known;
  for (const SerialPort& port : serial_ports()) known.push_back(port.stable_id());
  return Fault(Cause::missing, where, fmt::format("found no serial port {}", printable_line(id)),
               known.empty() ? "is the adapter plugged in? this machine has no serial port at all"
                             : fmt::format("is the adapter plugged in? there are {}", fmt::join(known, ", ")));
}

Result<SerialPort> find_usb_port(const std::string& id, const std::string& where) {
  const std::string wanted = lower_ids(std::string_view(id).substr(usb_prefix.size()));
  if (!is_usb_id(wanted)) {
    return Fault(Cause::mistake, where, fmt::format("found the serial port {}", printable_line(id)),
                 "write usb:VENDOR:PRODUCT:SERIAL, usb:PORT such as usb:1-4.2, or a path");
  }
  std::vector<SerialPort> found;
  for (const SerialPort& port : serial_ports()) {
    if (fits(port, wanted)) found.push_back(port);
  }
  if (found.empty()) return no_such_port(id, where);
  if (found.size() == 1) return found.front();
  std::vector<std::string> all;
  for (const SerialPort& port : found) all.push_back(fmt::format("usb:{}:{}", port.usb_port, port.usb_interface));
  return Fault(Cause::refused, where, fmt::format("found {} serial ports {}", found.size(), printable_line(id)),
               fmt::format("name one of them by where it is plugged in: {}", fmt::join(all, ", ")));
}

}  // namespace

std::string SerialPort::stable_id() const {
  if (usb_id.empty() || usb_serial.empty()) return id_by_place();
  return fmt::format("usb:{}:{}{}", usb_id, usb_serial, line_of(*this));
}

std::string SerialPort::id_by_place() const {
  return usb_id.empty() ? device.string() : fmt::format("usb:{}{}", usb_port, line_of(*this));
}

std::string SerialPort::description() const {
  if (usb_id.empty()) return device;
  std::string text = device.string() + " (";
  for (const std::string& part : {usb_product, usb_id, usb_serial}) {
    if (!part.empty()) text += printable_line(part) + " ";
  }
  return fmt::format("{}at usb {})", text, usb_port);
}

std::vector<SerialPort> serial_ports() {
  std::vector<SerialPort> ports;
  std::error_code none;
  for (const auto& tty : fs::directory_iterator(ttys, none)) {
    if (auto port = port_of(tty.path().filename())) ports.push_back(std::move(*port));
  }
  std::ranges::sort(ports, {}, &SerialPort::device);
  return ports;
}

std::string id_among(const SerialPort& port, const std::vector<SerialPort>& ports) {
  const std::string id = port.stable_id();
  return std::ranges::count(ports, id, &SerialPort::stable_id) > 1 ? port.id_by_place() : id;
}

Result<SerialPort> find_serial_port(const std::string& id, const std::string& where) {
  if (id.starts_with(usb_prefix)) return find_usb_port(id, where);
  if (!id.starts_with('/')) {
    return Fault(Cause::mistake, where, fmt::format("found the serial port {}", printable_line(id)),
                 "write usb:VENDOR:PRODUCT:SERIAL, usb:PORT such as usb:1-4.2, or a path");
  }
  std::error_code none;
  fs::path device = id;
  for (int links = 0; links < most_links; ++links) {
    if (device.parent_path() == "/dev") {
      if (auto port = port_of(device.filename())) return std::move(*port);
    }
    const fs::path target = target_of(device);
    if (target.empty()) break;
    device = target;
  }
  if (!fs::exists(device, none)) return no_such_port(id, where);
  SerialPort plain;
  plain.device = device;
  return plain;
}

}  // namespace coldboot
