#include "drivers/web/web_device.hpp"

#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/secret.hpp"

namespace coldboot {

Result<WebDevice> WebDevice::open(const WebKeys& keys, Login login, const Place& place, std::string where) {
  const std::filesystem::path folder = std::filesystem::path(place.file).parent_path();
  WebDevice device;
  device.where_ = std::move(where);
  device.url_ = keys.url;
  while (device.url_.ends_with('/')) device.url_.pop_back();
  device.user_ = keys.user.value_or("admin");
  device.login_ = login;
  device.trust_ = keys.trust.value_or("");
  if (keys.user && !keys.password)
    return Fault(Cause::mistake, place.text(), "found a user without a password, expected both or neither");
  if (!keys.password) return device;
  auto password = read_secret(*keys.password, folder, device.where_);
  if (!password) return password.error();
  device.password_ = std::move(*password);
  return device;
}

HttpRequest WebDevice::request(std::string method, std::string_view path, std::string body) const {
  HttpRequest request{.method = std::move(method), .url = url_ + std::string(path), .body = std::move(body)};
  request.trust = trust_;
  if (password_.empty()) return request;
  request.secrets = {password_};
  if (login_) request.login = HttpLogin{user_, password_, *login_};
  return request;
}

Result<HttpAnswer> WebDevice::exchange(const HttpRequest& request, const Until& until) const {
  return http_exchange(request, where_, until);
}

Result<std::string> WebDevice::ask(const HttpRequest& request, const Until& until) const {
  auto answer = exchange(request, until);
  if (!answer) return answer.error();
  constexpr int good = 2;
  if (answer->status / 100 != good) return fault_of(*answer);
  return std::move(answer->body);
}

Result<std::string> WebDevice::get(std::string_view path, const Until& until) const {
  return ask(request("GET", path), until);
}

Fault WebDevice::fault(Cause cause, const std::string& what, std::string hint) const {
  std::vector<std::string> secrets;
  if (!password_.empty()) secrets = {password_, basic_login(user_, password_)};
  return Fault(cause, where_, masked(fmt::format("{}: {}", url_, what), secrets), std::move(hint));
}

Fault WebDevice::fault_of(const HttpAnswer& answer) const {
  constexpr int not_logged_in = 401;
  constexpr int forbidden = 403;
  const std::string what =
      fmt::format("it answered with status {}: \"{}\"", answer.status, printable_line(answer.body));
  if (answer.status == not_logged_in || answer.status == forbidden)
    return fault(Cause::refused, what, "check user and password");
  switch (answer.status / 100) {
    case 4: return fault(Cause::refused, what, "is it the kind of device the bench file says?");
    case 5: return fault(Cause::io, what);
    default: return fault(Cause::protocol, what + ", expected 200");
  }
}

Fault WebDevice::unexpected(std::string_view answer, std::string_view expected) const {
  return fault(Cause::protocol, fmt::format("it answered \"{}\", expected {}", printable_line(answer), expected),
               "is it the kind of device the bench file says?");
}

}  // namespace coldboot
