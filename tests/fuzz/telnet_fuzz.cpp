#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/telnet/telnet_session.hpp"

namespace {

using namespace coldboot;

/// What a console makes of what a server sends: data, answers and what it tells, each for itself, in one text.
std::string heard_in_pieces(std::string_view bytes, std::size_t piece) {
  TelnetSession session({.com_port = true,
                         .settings = {.line = LineRate{}, .flow = FlowControl::none, .dtr = false, .rts = false},
                         .purge = true});
  std::string data;
  std::string answers = session.begin();
  std::string told;
  std::string wrong;
  for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
    std::string buffer(bytes.substr(offset, piece));
    const auto heard = session.hear(buffer);
    if (heard.count > buffer.size()) __builtin_trap();
    data.append(buffer, 0, heard.count);
    answers += heard.answer;
    for (const std::string& text : heard.notes) told += text;
    for (const std::string& text : heard.wrong) wrong += text;
  }
  return data + answers + told + wrong + (session.is_settled() ? "settled" : "") + session.signature();
}

/// What we send must reach a telnet server as it was.
void expect_to_be_read_back(const std::string& bytes, bool binary) {
  std::string sent =
      (binary ? telnet_negotiation(TelnetVerb::will, telnet_option::binary) : "") + telnet_data(bytes, binary);
  TelnetDecoder decoder;
  std::vector<TelnetSign> signs;
  if (sent.substr(0, decoder.decode(sent, signs)) != bytes) __builtin_trap();
}

}  // namespace

/// The first byte chooses the size of the pieces, on which nothing may depend.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (heard_in_pieces(bytes, bytes.size() + 1) != heard_in_pieces(bytes, std::size_t{1} + data[0] % 64)) {
    __builtin_trap();
  }
  expect_to_be_read_back(bytes, true);
  expect_to_be_read_back(bytes, false);
  return 0;
}
