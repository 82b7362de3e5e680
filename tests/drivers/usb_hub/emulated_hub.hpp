#pragma once

#include <string>
#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// A USB hub, or one half of a USB 3 hub, and what can be wrong with one.
class EmulatedHub final : public UsbModel {
 public:
  enum class Switching : std::uint8_t { together = 0, each = 1, never = 2 };

  struct Make {
    int ports = 4;
    std::uint16_t version = 0x0200;
    Switching switching = Switching::each;
    std::uint8_t container = 0;  ///< of a half of a USB 3 hub: its container id, written sixteen times
  };

  explicit EmulatedHub(Make make)
      : UsbModel({.vendor = 0x2109,
                  .product = static_cast<std::uint16_t>(make.version >= 0x0300 ? 0x0813 : 0x2813),
                  .version = make.version,
                  .device_class = 9,
                  .speed = make.version >= 0x0300 ? "5000" : "480",
                  .manufacturer = "VIA Labs",
                  .name = "USB hub",
                  .interface_and_endpoints = {9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12}}),
        make_(make) {}

  // Knobs.
  void refuse_features(int requests) {
    const std::lock_guard lock(mutex_);
    refused_ = requests;
  }
  void keep_power(bool keeps) {
    const std::lock_guard lock(mutex_);
    keeps_ = keeps;
  }
  void fall_off_after_next_feature(bool and_come_back) {
    const std::lock_guard lock(mutex_);
    falls_off_ = true;
    returns_ = and_come_back;
  }

  [[nodiscard]] bool has_power(int port) const {
    const std::lock_guard lock(mutex_);
    return powered_.at(static_cast<std::size_t>(port - 1));
  }

 private:
  [[nodiscard]] bool is_usb3() const { return make_.version >= 0x0300; }

  void power_on() override { powered_.assign(static_cast<std::size_t>(make_.ports), true); }

  Answer answer(const Setup& setup, std::span<const std::uint8_t>) override {
    const std::uint16_t hub_descriptor = is_usb3() ? 0x2a00 : 0x2900;
    if (setup.request_type == 0xa0 && setup.request == 6 && setup.value == hub_descriptor) return descriptor();
    if (setup.request_type == 0x80 && setup.request == 6 && setup.value == 0x0f00) return object_store();
    const bool is_port = setup.index >= 1 && setup.index <= make_.ports;
    if (setup.request_type == 0xa3 && setup.request == 0 && is_port) return status(setup.index);
    const bool is_power = setup.request_type == 0x23 && setup.value == 8 && is_port;
    if (is_power && (setup.request == 1 || setup.request == 3)) return feature(setup.index, setup.request == 3);
    return {Status::stall};
  }

  [[nodiscard]] Answer descriptor() const {
    const auto length = static_cast<std::uint8_t>(is_usb3() ? 12 : 9);
    Answer answer{.data = {length, static_cast<std::uint8_t>(is_usb3() ? 0x2a : 0x29),
                           static_cast<std::uint8_t>(make_.ports),
                           static_cast<std::uint8_t>(8U | static_cast<unsigned>(make_.switching)), 0, 50, 100}};
    answer.data.resize(length);
    return answer;
  }

  [[nodiscard]] Answer object_store() const {
    if (make_.version < 0x0201 || make_.container == 0) return {Status::stall};
    Answer answer{.data = {5, 0x0f, 32, 0, 2, 7, 0x10, 2, 2, 0, 0, 0, 20, 0x10, 4, 0}};
    answer.data.resize(32, make_.container);
    return answer;
  }

  [[nodiscard]] Answer status(int port) const {
    const bool powered = powered_[static_cast<std::size_t>(port - 1)];
    const unsigned bits = powered ? (is_usb3() ? 0x0200U : 0x0100U) : 0U;
    return {.data = {static_cast<std::uint8_t>(bits & 0xffU), static_cast<std::uint8_t>(bits >> 8U), 0, 0}};
  }

  Answer feature(int port, bool on) {
    if (refused_ > 0) {
      --refused_;
      return {Status::stall};
    }
    if (!keeps_) powered_[static_cast<std::size_t>(port - 1)] = on;
    if (std::exchange(falls_off_, false)) fall_off(returns_);
    return {};
  }

  Make make_;
  std::vector<bool> powered_;
  int refused_ = 0;
  bool keeps_ = false;
  bool falls_off_ = false;
  bool returns_ = false;
};

}  // namespace coldboot
