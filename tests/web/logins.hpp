#pragma once

#include <optional>
#include <string>

#include "tests/web/http_server.hpp"

namespace coldboot {

/// Whether a request shows `user` and `password` as RFC 7617 (basic) wants it.
bool shows_basic_login(const ServedRequest& request, const std::string& user, const std::string& password);

/// A server's half of digest authentication, RFC 7616 with qop=auth.
struct DigestDoor {
  std::string realm;
  std::string user;
  std::string password;
  bool sha256 = false;  ///< else MD5

  /// Whether the request is let in.
  [[nodiscard]] bool opens_to(const ServedRequest& request) const;
  /// What others get: status 401 and the challenge.
  [[nodiscard]] ServedAnswer challenge() const;
};

}  // namespace coldboot
