#pragma once

#include <string>
#include <string_view>

#include "drivers/web/web_keys.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/io/http.hpp"

namespace coldboot {

/// A device behind a web server, as its driver asks it: where it is, how to log in, and what to make of a refusal.
class WebDevice {
 public:
  /// How the driver's device wants its login: in a header, or (nothing here) in a way of its own.
  using Login = std::optional<HttpLogin::Scheme>;

  /// Reads the password; `place` says which file the keys stand in, `where` is the bench path of faults.
  /// Faults: those of read_secret(), `mistake` for a user without a password.
  static Result<WebDevice> open(const WebKeys& keys, Login login, const Place& place, std::string where);

  /// A request for a path of the device ("/cm?cmnd=Power"), logged in.
  [[nodiscard]] HttpRequest request(std::string method, std::string_view path, std::string body = {}) const;

  /// Sends it and returns the body of its answer. Faults: those of http_exchange(), `refused` where the status is
  /// 4xx, `io` where it is 5xx, `protocol` for any other that is not 2xx.
  [[nodiscard]] Result<std::string> ask(const HttpRequest& request, const Until& until) const;
  [[nodiscard]] Result<std::string> get(std::string_view path, const Until& until) const;

  /// The same with the answer as it came.
  [[nodiscard]] Result<HttpAnswer> exchange(const HttpRequest& request, const Until& until) const;

  /// A fault with this device's place, and no secret.
  [[nodiscard]] Fault fault(Cause cause, const std::string& what, std::string hint = {}) const;
  /// The fault of an answer whose status is not 2xx.
  [[nodiscard]] Fault fault_of(const HttpAnswer& answer) const;
  /// `protocol`: the answer, shortened, and what was expected.
  [[nodiscard]] Fault unexpected(std::string_view answer, std::string_view expected) const;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] const std::string& password() const { return password_; }  ///< empty: none

 private:
  WebDevice() = default;

  std::string where_;
  std::string url_;  ///< without a slash at its end
  std::string user_;
  std::string password_;
  std::filesystem::path trust_;
  Login login_;
};

}  // namespace coldboot
