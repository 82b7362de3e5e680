#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/io/child.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// Debian's snmpd on a port of 127.0.0.1, with outlets behind it. "public" may read, "private" may write as well.
class PduAgent {
 public:
  /// Whether there is an snmpd to run.
  static bool is_installed();

  /// Starts it and returns when it answers its port; objects are those below `base`.
  explicit PduAgent(const std::string& base);
  PduAgent(const PduAgent&) = delete;
  PduAgent& operator=(const PduAgent&) = delete;
  ~PduAgent();

  /// "127.0.0.1:43210"
  [[nodiscard]] std::string host() const;

  /// The number an object holds. Objects are as in PduModel, with their channel in them.
  void put(const std::string& object, long value);
  void put_text(const std::string& object, const std::string& text);
  [[nodiscard]] long value(const std::string& object) const;

  /// What is written to one object shows in another, as `pairs` say: "1=2 2=1".
  void link(const std::string& written, const std::string& shown, const std::string& pairs);
  /// A change shows only after so many looks.
  void show_late(const std::string& object, int looks);
  /// Changes are taken and nothing happens.
  void turn_deaf();

 private:
  TemporaryFolder folder_;
  std::filesystem::path objects_;
  std::optional<Child> snmpd_;
  int port_ = 0;
};

}  // namespace coldboot
