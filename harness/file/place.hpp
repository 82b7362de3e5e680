#pragma once

#include <string>

namespace coldboot {

/// A place in a user's file, for messages: "bench.yaml:3:7". Lines and columns count from 1; 0 is unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  [[nodiscard]] std::string text() const;
  bool operator==(const Place&) const = default;
};

}  // namespace coldboot
