#include "tests/web/logins.hpp"

#include <array>
#include <cctype>
#include <openssl/evp.h>

#include <fmt/format.h>

namespace coldboot {
namespace {

constexpr const char* nonce = "5f1c2e7a90";

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string hash(const std::string& text, bool sha256) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, sha256 ? EVP_sha256() : EVP_md5(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

/// A parameter of a digest header: name="value" or name=value.
std::string parameter(const std::string& header, const std::string& name) {
  std::size_t at = header.find(name + "=");
  while (at != std::string::npos && at > 0 && std::isalnum(static_cast<unsigned char>(header[at - 1])) != 0)
    at = header.find(name + "=", at + 1);
  if (at == std::string::npos) return {};
  at += name.size() + 1;
  if (header[at] == '"') return header.substr(at + 1, header.find('"', at + 1) - at - 1);
  return header.substr(at, header.find_first_of(", ", at) - at);
}

}  // namespace

bool shows_basic_login(const ServedRequest& request, const std::string& user, const std::string& password) {
  return request.header("authorization") == "Basic " + base64(user + ":" + password);
}

bool DigestDoor::opens_to(const ServedRequest& request) const {
  const std::string shown = request.header("authorization");
  if (!shown.starts_with("Digest ") || parameter(shown, "nonce") != nonce) return false;
  const std::string uri = request.query.empty() ? request.path : request.path + "?" + request.query;
  if (parameter(shown, "uri") != uri || parameter(shown, "username") != user) return false;
  const std::string who = hash(user + ":" + realm + ":" + password, sha256);
  const std::string what = hash(request.method + ":" + uri, sha256);
  const std::string expected = hash(
      fmt::format("{}:{}:{}:{}:auth:{}", who, nonce, parameter(shown, "nc"), parameter(shown, "cnonce"), what), sha256);
  return parameter(shown, "response") == expected;
}

ServedAnswer DigestDoor::challenge() const {
  return {.status = 401,
          .body = "",
          .headers = {fmt::format(R"(WWW-Authenticate: Digest qop="auth", realm="{}", nonce="{}", algorithm={})", realm,
                                  nonce, sha256 ? "SHA-256" : "MD5")}};
}

}  // namespace coldboot
