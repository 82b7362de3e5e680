#pragma once

#include <istream>
#include <ostream>
#include <string>

#include "harness/cli/new_bench.hpp"
#include "harness/doctor/attached.hpp"

namespace coldboot {

/// Asks a person for what a new bench lacks, and offers what is attached. An empty answer takes what stands in
/// brackets.
class Interview {
 public:
  Interview(const Attached& attached, const DriverTables& drivers, std::istream& in, std::ostream& out)
      : attached_(attached), drivers_(drivers), in_(in), out_(out) {}

  /// Faults: `mistake` when there is no answer any more.
  Result<NewEntry> ask_power();
  Result<NewEntry> ask_console();

 private:
  Result<std::string> ask(const std::string& question, const std::string& usual);
  Result<NewEntry> ask_entry(const std::string& role, const std::string& question, const std::string& example,
                             const std::map<std::string, keys::Table>& tables);
  Result<void> ask_key(NewEntry& entry, const std::string& key, const std::string& question, const std::string& usual);

  const Attached& attached_;
  const DriverTables& drivers_;
  std::istream& in_;
  std::ostream& out_;
};

}  // namespace coldboot
