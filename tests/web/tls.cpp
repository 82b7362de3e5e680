#include "tests/web/tls.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace coldboot {
namespace {

struct SslSession final : TlsIdentity::Session {
  explicit SslSession(SSL* ssl) : session(ssl, &SSL_free) {}
  long read(char* into, std::size_t most) override { return SSL_read(session.get(), into, static_cast<int>(most)); }
  bool write(const char* bytes, std::size_t count) override {
    return SSL_write(session.get(), bytes, static_cast<int>(count)) == static_cast<int>(count);
  }
  std::unique_ptr<SSL, decltype(&SSL_free)> session;
};

void expect(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

}  // namespace

struct TlsIdentity::Parts {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
};

TlsIdentity::TlsIdentity() : parts_(std::make_unique<Parts>()) {
  X509* certificate = parts_->certificate.get();
  expect(parts_->key && certificate != nullptr && parts_->context, "no room for a certificate");
  constexpr long day = 24L * 60 * 60;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), day);
  X509_set_pubkey(certificate, parts_->key.get());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("an outlet"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* address = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  expect(address != nullptr && X509_add_ext(certificate, address, -1) == 1, "no name for the certificate");
  X509_EXTENSION_free(address);
  expect(X509_sign(certificate, parts_->key.get(), EVP_sha256()) > 0, "the certificate is not signed");
  expect(SSL_CTX_use_certificate(parts_->context.get(), certificate) == 1, "the certificate is not taken");
  expect(SSL_CTX_use_PrivateKey(parts_->context.get(), parts_->key.get()) == 1, "the key is not taken");
}

TlsIdentity::~TlsIdentity() = default;

std::string TlsIdentity::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(text.get(), parts_->certificate.get());
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

std::unique_ptr<TlsIdentity::Session> TlsIdentity::accept(int fd) const {
  auto session = std::make_unique<SslSession>(SSL_new(parts_->context.get()));
  SSL_set_fd(session->session.get(), fd);
  if (SSL_accept(session->session.get()) != 1) return nullptr;
  return session;
}

}  // namespace coldboot
