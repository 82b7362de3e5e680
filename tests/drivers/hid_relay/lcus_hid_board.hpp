#pragma once

#include <vector>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// A 5131:2007 board: frames at its interrupt endpoint, or as reports where it has none, repeated as an answer.
class EmulatedLcusHid final : public UsbModel {
 public:
  explicit EmulatedLcusHid(int channels, bool has_endpoint = true)
      : UsbModel({.vendor = 0x5131,
                  .product = 0x2007,
                  .speed = "12",
                  .interface_and_endpoints =
                      has_endpoint ? std::vector<std::uint8_t>{9, 4, 0, 0,  2, 3, 0,    0, 0, 7, 5, 0x81,
                                                               3, 8, 0, 10, 7, 5, 0x02, 3, 8, 0, 10}
                                   : std::vector<std::uint8_t>{9, 4, 0, 0, 1, 3, 0, 0, 0, 7, 5, 0x81, 3, 8, 0, 10}}),
        has_endpoint_(has_endpoint),
        closed_(static_cast<std::size_t>(channels)) {}

  void fall_off_after_next_command() {
    const std::lock_guard lock(mutex_);
    falls_off_ = true;
  }

  [[nodiscard]] bool is_on(int channel) const {
    const std::lock_guard lock(mutex_);
    return closed_.at(static_cast<std::size_t>(channel - 1));
  }
  [[nodiscard]] std::size_t waiting_answers() const {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  void power_on() override { closed_.assign(closed_.size(), false); }

  Answer answer(const Setup& setup, std::span<const std::uint8_t> data) override {
    if (has_endpoint_ || (setup.request_type & 0xfeU) != 0x20 || setup.request != 9) return {Status::stall};
    return take(data);
  }

  Answer answer_at(std::uint8_t endpoint, std::span<const std::uint8_t> data) override {
    if (endpoint == 0x02 && has_endpoint_) return take(data);
    if (endpoint != 0x81 || answers_.empty()) return {endpoint == 0x81 ? Status::no_answer : Status::stall};
    Answer first{.data = answers_.front()};
    answers_.erase(answers_.begin());
    return first;
  }

  Answer take(std::span<const std::uint8_t> data) {
    if (data.size() == 4 && data[0] == 0xa0 && static_cast<std::uint8_t>(data[0] + data[1] + data[2]) == data[3] &&
        data[1] >= 1 && data[1] <= closed_.size() && data[2] <= 1) {
      closed_[data[1] - 1U] = data[2] == 1;
      answers_.emplace_back(data.begin(), data.end());
    }
    if (std::exchange(falls_off_, false)) fall_off(false);
    return {};
  }

  bool has_endpoint_;
  std::vector<bool> closed_;
  std::vector<std::vector<std::uint8_t>> answers_;
  bool falls_off_ = false;
};

}  // namespace coldboot
