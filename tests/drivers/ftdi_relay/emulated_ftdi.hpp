#pragma once

#include <string>
#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// An FT245R or FT232R with relays on its pins, and what can be wrong with one (drivers/ftdi_relay/README.md,
/// "Requests").
class EmulatedFtdi final : public UsbModel {
 public:
  explicit EmulatedFtdi(const std::string& serial, const std::string& product = "FT245R USB FIFO")
      : UsbModel({.vendor = 0x0403,
                  .product = 0x6001,
                  .release = 0x0600,
                  .version = 0x0200,
                  .speed = "12",
                  .manufacturer = "FTDI",
                  .name = product,
                  .serial = serial,
                  .interface_and_endpoints = {9, 4,  0, 0, 2, 0xff, 0xff, 0xff, 2,  7, 5, 0x81,
                                              2, 64, 0, 0, 7, 5,    0x02, 2,    64, 0, 0}}) {}

  // Knobs.
  void stick(int writes) {
    const std::lock_guard lock(mutex_);
    stuck_ = writes;
  }
  void fall_off_after_next_write(bool and_come_back) {
    const std::lock_guard lock(mutex_);
    falls_off_ = true;
    returns_ = and_come_back;
  }
  /// Pins that are no outputs have these levels.
  void pull(std::uint8_t levels) {
    const std::lock_guard lock(mutex_);
    pulled_ = levels;
  }

  /// Level of a pin, as a relay on it sees it.
  [[nodiscard]] bool data_pin(int pin) const {
    const std::lock_guard lock(mutex_);
    return (data_pins() >> pin & 1) != 0;
  }
  [[nodiscard]] bool cbus_pin(int pin) const {
    const std::lock_guard lock(mutex_);
    return (cbus_ >> pin & 1) != 0;
  }
  /// Every set of levels the data pins had, in order.
  [[nodiscard]] std::vector<int> history() const {
    const std::lock_guard lock(mutex_);
    return history_;
  }
  [[nodiscard]] bool was_touched() const {
    const std::lock_guard lock(mutex_);
    return touched_;
  }

 private:
  void power_on() override {
    mode_ = mask_ = latch_ = cbus_ = 0;
    note();
  }

  [[nodiscard]] int data_pins() const {
    const unsigned driven = mode_ == 0x01 || mode_ == 0x04 ? mask_ : 0U;
    return static_cast<int>((latch_ & driven) | (pulled_ & ~driven & 0xffU));
  }

  void note() {
    if (history_.empty() || history_.back() != data_pins()) history_.push_back(data_pins());
  }

  Answer answer(const Setup& setup, std::span<const std::uint8_t>) override {
    if (setup.request_type == 0xc0 && setup.request == 0x0c)
      return {.data = {static_cast<std::uint8_t>(mode_ == 0x20 ? cbus_ : static_cast<unsigned>(data_pins()))}};
    if (setup.request_type != 0x40 || (setup.request != 0x0b && setup.request != 0)) return {Status::stall};
    touched_ = true;
    mode_ = setup.request == 0 ? 0U : setup.value >> 8U;
    mask_ = setup.value & 0xffU;
    if (mode_ == 0x20) put_cbus();
    note();
    return {};
  }

  void put_cbus() {
    const unsigned outputs = mask_ >> 4U;
    if (!is_stuck()) cbus_ = mask_ & outputs & 0x0fU;
    maybe_fall_off();
  }

  Answer answer_at(std::uint8_t endpoint, std::span<const std::uint8_t> data) override {
    if (endpoint == 0x81) return {.data = {0x01, 0x60}};
    if (endpoint != 0x02) return {Status::stall};
    touched_ = true;
    if (!data.empty() && !is_stuck()) latch_ = data.back();
    note();
    maybe_fall_off();
    return {};
  }

  bool is_stuck() {
    if (stuck_ == 0) return false;
    --stuck_;
    return true;
  }
  void maybe_fall_off() {
    if (std::exchange(falls_off_, false)) fall_off(returns_);
  }

  unsigned mode_ = 0;
  unsigned mask_ = 0;
  unsigned latch_ = 0;
  unsigned cbus_ = 0;
  unsigned pulled_ = 0;
  std::vector<int> history_;
  int stuck_ = 0;
  bool falls_off_ = false;
  bool returns_ = false;
  bool touched_ = false;
};

}  // namespace coldboot
