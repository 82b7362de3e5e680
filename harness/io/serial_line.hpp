#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/core/units.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A serial port this machine has.
struct SerialPort {
  std::filesystem::path device;  ///< "/dev/ttyUSB0": may change at the next plug
  std::string usb_id;            ///< "0403:6001"; empty: it is not behind USB
  std::string usb_serial;        ///< "A50285BI"; empty where the adapter has none
  std::string usb_port;          ///< "1-4.2": where it is plugged in
  std::string usb_product;       ///< "FT232R USB UART"
  int usb_interface = 0;         ///< which of an adapter with several lines, from 0

  /// The id to write into a bench file: by serial number where it has one, else by USB port, else the device.
  [[nodiscard]] std::string stable_id() const;
  /// The same by USB port, for adapters whose serial number others have too.
  [[nodiscard]] std::string id_by_place() const;
  /// For people and for the record: "/dev/ttyUSB0 (FT232R USB UART 0403:6001 A50285BI at usb 1-4.2)".
  [[nodiscard]] std::string description() const;
};

/// Every serial port behind USB or with hardware behind it, in the order of their names. Reads the system's lists and
/// opens nothing.
std::vector<SerialPort> serial_ports();

/// The id to write into a bench file for `port`, one of `ports`: its stable_id() where that is no other's.
std::string id_among(const SerialPort& port, const std::vector<SerialPort>& ports);

/// The port of an id, in any of these forms:
///   usb:0403:6001:A50285BI      vendor, product and serial number, hexadecimal as lsusb prints them
///   usb:0403:6010:FT4XYZ:1      the same with the number of the interface, for adapters with several lines
///   usb:1-4.2, usb:1-4.2:1      where it is plugged in, for adapters without a serial number
///   /dev/serial/by-id/..., /dev/ttyS0, or any other path
/// Faults with `where`: `missing` (no such port now; says which there are), `refused` (several adapters fit),
/// `mistake` (not an id).
Result<SerialPort> find_serial_port(const std::string& id, const std::string& where);

/// Why this user may not open a port, with `where` as the place; nothing where it may. Opens nothing.
std::optional<Fault> no_right_to(const SerialPort& port, const std::string& where);

/// Where minicom, picocom and others look for locks.
inline const std::filesystem::path serial_lock_folder = "/var/lock";

/// Removes the lock file of a port that names no process and so keeps everybody out for good. Nothing is done where
/// somebody has the port, or where the file is so young that its maker may still be writing. Returns the file that was
/// removed, or an empty path.
std::filesystem::path remove_nameless_lock(const SerialPort& port,
                                           const std::filesystem::path& folder = serial_lock_folder);

/// What an output of the port is set to when it is opened. Linux raises DTR and RTS as it opens a port, whatever is
/// wanted: `low` sets them low right after, `untouched` leaves them.
enum class LineSignal { untouched, low, high };

struct SerialLineOptions {
  LineRate rate;
  LineSignal dtr = LineSignal::untouched;
  LineSignal rts = LineSignal::untouched;
  std::filesystem::path lock_folder = serial_lock_folder;
};

/// An open serial line: raw, no flow control, nobody else's. The descriptor is non-blocking; at least one byte is there
/// when it is readable, and end of file means that the adapter is gone. Closing leaves DTR and RTS as they are.
///
/// Others are kept out three ways: a lock file as terminal programs know it (where the folder can be written), flock,
/// and TIOCEXCL.
class SerialLine {
 public:
  /// Faults with `where`: those of find_serial_port(); `busy` naming who has it, `refused` (no right to open it, a rate
  /// it cannot do), `lost` (gone while it was opened), `io`.
  static Result<SerialLine> open(const std::string& id, const SerialLineOptions& options, const std::string& where);

  SerialLine(SerialLine&&) noexcept;
  SerialLine& operator=(SerialLine&&) noexcept;
  SerialLine(const SerialLine&) = delete;
  SerialLine& operator=(const SerialLine&) = delete;
  ~SerialLine();

  [[nodiscard]] int descriptor() const { return line_.get(); }
  [[nodiscard]] const SerialPort& port() const { return port_; }

  /// The same port, for questions to it and not for its bytes: counters, a break.
  [[nodiscard]] int control_descriptor() const { return guard_.get(); }

  /// Drops what was received and not read, and what was written and not sent.
  void flush() const;

 private:
  SerialLine(SerialPort port, std::filesystem::path lock, Descriptor guard)
      : port_(std::move(port)), lock_(std::move(lock)), guard_(std::move(guard)) {}
  Result<void> set_up(const SerialLineOptions& options, const std::string& where);

  SerialPort port_;
  std::filesystem::path lock_;  // removed at the end; empty: none could be made
  Descriptor guard_;            // holds the flock
  Descriptor line_;
};

}  // namespace coldboot
