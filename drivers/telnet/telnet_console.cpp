#include "drivers/telnet/telnet_console.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/pause.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

std::string_view text_of(TelnetOptions::Agreement com_port) {
  switch (com_port) {
    case TelnetOptions::Agreement::agreed: return "RFC 2217";
    case TelnetOptions::Agreement::refused: return "RFC 2217 refused";
    case TelnetOptions::Agreement::asked: return "RFC 2217 asked for";
    case TelnetOptions::Agreement::not_asked: return "no RFC 2217 asked for";
  }
  return "";
}

}  // namespace

TelnetConsole::TelnetConsole(TelnetConsoleConfig config, Tell tell)
    : config_(std::move(config)), tell_(std::move(tell)), line_(config_.where, Descriptor()), session_(wishes(true)) {}

Result<std::unique_ptr<ByteStream>> TelnetConsole::open(TelnetConsoleConfig config, Tell tell, const Until& until) {
  std::unique_ptr<TelnetConsole> console(new TelnetConsole(std::move(config), std::move(tell)));
  if (auto connected = console->connect(true, until); !connected) return connected.error();
  if (auto agreed = console->negotiate(until); !agreed) return agreed.error();
  return std::unique_ptr<ByteStream>(std::move(console));
}

Result<void> TelnetConsole::connect(bool purge, const Until& until) {
  auto line = connect_tcp(config_.address, config_.where, until);
  if (!line) return line.error();
  const std::lock_guard lock(mutex_);
  session_ = TelnetSession(wishes(purge));
  line_.replace(std::move(*line));
  line_.answer(session_.begin());
  return {};
}

/// Nobody records yet, so what the DUT says meanwhile goes nowhere, as what it said before does.
Result<void> TelnetConsole::negotiate(const Until& until) {
  const Instant end = std::min(until.deadline, std::chrono::steady_clock::now() + config_.answer_limit);
  std::vector<std::string> wrong;
  std::string said;
  while (!session_.is_settled() && wrong.empty()) {
    const auto readable = wait_until_readable(line_.descriptor(), config_.where, Until(end, until.stop));
    if (!readable && readable.error().cause() != Cause::timeout) return readable.error();
    if (!readable) break;
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(line_.descriptor(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) {
      return Fault(Cause::busy, config_.where,
                   fmt::format("{} hung up on us, after \"{}\"", config_.address.text(), printable_line(said)),
                   "does somebody else have the port?");
    }
    const auto heard = session_.hear({buffer.data(), static_cast<std::size_t>(count)});
    said.assign(buffer.data(), heard.count);
    line_.answer(heard.answer);
    for (const std::string& text : heard.notes) note(text);
    wrong.insert(wrong.end(), heard.wrong.begin(), heard.wrong.end());
  }
  return check(wrong);
}

Result<void> TelnetConsole::check(const std::vector<std::string>& wrong) {
  const auto refuse = [&](Cause cause, std::string what, std::string hint) {
    return Fault(cause, config_.where, fmt::format("{}: {}", config_.address.text(), what), std::move(hint));
  };
  const bool agreed = session_.com_port() == TelnetOptions::Agreement::agreed;
  if (config_.must_have_com_port && !agreed) {
    return refuse(Cause::refused, fmt::format("{}, and the bench file requires it", text_of(session_.com_port())),
                  "make the server's port telnet(rfc2217), or leave `rfc2217: require` out");
  }
  if (!session_.spoke_telnet()) note("nothing of telnet came from it: is this a raw port (driver: tcp)?");
  if (!wrong.empty())
    return refuse(Cause::protocol, fmt::format("{}", fmt::join(wrong, "; ")), "set the port at the server");
  const auto [settings, modem_lines] = session_.unanswered();
  if (!settings.empty()) {
    return refuse(Cause::protocol, fmt::format("no answer to {}", fmt::join(settings, ", ")),
                  "set the port at the server");
  }
  if (!modem_lines.empty())
    note(fmt::format("no answer to {}: the port has no such lines?", fmt::join(modem_lines, ", ")));
  if (config_.settings.line && !agreed) {
    note(fmt::format("{}: the rate of the line is the server's own, and should be {}", text_of(session_.com_port()),
                     config_.settings.line->text()));
  }
  if (session_.signature().starts_with("ser2net")) {
    note("ser2net holds bytes back for about 3 ms, unless its connection has `chardelay: false`");
  }
  return {};
}

std::size_t TelnetConsole::decode(std::span<char> bytes) {
  TelnetSession::Heard heard;
  {
    const std::lock_guard lock(mutex_);
    heard = session_.hear(bytes);
  }
  if (!heard.answer.empty()) line_.answer(heard.answer);
  for (const std::string& text : heard.notes) note(text);
  for (const std::string& text : heard.wrong) tell_(FaultSeen{Fault(Cause::protocol, config_.where, text)});
  return heard.count;
}

Result<void> TelnetConsole::write(std::string_view bytes, const Until& until) {
  std::string data;
  {
    const std::lock_guard lock(mutex_);
    data = session_.data(bytes);
  }
  return line_.write(data, until);
}

std::optional<LineErrors> TelnetConsole::errors() {
  const std::lock_guard lock(mutex_);
  if (session_.com_port() != TelnetOptions::Agreement::agreed) return std::nullopt;
  const ComPortErrors& told = session_.errors();
  return LineErrors{.overruns = told.overruns, .framing = told.framing, .parity = told.parity};
}

Result<void> TelnetConsole::send_break(Nanos length, const Until& until) {
  std::string begins;
  std::string ends;
  {
    const std::lock_guard lock(mutex_);
    begins = session_.break_begins();
    ends = session_.break_ends();
  }
  if (auto begun = line_.write(begins, until); !begun || ends.empty()) return begun;
  SteadyClock clock;
  const auto passed = let_pass(clock, length, until, config_.where);
  line_.answer(ends);  // whatever happened: a line left in a break carries nothing
  return passed;
}

Result<void> TelnetConsole::reopen(const Until& until) {
  line_.replace(Descriptor());  // a server with room for one must see the end of the connection before
  return connect(false, until);
}

std::string TelnetConsole::description() const {
  const std::lock_guard lock(mutex_);
  const std::string server = session_.signature().empty() ? "" : ", " + printable_line(session_.signature());
  return fmt::format("telnet {} ({}{})", config_.address.text(), text_of(session_.com_port()), server);
}

void TelnetConsole::note(const std::string& text) const {
  tell_(Note{fmt::format("{}: {}: {}", config_.where, config_.address.text(), text)});
}

TelnetSession::Wishes TelnetConsole::wishes(bool purge) const {
  return {.com_port = config_.com_port, .settings = config_.settings, .purge = purge};
}

}  // namespace coldboot
