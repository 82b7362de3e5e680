#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/bench/catalog.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

/// An entry of a bench file that is about to be written.
struct NewEntry {
  std::string driver;
  std::vector<std::pair<std::string, std::string>> keys;  ///< with their values as they stand in a file
  std::string description;                                ///< for a comment; may be empty
};

/// A bench file that is about to be written.
struct NewBench {
  std::string name;
  NewEntry power;
  std::vector<NewEntry> consoles;  ///< they are called com1, com2, ...
};

/// An entry as it is written in one line, "hid-relay id=BITFT channel=2". A value with blanks stands in quotes, as
/// command_words() takes them. `tables` say which keys of the driver are texts. Faults: `mistake`.
Result<NewEntry> parse_new_entry(const std::string& line, const std::map<std::string, keys::Table>& tables);

/// The file, with comments for whoever reads it later.
std::string text_of(const NewBench& bench);

}  // namespace coldboot
