#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// An FT232R as a serial adapter, and the far end of its line. Source: libftdi 1.5, whose requests these are.
class EmulatedSerialAdapter final : public UsbModel {
 public:
  explicit EmulatedSerialAdapter(const std::string& serial)
      : UsbModel({.vendor = 0x0403,
                  .product = 0x6001,
                  .release = 0x0600,
                  .version = 0x0200,
                  .speed = "12",
                  .manufacturer = "FTDI",
                  .name = "FT232R USB UART",
                  .serial = serial,
                  .interface_and_endpoints = {9, 4,  0, 0, 2, 0xff, 0xff, 0xff, 2,  7, 5, 0x81,
                                              2, 64, 0, 0, 7, 5,    0x02, 2,    64, 0, 0}}) {}

  /// Called when there is something to fetch.
  std::function<void()> on_news = [] {};

  /// The far end sends.
  void say(std::string_view bytes) {
    {
      const std::lock_guard lock(mutex_);
      received_ += bytes;
    }
    on_news();
  }
  /// The chip had no room for a byte, and says so with the next that it has.
  void overrun() {
    const std::lock_guard lock(mutex_);
    line_status_ |= overrun_error;
  }
  [[nodiscard]] int latency_timer() const {
    const std::lock_guard lock(mutex_);
    return latency_;
  }

 private:
  static constexpr std::uint8_t always_and_clear_to_send = 0x11;
  static constexpr std::uint8_t sender_is_empty = 0x60;
  static constexpr std::uint8_t overrun_error = 0x02;
  static constexpr std::size_t most_in_a_packet = 62;
  static constexpr std::uint8_t from_line = 0x81;

  void power_on() override {
    latency_ = 16;
    received_.clear();
    line_status_ = sender_is_empty;
  }

  Answer answer(const Setup& setup, std::span<const std::uint8_t>) override {
    if (setup.request_type == 0x40) {
      if (setup.request == 0x09) latency_ = setup.value;
      return {};
    }
    switch (setup.request) {
      case 0x05: return {.data = {always_and_clear_to_send, sender_is_empty}};
      case 0x0a: return {.data = {latency_byte()}};
      case 0x90: return {.data = {0xff, 0xff}};  // an empty memory
      default: return {Status::stall};
    }
  }

  Answer answer_at(std::uint8_t endpoint, std::span<const std::uint8_t>) override {
    if (endpoint != from_line) return {};
    if (received_.empty()) return {Status::no_answer};
    Answer packet{.data = {always_and_clear_to_send, std::exchange(line_status_, sender_is_empty)}};
    const std::size_t length = std::min(received_.size(), most_in_a_packet);
    packet.data.insert(packet.data.end(), received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(length));
    received_.erase(0, length);
    return packet;
  }

  [[nodiscard]] std::uint8_t latency_byte() const { return static_cast<std::uint8_t>(latency_); }

  int latency_ = 16;
  std::string received_;
  std::uint8_t line_status_ = sender_is_empty;
};

}  // namespace coldboot
