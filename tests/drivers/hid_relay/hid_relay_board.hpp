#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// A USB HID relay board as its firmware behaves (drivers/hid_relay/README.md, "Frames"), and what can go wrong with
/// one.
class EmulatedHidRelay final : public UsbModel {
 public:
  /// What the board does after it took a command to switch.
  enum class Upset { none, unplugs, reenumerates };

  /// One coil that changed: "2 on".
  using Edges = std::vector<std::string>;

  EmulatedHidRelay(std::string id, int channels, const std::string& product = {}, const std::string& serial = {})
      : UsbModel({.vendor = 0x16c0,
                  .product = 0x05df,
                  .manufacturer = "www.dcttech.com",
                  .name = product.empty() ? "USBRelay" + std::to_string(channels) : product,
                  .serial = serial,
                  .interface_and_endpoints = {9, 4, 0,    0,  1, 3, 0, 0,    0, 9, 0x21, 0x01, 0x01,
                                              0, 1, 0x22, 22, 0, 7, 5, 0x81, 3, 8, 0,    20}}),
        id_(std::move(id)),
        channels_(channels) {}

  // Knobs; each counts down what it still spoils.
  void upset_after_command(int number, Upset upset) {
    locked([&] {
      upset_ = upset;
      upset_at_ = commands_ + number;
    });
  }
  void stick(int commands) {
    locked([&] { stuck_ = commands; });
  }
  void garble(int reports) {
    locked([&] { garbled_ = reports; });
  }
  void shorten(int reports) {
    locked([&] { shortened_ = reports; });
  }
  void disturb(int transfers) {
    locked([&] { disturbed_ = transfers; });
  }
  void fall_silent(int reports) {
    locked([&] { silent_ = reports; });
  }
  void delay_reports(std::chrono::milliseconds by) {
    locked([&] { late_ = by; });
  }
  void call_itself(const std::string& id) {
    locked([&] { id_ = id; });
  }

  [[nodiscard]] bool is_on(int channel) const {
    const std::lock_guard lock(mutex_);
    return (on_ >> (channel - 1) & 1U) != 0;
  }
  /// Waits until a contact is open; a board that comes back on the bus takes a moment.
  [[nodiscard]] bool turns_off(int channel) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (is_on(channel)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  [[nodiscard]] Edges edges() const {
    const std::lock_guard lock(mutex_);
    return edges_;
  }
  [[nodiscard]] int commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }

  [[nodiscard]] std::vector<std::uint8_t> report_descriptor() const override {
    return {0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff,
            0x00, 0x75, 0x08, 0x95, 0x08, 0x09, 0x00, 0xb2, 0x02, 0x01, 0xc0};
  }

 private:
  template <class Change>
  void locked(Change change) {
    const std::lock_guard lock(mutex_);
    change();
  }

  void power_on() override {
    for (int channel = 1; channel <= channels_; ++channel) put(channel, false);
  }

  Answer answer(const Setup& setup, std::span<const std::uint8_t> data) override {
    const unsigned recipient = setup.request_type & 0x1fU;
    const bool is_class = (setup.request_type & 0x60U) == 0x20U && recipient <= 1;
    if (!is_class) return {Status::stall};
    if (disturbed_ > 0) {
      --disturbed_;
      return {Status::disturbed};
    }
    const bool in = (setup.request_type & 0x80U) != 0;
    if (!in && setup.request == 9 && (setup.value == 0x0300 || setup.value == 0x0200)) return take(data);
    if (in && setup.request == 1 && (setup.value & 0xfff0U) == 0x0300) return report();
    return {Status::stall};
  }

  Answer take(std::span<const std::uint8_t> data) {
    ++commands_;
    if (data.size() >= 2) act(data[0], data[1]);
    if (upset_ != Upset::none && commands_ == upset_at_)
      fall_off(std::exchange(upset_, Upset::none) == Upset::reenumerates);
    return {};
  }

  void act(std::uint8_t opcode, std::uint8_t number) {
    if (stuck_ > 0) {
      --stuck_;
      return;
    }
    if (opcode == 0xff && number >= 1 && number <= channels_) put(number, true);
    if (opcode == 0xfd && number >= 1 && number <= channels_) put(number, false);
    for (int channel = 1; channel <= channels_; ++channel) {
      if (opcode == 0xfe) put(channel, true);
      if (opcode == 0xfc) put(channel, false);
    }
  }

  void put(int channel, bool on) {
    const auto bit = static_cast<std::uint8_t>(1U << (channel - 1));
    if (((on_ & bit) != 0) == on) return;
    on_ = static_cast<std::uint8_t>(on_ ^ bit);
    edges_.push_back(std::to_string(channel) + (on ? " on" : " off"));
  }

  Answer report() {
    if (silent_ > 0) {
      --silent_;
      return {Status::no_answer};
    }
    Answer answer{.data = std::vector<std::uint8_t>(id_.begin(), id_.end()), .after = late_};
    answer.data.resize(8);
    answer.data[6] = 0x5a;  // undefined, so it is something
    answer.data[7] = on_;
    if (garbled_ > 0) {
      --garbled_;
      std::ranges::fill(answer.data, std::uint8_t{0xff});
    }
    if (shortened_ > 0) {
      --shortened_;
      answer.data.resize(3);
    }
    return answer;
  }

  std::string id_;
  int channels_;
  std::uint8_t on_ = 0;
  Edges edges_;
  int commands_ = 0;
  Upset upset_ = Upset::none;
  int upset_at_ = 0;
  int stuck_ = 0;
  int garbled_ = 0;
  int shortened_ = 0;
  int disturbed_ = 0;
  int silent_ = 0;
  std::chrono::milliseconds late_{0};
};

}  // namespace coldboot
