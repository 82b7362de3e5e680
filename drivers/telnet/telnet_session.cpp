#include "drivers/telnet/telnet_session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr int most_notes = 64;  // of one connection: a server that changes its mind for ever fills no record

std::string com_port(std::string_view content) {
  return telnet_subnegotiation(telnet_option::com_port, content);
}

}  // namespace

TelnetSession::TelnetSession(Wishes wishes) : wishes_(wishes), options_(wishes_.com_port) {}

TelnetSession::Heard TelnetSession::hear(std::span<char> bytes) {
  Heard heard;
  std::vector<TelnetSign> signs;
  heard.count = decoder_.decode(bytes, signs);
  for (const TelnetSign& sign : signs) {
    spoke_telnet_ = true;
    std::visit([&](const auto& said) { take(said, heard); }, sign);
  }
  return heard;
}

void TelnetSession::take(const TelnetNegotiation& said, Heard& heard) {
  const auto before = com_port();
  const TelnetOptions::Answer answer = options_.hear(said);
  heard.answer += answer.bytes;
  if (answer.changed && noted_++ < most_notes) heard.notes.push_back("the server said " + text_of(said));
  if (before != TelnetOptions::Agreement::agreed && com_port() == TelnetOptions::Agreement::agreed) {
    heard.answer += make_settings();
  }
}

std::string TelnetSession::make_settings() {
  std::string bytes = ::coldboot::com_port(com_port_modem_mask_request());
  bytes += ::coldboot::com_port(com_port_line_mask_request());
  asked_.clear();
  for (ComPortRequest& request : requests_for(wishes_.settings)) {
    bytes += ::coldboot::com_port(request.bytes);
    asked_.push_back({std::move(request)});
  }
  if (wishes_.purge) bytes += ::coldboot::com_port(com_port_purge_request());
  bytes += ::coldboot::com_port(com_port_signature_request());  // last: its answer says that all the others were
  waits_for_signature_ = true;
  return bytes;
}

void TelnetSession::take(const TelnetSubnegotiation& said, Heard& heard) {
  if (said.option != telnet_option::com_port || com_port() != TelnetOptions::Agreement::agreed) return;
  const ComPortAnswer answer = com_port_answer(said.bytes);
  switch (answer.kind) {
    case ComPortAnswer::Kind::signature:
      waits_for_signature_ = false;
      if (signature_ != answer.text) heard.notes.push_back("the server is " + printable_line(answer.text));
      signature_ = answer.text;
      break;
    case ComPortAnswer::Kind::setting: take_setting(said.bytes, heard); break;
    case ComPortAnswer::Kind::line_state: count(answer.line_state); break;
    case ComPortAnswer::Kind::other: break;
  }
}

void TelnetSession::take_setting(std::string_view content, Heard& heard) {
  const auto asked =
      std::ranges::find_if(asked_, [&](const Asked& one) { return !one.answered && answers(content, one.request); });
  if (asked == asked_.end()) return;
  asked->answered = true;
  if (grants(content, asked->request)) return;
  const std::string wrong = fmt::format("asked for {}, the port has {}", asked->request.name, value_text(content));
  (asked->request.must_hold ? heard.wrong : heard.notes).push_back(wrong);
}

void TelnetSession::count(std::uint8_t state) {
  if ((state & line_state::overrun) != 0) ++errors_.overruns;
  if ((state & line_state::parity) != 0) ++errors_.parity;
  if ((state & line_state::framing) != 0) ++errors_.framing;
}

std::string TelnetSession::break_begins() const {
  if (com_port() != TelnetOptions::Agreement::agreed) return telnet_break();
  return ::coldboot::com_port(com_port_break_request(true));
}

std::string TelnetSession::break_ends() const {
  if (com_port() != TelnetOptions::Agreement::agreed) return "";
  return ::coldboot::com_port(com_port_break_request(false));
}

bool TelnetSession::is_settled() const {
  if (com_port() == TelnetOptions::Agreement::asked || options_.waits_for_binary()) return false;
  if (com_port() != TelnetOptions::Agreement::agreed) return true;
  return !waits_for_signature_ && std::ranges::all_of(asked_, &Asked::answered);
}

TelnetSession::Unanswered TelnetSession::unanswered() const {
  Unanswered without;
  for (const Asked& one : asked_) {
    if (!one.answered) (one.request.must_hold ? without.settings : without.modem_lines).push_back(one.request.name);
  }
  return without;
}

}  // namespace coldboot
