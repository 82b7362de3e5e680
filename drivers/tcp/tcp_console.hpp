#pragma once

#include <functional>
#include <memory>
#include <string>

#include "drivers/tcp/greeting.hpp"
#include "harness/device/byte_stream.hpp"
#include "harness/event/event.hpp"
#include "harness/io/connect.hpp"
#include "harness/io/open_line.hpp"

namespace coldboot {

/// A console behind a TCP port that hands bytes on as they are.
class TcpConsole final : public ByteStream {
 public:
  using Tell = std::function<void(EventBody)>;

  /// Connects. Faults: those of connect_tcp(); `busy` when the server hangs up on us at once, as it does when somebody
  /// else has the port.
  static Result<std::unique_ptr<ByteStream>> open(TcpAddress address, std::string where, Tell tell, const Until& until);

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  std::size_t decode(std::span<char> bytes) override;
  Result<void> write(std::string_view bytes, const Until& until) override { return line_.write(bytes, until); }
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until& until) override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::string latency_advice() const override;

 private:
  TcpConsole(TcpAddress address, std::string where, Tell tell, Descriptor line);

  const TcpAddress address_;
  const std::string where_;
  const Tell tell_;
  OpenLine line_;
  std::string first_;  // of this connection, until it is known what it is
  Greeting greeting_ = Greeting::undecided;
};

}  // namespace coldboot
