#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/device/byte_stream.hpp"
#include "harness/event/event.hpp"
#include "harness/io/child.hpp"
#include "harness/io/open_line.hpp"

namespace coldboot {

struct CommandConsoleConfig {
  std::vector<std::string> command;
  bool terminal = false;            ///< it talks to a terminal and not to a socket, for programs that want one
  std::filesystem::path directory;  ///< where it runs
};

/// A console that is a program's standard input and output: ssh, conserver's console, ipmitool's sol. What the program
/// writes to its standard error goes into notes and not into the console. When it ends the console is lost; opening it
/// anew starts it again.
class CommandConsole final : public ByteStream {
 public:
  using Tell = std::function<void(EventBody)>;

  /// Faults: those of Child::start().
  static Result<std::unique_ptr<ByteStream>> open(CommandConsoleConfig config, std::string where, Tell tell);
  ~CommandConsole() override;
  CommandConsole(const CommandConsole&) = delete;
  CommandConsole& operator=(const CommandConsole&) = delete;

  [[nodiscard]] int descriptor() const override { return line_.descriptor(); }
  Result<void> write(std::string_view bytes, const Until& until) override { return line_.write(bytes, until); }
  [[nodiscard]] bool can_reopen() const override { return true; }
  Result<void> reopen(const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  class Program;

  CommandConsole(CommandConsoleConfig config, std::string where, Tell tell);
  Result<void> start();

  const CommandConsoleConfig config_;
  const std::string where_;
  const Tell tell_;
  OpenLine line_;
  std::unique_ptr<Program> program_;
};

}  // namespace coldboot
