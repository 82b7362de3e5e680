#pragma once

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace coldboot {

/// The firmware of a relay board: takes bytes as they come over its line, says what it says
/// (drivers/serial_relay/README.md, "Frames").
class RelayFirmware {
 public:
  explicit RelayFirmware(int channels) : closed_(static_cast<std::size_t>(channels)) {}
  virtual ~RelayFirmware() = default;

  std::string take(std::string_view bytes) {
    std::string said;
    for (const char byte : bytes) said += take(byte);
    return said;
  }

  [[nodiscard]] bool is_closed(int channel) const { return closed_.at(static_cast<std::size_t>(channel - 1)); }
  /// The next so many commands move no contact.
  void stick(int commands) { stuck_ = commands; }

 protected:
  virtual std::string take(char byte) = 0;

  [[nodiscard]] int channels() const { return static_cast<int>(closed_.size()); }
  [[nodiscard]] bool has(int channel) const { return channel >= 1 && channel <= channels(); }
  void put(int channel, bool closed) {
    if (!has(channel)) return;
    if (stuck_ > 0) {
      --stuck_;
    } else {
      closed_[static_cast<std::size_t>(channel - 1)] = closed;
    }
  }

 private:
  std::vector<bool> closed_;
  int stuck_ = 0;
};

class LcusFirmware final : public RelayFirmware {
 public:
  enum class Status { none, text, bytes };
  LcusFirmware(int channels, Status status, bool says_its_last_but_one = false)
      : RelayFirmware(channels), status_(status), stale_(says_its_last_but_one), last_(report()) {}

 private:
  std::string take(char byte) override {
    const auto value = static_cast<std::uint8_t>(byte);
    if (frame_.empty() && value == 0xff) return answer();
    if (frame_.empty() && value != 0xa0) return {};
    frame_.push_back(value);
    if (frame_.size() < 4) return {};
    const bool good = static_cast<std::uint8_t>(frame_[0] + frame_[1] + frame_[2]) == frame_[3];
    if (good && frame_[2] <= 1) put(frame_[1], frame_[2] == 1);
    frame_.clear();
    return {};
  }

  [[nodiscard]] std::string answer() {
    const std::string now = report();
    const std::string said = stale_ ? last_ : now;
    last_ = now;
    return said;
  }

  [[nodiscard]] std::string report() const {
    std::string text;
    for (int channel = 1; channel <= channels(); ++channel) {
      if (status_ == Status::text) text += fmt::format("CH{}: {}\r\n", channel, is_closed(channel) ? "ON " : "OFF");
      if (status_ == Status::bytes) text += is_closed(channel) ? '\1' : '\0';
    }
    return text;
  }

  Status status_;
  bool stale_;
  std::string last_;
  std::vector<std::uint8_t> frame_;
};

class KmtronicFirmware final : public RelayFirmware {
 public:
  using RelayFirmware::RelayFirmware;

 private:
  std::string take(char byte) override {
    if (frame_.empty() && byte != '\xff') return {};
    frame_ += byte;
    if (frame_.size() < 3) return {};
    const std::string frame = std::exchange(frame_, {});
    const int channel = static_cast<unsigned char>(frame[1]);
    if (channels() > 2 && channel == 9 && frame[2] == 0) {
      std::string all;
      for (int each = 1; each <= channels(); ++each) all += is_closed(each) ? '\1' : '\0';
      return all;
    }
    if (!has(channel)) return {};
    if (channels() <= 2 && frame[2] == 3) return {'\xff', frame[1], is_closed(channel) ? '\1' : '\0'};
    if (frame[2] == 0 || frame[2] == 1) put(channel, frame[2] == 1);
    return {};
  }

  std::string frame_;
};

class NumatoFirmware final : public RelayFirmware {
 public:
  using RelayFirmware::RelayFirmware;

 private:
  std::string take(char byte) override {
    if (byte != '\r') {
      line_ += byte;
      return {byte};
    }
    const std::string said = act(std::exchange(line_, {}));
    return "\r\n\r" + (said.empty() ? "" : said + "\n\r") + ">";
  }

  std::string act(std::string_view line) {
    for (const auto& [verb, action] :
         {std::pair("relay on ", 'n'), std::pair("relay off ", 'f'), std::pair("relay read ", 'r')}) {
      const std::string_view command(verb);
      if (!line.starts_with(command) || line.size() != command.size() + 1) continue;
      const char digit = line.back();
      const int channel = 1 + (std::isdigit(digit) != 0 ? digit - '0' : digit - 'A' + 10);
      if (!has(channel)) return {};
      if (action == 'r') return is_closed(channel) ? "on" : "off";
      put(channel, action == 'n');
    }
    return {};
  }

  std::string line_;
};

class DevantechFirmware final : public RelayFirmware {
 public:
  using RelayFirmware::RelayFirmware;

 private:
  std::string take(char byte) override {
    if (byte >= 0x65 && byte <= 0x6c) put(byte - 0x64, true);
    if (byte >= 0x6f && byte <= 0x76) put(byte - 0x6e, false);
    if (byte == 0x64 || byte == 0x6e) {
      for (int channel = 1; channel <= channels(); ++channel) put(channel, byte == 0x64);
    }
    if (byte != 0x5b) return {};
    int states = 0;
    for (int channel = 1; channel <= channels(); ++channel) states |= is_closed(channel) ? 1 << (channel - 1) : 0;
    return {static_cast<char>(states)};
  }
};

/// A switch unit with a card in slot 1, or a supply with one output (SCPI-99; IEEE 488.2).
class ScpiFirmware final : public RelayFirmware {
 public:
  using RelayFirmware::RelayFirmware;

 private:
  std::string take(char byte) override {
    if (byte != '\n') {
      line_ += byte;
      return {};
    }
    return act(std::exchange(line_, {}));
  }

  std::string act(const std::string& line) {
    int number = 0;
    if (line == "*CLS") {
      error_ = "0,\"No error\"";
    } else if (line == "SYST:ERR?") {
      return std::exchange(error_, "0,\"No error\"") + "\n";
    } else if (line == "OUTP ON" || line == "OUTP OFF") {
      put(1, line == "OUTP ON");
    } else if (line == "OUTP?") {
      return is_closed(1) ? "1\n" : "0\n";
    } else if (std::sscanf(line.c_str(), "ROUT:CLOS (@%d)", &number) == 1) {
      route(number, true);
    } else if (std::sscanf(line.c_str(), "ROUT:OPEN (@%d)", &number) == 1) {
      route(number, false);
    } else if (std::sscanf(line.c_str(), "ROUT:CLOS? (@%d)", &number) == 1) {
      return has(number - 100) && is_closed(number - 100) ? "1\n" : "0\n";
    } else {
      error_ = "-113,\"Undefined header\"";
    }
    return {};
  }

  void route(int number, bool closed) {
    if (!has(number - 100)) error_ = "-222,\"Data out of range\"";
    put(number - 100, closed);
  }

  std::string line_;
  std::string error_ = "-410,\"Query INTERRUPTED\"";  // somebody else's
};

}  // namespace coldboot
