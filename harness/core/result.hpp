#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/system/result.hpp>

namespace coldboot {

/// What kind of thing went wrong; decides the verdict and the exit status, so it says who is to blame.
enum class Cause {
  internal,   ///< a bug of ours, or a library that broke its promise
  mistake,    ///< a user's file or command line is wrong (exit 2)
  missing,    ///< a file, device or program that should be there is not
  busy,       ///< somebody else holds it (exit 75)
  refused,    ///< the device or the system said no
  io,         ///< reading or writing failed
  lost,       ///< a device that was there is gone: unplugged, hung up, died
  protocol,   ///< the device answered, but not what its protocol allows
  disk_full,  ///< no room for the record
  timeout,    ///< a deadline passed
  stopped,    ///< somebody asked us to stop
  dut,        ///< the DUT itself showed a failure (panic, boot loop, ...)
};

/// Stable lower-case token, as written to events and reports: "disk-full".
std::string_view name_of(Cause cause);

/// One thing that went wrong: where, what was seen, what was expected, what to do.
/// Printed as "where: what (hint)". An expected part of operation, so it is a value and no exception.
class Fault {
 public:
  Fault() = default;
  Fault(Cause cause, std::string where, std::string what, std::string hint = {})
      : cause_(cause), where_(std::move(where)), what_(std::move(what)), hint_(std::move(hint)) {}

  [[nodiscard]] Cause cause() const { return cause_; }
  [[nodiscard]] const std::string& where() const { return where_; }  ///< "rack1/bench2/relay", "file:3:7"
  [[nodiscard]] const std::string& what() const { return what_; }    ///< seen and expected, one line
  [[nodiscard]] const std::string& hint() const { return hint_; }    ///< what to do, may be empty
  [[nodiscard]] std::string text() const;

  /// The same fault seen from further out: `outer` goes in front of what was seen.
  [[nodiscard]] Fault within(std::string_view outer) const;

  bool operator==(const Fault&) const = default;

 private:
  Cause cause_ = Cause::internal;
  std::string where_;
  std::string what_;
  std::string hint_;
};

/// Thrown only by Result::value() on a fault nobody looked at, that is: by a bug.
class UnreadFault : public std::logic_error {
 public:
  explicit UnreadFault(const Fault& fault) : std::logic_error(fault.text()) {}
};

[[noreturn]] inline void throw_exception_from_error(const Fault& fault, const boost::source_location&) {
  throw UnreadFault(fault);
}

template <class T>
using Result = boost::system::result<T, Fault>;

}  // namespace coldboot
