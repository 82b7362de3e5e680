#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "drivers/telnet/telnet_session.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/event/event.hpp"
#include "harness/io/connect.hpp"
#include "harness/io/open_line.hpp"

namespace coldboot {

struct TelnetConsoleConfig {
  TcpAddress address;
  std::string where;
  bool com_port = true;  ///< offer RFC 2217
  bool must_have_com_port = false;
  ComPortSettings settings;                      ///< made only where the server agrees to RFC 2217
  Nanos answer_limit = std::chrono::seconds(3);  ///< for all that the server is asked at the beginning
};

/// A serial port behind a telnet server. The capture loop reads the socket and stamps, decode() takes telnet's own
/// bytes out and answers them; so the record holds what the DUT said, at the times it was read.
class TelnetConsole final : public ByteStream {
 public:
  using Tell = std::function<void(EventBody)>;

  /// Connects, negotiates and makes the settings. Faults: those of connect_tcp(); `busy` when the server hangs up;
  /// `refused` where RFC 2217 must be and is not; `protocol` for a setting the server does not make or answer.
  static Result<std::unique_ptr<ByteStream>> open(TelnetConsoleConfig config, Tell tell, const Until& until);

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  std::size_t decode(std::span<char> bytes) override;
  Result<void> write(std::string_view bytes, const Until& until) override;
  [[nodiscard]] std::optional<LineErrors> errors() override;
  Result<void> send_break(Nanos length, const Until& until) override;
  [[nodiscard]] bool can_reopen() const override { return true; }
  /// Only connects and asks: what is answered, decode() takes, so that nothing the DUT says meanwhile is missed.
  Result<void> reopen(const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  TelnetConsole(TelnetConsoleConfig config, Tell tell);
  Result<void> connect(bool purge, const Until& until);
  Result<void> negotiate(const Until& until);
  Result<void> check(const std::vector<std::string>& wrong);
  void note(const std::string& text) const;
  [[nodiscard]] TelnetSession::Wishes wishes(bool purge) const;

  const TelnetConsoleConfig config_;
  const Tell tell_;
  OpenLine line_;
  mutable std::mutex mutex_;  // guards session_
  TelnetSession session_;
};

}  // namespace coldboot
