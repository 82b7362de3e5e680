#pragma once

#include <memory>
#include <string>

namespace coldboot {

/// A key and a certificate that nobody has signed but itself, for 127.0.0.1.
class TlsIdentity {
 public:
  TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  /// The certificate, for whoever is to trust it.
  [[nodiscard]] std::string pem() const;

  /// One connection, encrypted with it.
  class Session {
   public:
    virtual ~Session() = default;
    virtual long read(char* into, std::size_t most) = 0;
    virtual bool write(const char* bytes, std::size_t count) = 0;
  };
  /// Nothing when the other side does not speak TLS or hangs up.
  [[nodiscard]] std::unique_ptr<Session> accept(int fd) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace coldboot
