#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace coldboot {

/// A USB device as its firmware sees the bus: it is asked, and answers. What it is plugged into, a Lab or a ShelfBus,
/// carries questions and answers. Thread-safe.
class UsbModel {
 public:
  struct Setup {
    std::uint8_t request_type = 0;
    std::uint8_t request = 0;
    std::uint16_t value = 0;
    std::uint16_t index = 0;
    std::uint16_t length = 0;
  };

  enum class Status { done, stall, disturbed, no_answer, gone };

  struct Answer {
    Status status = Status::done;
    std::vector<std::uint8_t> data{};
    std::chrono::milliseconds after{0};  ///< how late it comes
  };

  /// What the device tells about itself before anybody talks to it.
  struct Identity {
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    std::uint16_t release = 0x0100;
    std::uint16_t version = 0x0110;
    std::uint8_t device_class = 0;
    std::string speed = "1.5";  ///< Mbit/s
    std::string manufacturer{};
    std::string name{};
    std::string serial{};
    std::vector<std::uint8_t> interface_and_endpoints{};  ///< descriptors after that of the configuration
    std::uint8_t interfaces = 1;
  };

  explicit UsbModel(Identity identity) : identity_(std::move(identity)) {}
  virtual ~UsbModel() = default;
  UsbModel(const UsbModel&) = delete;
  UsbModel& operator=(const UsbModel&) = delete;

  [[nodiscard]] const Identity& identity() const { return identity_; }

  /// The device descriptor and that of its one configuration, as they stand in sysfs (USB 2.0, 9.6).
  [[nodiscard]] std::vector<std::uint8_t> descriptors() const {
    const auto low = [](std::uint16_t word) { return static_cast<std::uint8_t>(word & 0xffU); };
    const auto high = [](std::uint16_t word) { return static_cast<std::uint8_t>(word >> 8U); };
    const Identity& id = identity_;
    const auto index = [](const std::string& text, std::uint8_t number) {
      return text.empty() ? std::uint8_t{0} : number;
    };
    std::vector<std::uint8_t> bytes{18,
                                    1,
                                    low(id.version),
                                    high(id.version),
                                    id.device_class,
                                    0,
                                    0,
                                    8,
                                    low(id.vendor),
                                    high(id.vendor),
                                    low(id.product),
                                    high(id.product),
                                    low(id.release),
                                    high(id.release),
                                    index(id.manufacturer, 1),
                                    index(id.name, 2),
                                    index(id.serial, 3),
                                    1};
    const auto total = static_cast<std::uint16_t>(9 + id.interface_and_endpoints.size());
    for (const std::uint8_t byte : {std::uint8_t{9}, std::uint8_t{2}, low(total), high(total), id.interfaces,
                                    std::uint8_t{1}, std::uint8_t{0}, std::uint8_t{0x80}, std::uint8_t{10}})
      bytes.push_back(byte);
    bytes.insert(bytes.end(), id.interface_and_endpoints.begin(), id.interface_and_endpoints.end());
    return bytes;
  }

  /// A control transfer; `data` is what the host sends with it.
  Answer control(const Setup& setup, std::span<const std::uint8_t> data) {
    const std::lock_guard lock(mutex_);
    if (gone_) return {Status::gone};
    if (setup.request_type == 0x80 && setup.request == 6 && setup.value >> 8U == 3)
      return cut(string(setup.value & 0xffU), setup.length);
    return cut(answer(setup, data), setup.length);
  }

  /// A transfer to or from another endpoint.
  Answer transfer(std::uint8_t endpoint, std::span<const std::uint8_t> data, std::size_t length) {
    const std::lock_guard lock(mutex_);
    if (gone_) return {Status::gone};
    return cut(answer_at(endpoint, data), length);
  }

  /// The system's driver of its interface was attached or detached; its port was reset.
  virtual void driver_is(bool /*attached*/) {}
  virtual void reset() {}

  /// Whether it fell off the bus by itself.
  [[nodiscard]] bool is_gone() const {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  /// Whether it comes back by itself after it fell off.
  [[nodiscard]] bool comes_back() const {
    const std::lock_guard lock(mutex_);
    return comes_back_;
  }

  /// It lost the bus.
  void pulled_out() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }

  /// What its HID interface says of its reports; empty where it has none.
  [[nodiscard]] virtual std::vector<std::uint8_t> report_descriptor() const { return {}; }

  /// It gets power from the bus: everything in it begins anew.
  void plugged_in() {
    const std::lock_guard lock(mutex_);
    gone_ = false;
    comes_back_ = false;
    power_on();
  }

 protected:
  virtual Answer answer(const Setup& setup, std::span<const std::uint8_t> data) = 0;
  virtual Answer answer_at(std::uint8_t /*endpoint*/, std::span<const std::uint8_t> /*data*/) {
    return {Status::stall};
  }
  virtual void power_on() = 0;

  void fall_off(bool and_come_back) {
    gone_ = true;
    comes_back_ = and_come_back;
  }

  mutable std::mutex mutex_;  // guards everything in a model, also what derived ones add

 private:
  static Answer cut(Answer answer, std::size_t most) {
    if (answer.data.size() > most) answer.data.resize(most);
    return answer;
  }

  /// A string descriptor: UTF-16 of what we only write in ASCII.
  [[nodiscard]] Answer string(unsigned index) const {
    if (index == 0) return {.data = {4, 3, 0x09, 0x04}};
    const std::string text = index == 1 ? identity_.manufacturer : index == 2 ? identity_.name : identity_.serial;
    if (text.empty() || index > 3) return {Status::stall};
    Answer answer{.data = {static_cast<std::uint8_t>(2 + 2 * text.size()), 3}};
    for (const char letter : text) {
      answer.data.push_back(static_cast<std::uint8_t>(letter));
      answer.data.push_back(0);
    }
    return answer;
  }

  Identity identity_;
  bool gone_ = false;
  bool comes_back_ = false;
};

}  // namespace coldboot
