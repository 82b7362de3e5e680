#include "harness/io/usb.hpp"

#include <algorithm>
#include <array>
#include <libusb.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

// One transfer; a stop request is looked for between them. The slowest devices, whose USB is done in software, answer
// in some ten milliseconds.
constexpr std::chrono::milliseconds longest_transfer = 1s;
constexpr std::size_t longest_string = 256;
constexpr std::size_t deepest_port = 7;  // USB 2.0, 4.1.1: tiers

struct FreeContext {
  void operator()(libusb_context* context) const { libusb_exit(context); }
};
struct FreeDevice {
  void operator()(libusb_device* device) const { libusb_unref_device(device); }
};
struct CloseHandle {
  void operator()(libusb_device_handle* handle) const { libusb_close(handle); }
};
struct FreeConfiguration {
  void operator()(libusb_config_descriptor* configuration) const { libusb_free_config_descriptor(configuration); }
};
using DeviceReference = std::unique_ptr<libusb_device, FreeDevice>;

std::string port_of(libusb_device* device) {
  std::array<std::uint8_t, deepest_port> ports{};
  const int count = libusb_get_port_numbers(device, ports.data(), static_cast<int>(ports.size()));
  const int bus = libusb_get_bus_number(device);
  if (count <= 0) return fmt::format("usb{}", bus);
  return fmt::format("{}-{}", bus, fmt::join(ports.begin(), ports.begin() + count, "."));
}

UsbDeviceInfo info_of(libusb_device* device, const libusb_device_descriptor& descriptor) {
  UsbDeviceInfo info;
  info.vendor = descriptor.idVendor;
  info.product = descriptor.idProduct;
  info.release = descriptor.bcdDevice;
  info.version = descriptor.bcdUSB;
  info.device_class = descriptor.bDeviceClass;
  info.port = port_of(device);
  info.address = libusb_get_device_address(device);
  return info;
}

/// How a device is named in faults: "usb 1-4.2 (16c0:05df)".
std::string place_of(const UsbDeviceInfo& device) {
  return fmt::format("usb {} ({})", device.port, device.id());
}

std::string rule_for(const UsbDeviceInfo& device) {
  return fmt::format(
      "this user may not use it; a udev rule gives the right: SUBSYSTEM==\"usb\", ATTR{{idVendor}}==\"{:04x}\", "
      "ATTR{{idProduct}}==\"{:04x}\", GROUP=\"coldboot\", MODE=\"0660\"",
      device.vendor, device.product);
}

Fault usb_fault(int code, std::string_view doing, const UsbDeviceInfo& device) {
  const std::string what = fmt::format("{}: {}", doing, libusb_strerror(code));
  const std::string where = place_of(device);
  switch (code) {
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND: return Fault(Cause::lost, where, what, "check its cable");
    case LIBUSB_ERROR_ACCESS: return Fault(Cause::refused, where, what, rule_for(device));
    case LIBUSB_ERROR_BUSY: return Fault(Cause::busy, where, what, "end the program that has it");
    case LIBUSB_ERROR_PIPE:
      return Fault(Cause::protocol, where, fmt::format("{}: it does not know the request", doing));
    case LIBUSB_ERROR_TIMEOUT: return Fault(Cause::timeout, where, fmt::format("{}: no answer in time", doing));
    default: return Fault(Cause::io, where, what);
  }
}

class SystemDevice final : public UsbDevice {
 public:
  SystemDevice(std::shared_ptr<libusb_context> context, UsbDeviceInfo info, libusb_device_handle* handle)
      : context_(std::move(context)), info_(std::move(info)), handle_(handle) {}

  Result<void> send(const UsbSetup& setup, std::span<const std::uint8_t> data, const Until& until) override {
    std::vector<std::uint8_t> bytes(data.begin(), data.end());
    const auto sent = control(setup, bytes, until);
    if (!sent) return sent.error();
    if (static_cast<std::size_t>(*sent) != bytes.size()) return short_of("sending", *sent, bytes.size());
    return {};
  }

  Result<std::vector<std::uint8_t>> receive(const UsbSetup& setup, std::size_t length, const Until& until) override {
    std::vector<std::uint8_t> bytes(length);
    const auto received = control(setup, bytes, until);
    if (!received) return received.error();
    bytes.resize(static_cast<std::size_t>(*received));
    return bytes;
  }

  Result<void> write(std::uint8_t endpoint, std::span<const std::uint8_t> data, const Until& until) override {
    std::vector<std::uint8_t> bytes(data.begin(), data.end());
    const auto sent = transfer(endpoint, bytes, until, "sending");
    if (!sent) return sent.error();
    if (static_cast<std::size_t>(*sent) != bytes.size()) return short_of("sending", *sent, bytes.size());
    return {};
  }

  Result<std::vector<std::uint8_t>> read(std::uint8_t endpoint, std::size_t length, const Until& until) override {
    std::vector<std::uint8_t> bytes(length);
    const auto received = transfer(endpoint | LIBUSB_ENDPOINT_IN, bytes, until, "reading");
    if (!received) return received.error();
    bytes.resize(static_cast<std::size_t>(*received));
    return bytes;
  }

  Result<void> claim(int interface) override {
    libusb_set_auto_detach_kernel_driver(handle_.get(), 0);
    const int detached = libusb_detach_kernel_driver(handle_.get(), interface);
    if (detached != 0 && detached != LIBUSB_ERROR_NOT_FOUND) return usb_fault(detached, "detaching its driver", info_);
    const int claimed = libusb_claim_interface(handle_.get(), interface);
    if (claimed != 0) return usb_fault(claimed, "claiming its interface", info_);
    return {};
  }

  Result<void> detach_driver(int interface) override {
    const int detached = libusb_detach_kernel_driver(handle_.get(), interface);
    if (detached != 0 && detached != LIBUSB_ERROR_NOT_FOUND) return usb_fault(detached, "detaching its driver", info_);
    return {};
  }

  Result<void> attach_driver(int interface) override {
    const int attached = libusb_attach_kernel_driver(handle_.get(), interface);
    if (attached != 0 && attached != LIBUSB_ERROR_BUSY && attached != LIBUSB_ERROR_NOT_FOUND)
      return usb_fault(attached, "attaching its driver",
                       info_);  // busy: it has one; not found: it gets it by the reset
    return {};
  }

  Result<void> reset() override {
    const int done = libusb_reset_device(handle_.get());
    if (done != 0 && done != LIBUSB_ERROR_NOT_FOUND) return usb_fault(done, "resetting it", info_);
    return {};  // not found: it is on the bus as another device now
  }

  Result<UsbInterruptEndpoints> interrupt_endpoints(int interface) override {
    libusb_config_descriptor* raw = nullptr;
    if (const int code = libusb_get_active_config_descriptor(libusb_get_device(handle_.get()), &raw); code != 0)
      return usb_fault(code, "reading its configuration", info_);
    const std::unique_ptr<libusb_config_descriptor, FreeConfiguration> configuration(raw);
    if (interface >= configuration->bNumInterfaces || configuration->interface[interface].num_altsetting < 1)
      return Fault(Cause::io, place_of(info_), fmt::format("it has no interface {}", interface));
    const libusb_interface_descriptor& first = configuration->interface[interface].altsetting[0];
    UsbInterruptEndpoints found;
    for (const auto& endpoint : std::span(first.endpoint, first.bNumEndpoints)) {
      if ((endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_INTERRUPT) continue;
      const bool in = (endpoint.bEndpointAddress & LIBUSB_ENDPOINT_IN) != 0;
      (in ? found.from_device : found.to_device) = endpoint.bEndpointAddress;
    }
    return found;
  }

  Result<UsbStrings> strings(const Until& until) override {
    libusb_device_descriptor descriptor{};
    libusb_get_device_descriptor(libusb_get_device(handle_.get()), &descriptor);
    UsbStrings strings;
    for (const auto& [index, text] :
         {std::pair(descriptor.iManufacturer, &strings.manufacturer), std::pair(descriptor.iProduct, &strings.product),
          std::pair(descriptor.iSerialNumber, &strings.serial)}) {
      if (auto time = time_left("reading its names", until); !time) return time.error();
      if (index != 0) *text = string(index);
    }
    return strings;
  }

 private:
  [[nodiscard]] Result<unsigned> time_left(std::string_view doing, const Until& until) const {
    if (until.stop.stop_requested()) return Fault(Cause::stopped, place_of(info_), "asked to stop");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.deadline - std::chrono::steady_clock::now());
    if (left <= 0ms) return Fault(Cause::timeout, place_of(info_), fmt::format("{}: no time is left", doing));
    return static_cast<unsigned>(std::min(left, longest_transfer).count());
  }

  Result<int> control(const UsbSetup& setup, std::vector<std::uint8_t>& bytes, const Until& until) {
    const std::string doing =
        fmt::format("request {:02x}/{:02x}/{:04x}", setup.request_type, setup.request, setup.value);
    const auto time = time_left(doing, until);
    if (!time) return time.error();
    const int done = libusb_control_transfer(handle_.get(), setup.request_type, setup.request, setup.value, setup.index,
                                             bytes.data(), static_cast<std::uint16_t>(bytes.size()), *time);
    if (done < 0) return usb_fault(done, doing, info_);
    return done;
  }

  Result<int> transfer(std::uint8_t endpoint, std::vector<std::uint8_t>& bytes, const Until& until,
                       std::string_view doing) {
    const auto time = time_left(doing, until);
    if (!time) return time.error();
    int done = 0;  // bulk and interrupt endpoints look alike to the system
    const int code =
        libusb_bulk_transfer(handle_.get(), endpoint, bytes.data(), static_cast<int>(bytes.size()), &done, *time);
    if (code != 0) return usb_fault(code, fmt::format("{} at endpoint {:02x}", doing, endpoint), info_);
    return done;
  }

  [[nodiscard]] Fault short_of(std::string_view doing, int done, std::size_t wanted) const {
    return Fault(Cause::io, place_of(info_), fmt::format("{}: it took {} bytes, expected {}", doing, done, wanted));
  }

  [[nodiscard]] std::string string(std::uint8_t index) const {
    std::array<unsigned char, longest_string> text{};
    const int length = libusb_get_string_descriptor_ascii(handle_.get(), index, text.data(), text.size());
    return length > 0 ? std::string(text.begin(), text.begin() + length) : std::string();
  }

  std::shared_ptr<libusb_context> context_;  // outlives the handle
  UsbDeviceInfo info_;
  std::unique_ptr<libusb_device_handle, CloseHandle> handle_;
};

class SystemBus final : public UsbBus {
 public:
  explicit SystemBus(std::string where) : where_(std::move(where)) {}

  Result<std::vector<UsbDeviceInfo>> devices() override {
    std::vector<UsbDeviceInfo> found;
    auto context = new_context();
    if (!context) return context.error();
    const auto listed = for_each(context->get(), [&](libusb_device*, const UsbDeviceInfo& info) {
      found.push_back(info);
      return true;
    });
    if (!listed) return listed.error();
    std::ranges::sort(found, {}, &UsbDeviceInfo::port);
    return found;
  }

  Result<std::unique_ptr<UsbDevice>> open(const UsbDeviceInfo& wanted) override {
    auto context = new_context();
    if (!context) return context.error();
    DeviceReference device;
    const auto listed = for_each(context->get(), [&](libusb_device* candidate, const UsbDeviceInfo& info) {
      if (info.port != wanted.port || info.address != wanted.address || info.id() != wanted.id()) return true;
      device.reset(libusb_ref_device(candidate));
      return false;
    });
    if (!listed) return listed.error();
    if (!device) return Fault(Cause::lost, place_of(wanted), "it is gone", "check its cable");
    libusb_device_handle* handle = nullptr;
    if (const int code = libusb_open(device.get(), &handle); code != 0) return usb_fault(code, "opening it", wanted);
    return std::unique_ptr<UsbDevice>(std::make_unique<SystemDevice>(std::move(*context), wanted, handle));
  }

 private:
  /// Calls `take` for each device until it says that it wants no more.
  template <class Take>
  static Result<void> for_each(libusb_context* context, Take take) {
    libusb_device** list = nullptr;
    const ssize_t count = libusb_get_device_list(context, &list);
    if (count < 0)
      return Fault(Cause::io, "usb", fmt::format("listing devices: {}", libusb_strerror(static_cast<int>(count))));
    for (ssize_t i = 0; i < count; ++i) {
      libusb_device_descriptor descriptor{};
      if (libusb_get_device_descriptor(list[i], &descriptor) != 0) continue;
      if (!take(list[i], info_of(list[i], descriptor))) break;
    }
    libusb_free_device_list(list, 1);
    return {};
  }

  /// One for each look: a context hears of devices plugged in later from udev only, which a container may lack.
  [[nodiscard]] Result<std::shared_ptr<libusb_context>> new_context() const {
    libusb_context* context = nullptr;
    if (const int code = libusb_init(&context); code != 0)
      return Fault(Cause::io, where_, fmt::format("libusb cannot be started: {}", libusb_strerror(code)));
    return std::shared_ptr<libusb_context>(context, FreeContext());
  }

  std::string where_;
};

}  // namespace

std::string UsbDeviceInfo::id() const {
  return fmt::format("{:04x}:{:04x}", vendor, product);
}

std::unique_ptr<UsbBus> system_usb_bus(std::string where) {
  return std::make_unique<SystemBus>(std::move(where));
}

}  // namespace coldboot
