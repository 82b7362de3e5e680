#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace coldboot {

enum class DigestKind { sha1, sha256 };

/// The hash of bytes that come piece by piece.
class Digest {
 public:
  explicit Digest(DigestKind kind = DigestKind::sha256);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void add(std::span<const std::uint8_t> bytes);

  /// Of all bytes so far, in lower-case hex; the next byte begins anew.
  std::string take_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coldboot
