#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include "tests/drivers/serial_relay/serial_relay_boards.hpp"

namespace coldboot {

/// A relay board at the far end of a line, and what can go wrong on it.
class BoardOnLine {
 public:
  /// `line` stays the caller's.
  BoardOnLine(int line, std::unique_ptr<RelayFirmware> firmware) : line_(line), firmware_(std::move(firmware)) {
    ::fcntl(line_, F_SETFL, ::fcntl(line_, F_GETFL) | O_NONBLOCK);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  // Knobs.
  void be_silent(bool silent) { silent_ = silent; }
  void say_instead(std::string text) {
    const std::lock_guard lock(mutex_);
    instead_ = std::move(text);
  }
  void split_answers(bool split) { split_ = split; }
  void answer_after(std::chrono::milliseconds delay) { delay_ = delay; }
  void lose_bytes(int count) { lost_ = count; }
  void say(std::string_view text) const { (void)!::write(line_, text.data(), text.size()); }
  void stick(int commands) {
    const std::lock_guard lock(mutex_);
    firmware_->stick(commands);
  }
  /// What happens once the board has heard so many bytes more. Called on the board's own thread.
  void after_bytes(int count, std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    bytes_to_action_ = count;
    action_ = std::move(action);
  }

  [[nodiscard]] bool is_closed(int channel) const {
    const std::lock_guard lock(mutex_);
    return firmware_->is_closed(channel);
  }
  /// Waits until a channel is as wanted; a command without an answer takes a moment to arrive.
  [[nodiscard]] bool becomes(int channel, bool closed) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (is_closed(channel) != closed) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd readable{line_, POLLIN, 0};
      if (::poll(&readable, 1, 5) <= 0) continue;
      char buffer[256];
      const ssize_t count = ::read(line_, buffer, sizeof buffer);
      if (count > 0) {
        hear({buffer, static_cast<std::size_t>(count)});
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // nobody has the other end open
      }
    }
  }

  void hear(std::string_view bytes) {
    const std::size_t lost = std::min(bytes.size(), static_cast<std::size_t>(lost_.load()));
    lost_ -= static_cast<int>(lost);
    std::string said;
    std::function<void()> action;
    {
      const std::lock_guard lock(mutex_);
      bytes_to_action_ -= static_cast<int>(bytes.size());
      if (bytes_to_action_ <= 0) action = std::exchange(action_, nullptr);
      said = firmware_->take(bytes.substr(lost));
      if (!said.empty() && !instead_.empty()) said = instead_;
    }
    if (action) action();
    if (said.empty() || silent_) return;
    std::this_thread::sleep_for(delay_.load());
    if (!split_) return say(said);
    for (const char byte : said) {
      say({&byte, 1});
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  int line_;
  mutable std::mutex mutex_;  // guards the four below
  std::unique_ptr<RelayFirmware> firmware_;
  std::string instead_;
  int bytes_to_action_ = 0;
  std::function<void()> action_;
  std::atomic<bool> silent_ = false;
  std::atomic<bool> split_ = false;
  std::atomic<int> lost_ = 0;
  std::atomic<std::chrono::milliseconds> delay_ = std::chrono::milliseconds(0);
  std::jthread thread_;
};

}  // namespace coldboot
