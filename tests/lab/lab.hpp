#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// A rack without hardware: USB devices and serial adapters that this process, and every program it starts, sees where
/// real ones would be. Stands on umockdev; a test program that uses it links coldboot_lab, whose main() arranges for
/// it. One at a time.
class Lab {
 public:
  Lab();
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  /// Plugs a device in at a port, such as "1-4". It is powered on, gets a new address, and outlives the lab.
  void plug(UsbModel& model, const std::string& port);
  void unplug(const std::string& port);

  struct SerialAdapter {
    std::string vendor = "0403";
    std::string product = "6001";
    std::string serial{};
    std::string name = "FT232R USB UART";
    std::string port = "1-1";
    int interface = 0;
    std::string tty = own_tty(0);
  };

  /// A name such as ttyUSB4711, unlike that in any other test program's lab: locks lie where all can see them.
  static std::string own_tty(int number);

  /// Plugs a serial adapter in; returns the descriptor of its far end: what is written there is received on the tty.
  int plug(const SerialAdapter& adapter);
  void unplug(const SerialAdapter& adapter);

  /// Bytes that the port of an adapter says it lost or garbled since it was plugged in (linux/serial.h).
  struct LineErrors {
    int overruns = 0;
    int buffer_overruns = 0;
    int framing = 0;
    int parity = 0;
  };
  void set_errors(const SerialAdapter& adapter, const LineErrors& errors);

  /// The latency timer of an FTDI adapter, in ms, as it stands in the system's list.
  [[nodiscard]] int latency_timer(const SerialAdapter& adapter) const;

  /// A disk of a USB device, and the file that is in its place: what programs write to the one is in the other. Its
  /// name is one that no real disk has.
  struct CardDisk {
    std::string port = "1-4.1";
    std::string number = "8:240";
    std::uint64_t bytes = 0;
  };
  static std::string disk_name();
  void plug(const CardDisk& disk);
  void unplug(const CardDisk& disk);
  /// What is on it, plugged in or not; empty before it was plugged in first.
  [[nodiscard]] std::string content() const;

  /// What a program did with the outputs of a tty last: the TIOCM_ bits.
  [[nodiscard]] int outputs(const SerialAdapter& adapter) const;

  class Bench;  // what it is made of

 private:
  std::unique_ptr<Bench> bench_;
};

}  // namespace coldboot
