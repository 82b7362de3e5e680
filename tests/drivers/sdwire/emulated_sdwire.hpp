#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// The FT200X of an SDWire, and what can be wrong with one (drivers/sdwire/README.md, "Requests").
class EmulatedSdWire final : public UsbModel {
 public:
  explicit EmulatedSdWire(const std::string& serial, const std::string& product = "sd-wire")
      : UsbModel({.vendor = 0x04e8,
                  .product = 0x6001,
                  .release = 0x1000,
                  .version = 0x0200,
                  .speed = "12",
                  .manufacturer = "SRPOL",
                  .name = product,
                  .serial = serial,
                  .interface_and_endpoints = {9, 4,  0, 0, 2, 0xff, 0xff, 0xff, 2,  7, 5, 0x81,
                                              2, 64, 0, 0, 7, 5,    0x02, 2,    64, 0, 0}}) {}

  // Knobs.
  void stick() {
    const std::lock_guard lock(mutex_);
    is_stuck_ = true;
  }
  void fall_off_with_next_switch() {
    const std::lock_guard lock(mutex_);
    falls_off_ = true;
  }

  [[nodiscard]] bool is_at_host() const {
    const std::lock_guard lock(mutex_);
    return (pins_ & 1U) != 0;
  }
  /// Every mode and mask it was told, in order.
  [[nodiscard]] std::vector<int> history() const {
    const std::lock_guard lock(mutex_);
    return history_;
  }

 private:
  void power_on() override { pins_ = 0; }

  Answer answer(const Setup& setup, std::span<const std::uint8_t>) override {
    if (setup.request_type == 0xc0 && setup.request == 0x0c) return {.data = {static_cast<std::uint8_t>(pins_)}};
    if (setup.request_type != 0x40 || setup.request != 0x0b || setup.value >> 8U != 0x20) return {Status::stall};
    history_.push_back(setup.value);
    if (falls_off_) {
      fall_off(false);
      return {Status::gone};
    }
    const unsigned outputs = (setup.value >> 4U) & 0x0fU;
    if (!is_stuck_) pins_ = setup.value & outputs;
    return {};
  }

  unsigned pins_ = 0;
  std::vector<int> history_;
  bool is_stuck_ = false;
  bool falls_off_ = false;
};

/// A hub with nothing to say for itself.
class EmulatedPlainHub final : public UsbModel {
 public:
  EmulatedPlainHub()
      : UsbModel({.vendor = 0x0424,
                  .product = 0x2640,
                  .release = 0x0100,
                  .version = 0x0200,
                  .device_class = 9,
                  .speed = "480",
                  .manufacturer = "",
                  .name = "",
                  .serial = "",
                  .interface_and_endpoints = {9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12}}) {}

 private:
  void power_on() override {}
  Answer answer(const Setup&, std::span<const std::uint8_t>) override { return {Status::stall}; }
};

}  // namespace coldboot
