#include "harness/core/digest.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace coldboot {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Examples of FIPS 180-2 for "abc".
TEST(Digest, IsTheSameHoweverBytesCome) {
  Digest whole;
  whole.add(bytes_of("abc"));
  Digest pieces;
  pieces.add(bytes_of("a"));
  pieces.add({});
  pieces.add(bytes_of("bc"));
  constexpr std::string_view expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(whole.take_hex(), expected);
  EXPECT_EQ(pieces.take_hex(), expected);
}

TEST(Digest, BeginsAnewOnceItWasTaken) {
  Digest sha1(DigestKind::sha1);
  sha1.add(bytes_of("something else"));
  (void)sha1.take_hex();
  sha1.add(bytes_of("abc"));
  EXPECT_EQ(sha1.take_hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace coldboot
