#include "harness/core/digest.hpp"

#include <array>
#include <openssl/evp.h>
#include <stdexcept>

#include <fmt/format.h>

namespace coldboot {

struct Digest::State {
  const EVP_MD* kind;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context;

  void begin() const {
    // Every build of libcrypto has both, so this is no fault of the world.
    if (!context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1)
      throw std::runtime_error("libcrypto gives no SHA");
  }
};

Digest::Digest(DigestKind kind) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);  // a hash needs none, and reading it takes milliseconds
  state_ = std::make_unique<State>(State{.kind = kind == DigestKind::sha1 ? EVP_sha1() : EVP_sha256(),
                                         .context = {EVP_MD_CTX_new(), &EVP_MD_CTX_free}});
  state_->begin();
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::add(std::span<const std::uint8_t> bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Digest::take_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length);
  state_->begin();
  std::string hex;
  for (const unsigned char byte : std::span(digest).first(length)) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace coldboot
