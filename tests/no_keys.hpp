#pragma once

#include "harness/file/keys.hpp"

namespace coldboot {

/// The keys of a driver that a test brings along: none but `driver`.
inline keys::Table no_keys() {
  struct NoKeys {};
  return keys::table<NoKeys>(keys::object<NoKeys>("none", "A driver of a test."));
}

}  // namespace coldboot
