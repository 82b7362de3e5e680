#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// A user and what proves it. `basic` sends the password along with every request; `digest` waits to be asked and then
/// shows that it knows it (MD5 or SHA-256, as the server says).
struct HttpLogin {
  enum class Scheme { basic, digest };

  std::string user;
  std::string password;
  Scheme scheme = Scheme::basic;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                     ///< http or https; user and password stand in `login`
  std::vector<std::string> headers{};  ///< "Content-Type: application/json"
  std::string body{};                  ///< sent with every method but GET
  std::optional<HttpLogin> login{};
  std::vector<std::string> secrets{};    ///< what no fault may show; the login's password is one by itself
  std::filesystem::path trust{};         ///< certificates (PEM) trusted instead of the system's
  int redirects = 0;                     ///< how many are followed
  std::size_t most_answer = 256 * 1024;  ///< bytes of a body
  Nanos connect_within{std::chrono::seconds(3)};
  Nanos answer_within{std::chrono::seconds(10)};  ///< all of it, the connection included
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// Sends one request on a connection of its own and returns the whole answer, whatever its status. It is sent once: a
/// server that asks for a login sees it a second time, and nothing else makes it do so. No proxy is used.
///
/// Faults name `where`, the method and the URL up to its query, and never a secret: `mistake` (no usable URL or
/// header), `missing` (no such name), `lost` (nobody answers there, or the connection ended in the middle), `refused`
/// (its certificate is not trusted, or no TLS is spoken), `protocol` (no HTTP, or too long), `timeout`, `stopped`,
/// `io`. After `lost`, `timeout` and `stopped` the server may have done what it was told.
Result<HttpAnswer> http_exchange(const HttpRequest& request, const std::string& where, const Until& until);

/// Text as a part of a URL: all but letters, digits and "-._~" as %XX.
std::string url_escaped(std::string_view text);

/// What proves a login in a "basic" Authorization header (RFC 7617).
std::string basic_login(const std::string& user, const std::string& password);

/// `text` with every secret in it, plain or as a part of a URL, as "***".
std::string masked(std::string text, const std::vector<std::string>& secrets);

}  // namespace coldboot
