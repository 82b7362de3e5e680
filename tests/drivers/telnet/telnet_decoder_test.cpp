#include "drivers/telnet/telnet_decoder.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string data;
  std::vector<TelnetSign> signs;
  bool operator==(const Decoded&) const = default;
};

Decoded decoded(std::string_view bytes, std::size_t piece) {
  TelnetDecoder decoder;
  Decoded all;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string buffer(bytes.substr(at, piece));
    const std::size_t count = decoder.decode(buffer, all.signs);
    all.data.append(buffer, 0, count);
  }
  return all;
}

struct Case {
  const char* name;
  std::string bytes;
  Decoded expected;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

class TelnetBytes : public testing::TestWithParam<Case> {};

TEST_P(TelnetBytes, MeanTheSameHoweverTheyWereSplit) {
  for (std::size_t piece = 1; piece <= GetParam().bytes.size(); ++piece) {
    EXPECT_EQ(decoded(GetParam().bytes, piece), GetParam().expected) << "in pieces of " << piece;
  }
}

constexpr auto will = TelnetVerb::will;
constexpr auto please = TelnetVerb::please;

INSTANTIATE_TEST_SUITE_P(
    Servers, TelnetBytes,
    testing::Values(
        Case{"text", "PC Engines apu2\r\n", {"PC Engines apu2\r\n", {}}},
        Case{"ser2net_rfc2217_greeting",
             "\xff\xfb\x03\xff\xfd\x03\xff\xfb\x01\xff\xfe\x01\xff\xfd\x00\xff\xfb\x00\xff\xfd\x2c"s,
             {"",
              {TelnetNegotiation{will, 3}, TelnetNegotiation{please, 3}, TelnetNegotiation{will, 1},
               TelnetNegotiation{TelnetVerb::please_not, 1}, TelnetNegotiation{please, 0}, TelnetNegotiation{will, 0},
               TelnetNegotiation{please, 44}}}},
        Case{"doubled_ff", "a\xff\xff\x62\xff\xff\xff\xff", {"a\xff\x62\xff\xff", {}}},
        Case{"cr_nul_without_binary", "a\r\0b\r\nc\0"s, {"a\rb\r\nc\0"s, {}}},
        Case{"cr_nul_around_a_command", "a\r\xff\xf1\0b"s, {"a\rb", {}}},
        Case{"cr_nul_in_binary", "\xff\xfb\0a\r\0b"s, {"a\r\0b"s, {TelnetNegotiation{will, 0}}}},
        Case{"binary_taken_back",
             "\xff\xfb\0\xff\xfc\0a\r\0b"s,
             {"a\rb", {TelnetNegotiation{will, 0}, TelnetNegotiation{TelnetVerb::wont, 0}}}},
        Case{"commands_without_option", "a\xff\xf1\xff\xf6\xff\xf9\x62", {"a\x62", {}}},
        Case{"modem_state", "x\xff\xfa\x2c\x6b\x00\xff\xf0y"s, {"xy", {TelnetSubnegotiation{44, "\x6b\0"s}}}},
        Case{"ff_in_a_value",
             "\xff\xfa\x2c\x65\x00\x00\xff\xff\xff\xff\xff\xf0"s,
             {"", {TelnetSubnegotiation{44, "\x65\0\0\xff\xff"s}}}},
        Case{"never_ended", "\xff\xfa\x2c\x65\xff\xfb\x01text", {"text", {TelnetNegotiation{will, 1}}}},
        Case{"too_long_to_mean_anything", "a\xff\xfa\x2c"s + std::string(300, 'x') + "\xff\xf0" + "b", {"ab", {}}}),
    [](const auto& param) { return param.param.name; });

TEST(TelnetData, ComesBackAsItWas) {
  std::mt19937 random(4711);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (auto count = random() % 60; count > 0; --count) bytes += "\xff\xff\r\n\0ab\xf0\xfa"s[random() % 9];
    EXPECT_EQ(decoded("\xff\xfb\0"s + telnet_data(bytes, true), 1 + random() % 7).data, bytes);
    EXPECT_EQ(decoded(telnet_data(bytes, false), 1 + random() % 7).data, bytes);
    const auto signs = decoded(telnet_subnegotiation(44, bytes), 1 + random() % 7).signs;
    ASSERT_EQ(signs.size(), 1U);
    EXPECT_EQ(std::get<TelnetSubnegotiation>(signs[0]).bytes, bytes);
  }
}

}  // namespace
}  // namespace coldboot
