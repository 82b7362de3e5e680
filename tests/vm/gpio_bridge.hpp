#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// A CP2112, USB to SMBus with eight GPIO lines, as far as its lines go. Source: Silicon Labs AN495, "GPIO" reports;
/// Linux, drivers/hid/hid-cp2112.c.
class EmulatedGpioBridge final : public UsbModel {
 public:
  /// One line that moved: "3 high".
  using Edges = std::vector<std::string>;

  EmulatedGpioBridge()
      : UsbModel({.vendor = 0x10c4,
                  .product = 0xea90,
                  .version = 0x0200,
                  .speed = "12",
                  .manufacturer = "Silicon Laboratories",
                  .name = "CP2112 HID USB-to-SMBus Bridge",
                  .interface_and_endpoints = {9,
                                              4,
                                              0,
                                              0,
                                              2,
                                              3,
                                              0,
                                              0,
                                              0,
                                              9,
                                              0x21,
                                              0x11,
                                              0x01,
                                              0,
                                              1,
                                              0x22,
                                              static_cast<std::uint8_t>(reports.size()),
                                              0,
                                              7,
                                              5,
                                              0x81,
                                              3,
                                              64,
                                              0,
                                              1,
                                              7,
                                              5,
                                              0x01,
                                              3,
                                              64,
                                              0,
                                              1}}) {}

  /// What a resistor outside makes of the lines that nobody drives.
  void pull(std::uint8_t lines_high) {
    const std::lock_guard lock(mutex_);
    pulls_ = lines_high;
  }
  /// It leaves the bus when it is told to set a line for the n-th time from now.
  void fall_off_at_command(int number, bool and_come_back) {
    const std::lock_guard lock(mutex_);
    falls_off_at_ = commands_ + number;
    returns_ = and_come_back;
  }

  [[nodiscard]] bool is_high(int line) const {
    const std::lock_guard lock(mutex_);
    return (pins() >> line & 1U) != 0;
  }
  [[nodiscard]] Edges edges() const {
    const std::lock_guard lock(mutex_);
    return edges_;
  }

  [[nodiscard]] std::vector<std::uint8_t> report_descriptor() const override { return reports; }

 private:
  enum Report : std::uint8_t {
    direction_report = 2,
    get_report = 3,
    set_report = 4,
    version_report = 5,
    bus_report = 6,
    lock_report = 32
  };

  /// Vendor's page; each report by its number and how many bytes follow it.
  inline static const std::vector<std::uint8_t> reports{
      0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,  // bytes
      0x85, 0x02, 0x95, 4,    0x09, 0x01, 0xb1, 0x02, 0x85, 0x03, 0x95, 1,    0x09, 0x01,
      0xb1, 0x02, 0x85, 0x04, 0x95, 2,    0x09, 0x01, 0xb1, 0x02, 0x85, 0x05, 0x95, 2,
      0x09, 0x01, 0xb1, 0x02, 0x85, 0x06, 0x95, 13,   0x09, 0x01, 0xb1, 0x02,  // features
      0x85, 0x16, 0x95, 6,    0x09, 0x01, 0x81, 0x02,                          // an input
      0x85, 0x10, 0x95, 3,    0x09, 0x01, 0x91, 0x02, 0xc0};                   // an output

  [[nodiscard]] std::uint8_t pins() const {
    return static_cast<std::uint8_t>((latches_ & outputs_) | (pulls_ & ~outputs_));
  }

  void power_on() override {
    change([this] { outputs_ = latches_ = 0; });
  }

  Answer answer(const Setup& setup, std::span<const std::uint8_t> data) override {
    constexpr std::uint8_t get = 0x01;
    constexpr std::uint8_t set = 0x09;
    if (setup.request_type == 0xa1 && setup.request == get)
      return report(static_cast<std::uint8_t>(setup.value & 0xffU));
    if (setup.request_type == 0x21 && setup.request == set) take(data);
    return {};
  }
  Answer answer_at(std::uint8_t, std::span<const std::uint8_t>) override { return {Status::no_answer}; }

  [[nodiscard]] Answer report(std::uint8_t number) const {
    switch (number) {
      case direction_report: return {.data = {number, outputs_, 0xff, 0, 0}};
      case get_report: return {.data = {number, pins()}};
      case version_report: return {.data = {number, 0x0c, 0x03}};
      case bus_report: return {.data = {number, 0, 0x01, 0x86, 0xa0, 2, 0, 0, 0, 0, 0, 0, 0, 0}};
      case lock_report: return {.data = {number, 0xff}};  // nothing of its memory was written yet
      default: return {Status::stall};
    }
  }

  void take(std::span<const std::uint8_t> data) {
    if (data.size() >= 2 && data[0] == direction_report) change([&] { outputs_ = data[1]; });
    if (data.size() < 3 || data[0] != set_report) return;
    change([&] { latches_ = static_cast<std::uint8_t>((latches_ & ~data[2]) | (data[1] & data[2])); });
    if (++commands_ == falls_off_at_) fall_off(returns_);
  }

  template <class Change>
  void change(Change make) {
    const std::uint8_t before = pins();
    make();
    for (int line = 0; line < 8; ++line) {
      if (((before ^ pins()) >> line & 1) != 0)
        edges_.push_back(std::to_string(line) + ((pins() >> line & 1) != 0 ? " high" : " low"));
    }
  }

  std::uint8_t outputs_ = 0;  // a bit for each line
  std::uint8_t latches_ = 0;
  std::uint8_t pulls_ = 0;
  Edges edges_;
  int commands_ = 0;
  int falls_off_at_ = 0;
  bool returns_ = false;
};

}  // namespace coldboot
