#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/bench/catalog.hpp"

namespace coldboot {

/// Something attached to this machine, as an entry of a bench file.
struct AttachedEntry {
  std::string role;  ///< where in a bench file it goes: "power", "consoles", "media", "ports"
  std::string driver;
  AttachedDevice device;

  /// "{driver: hid-relay, id: BITFT}"
  [[nodiscard]] std::string text() const;
};

/// All that is attached, and what could not be looked at.
struct Attached {
  std::vector<AttachedEntry> entries;
  std::vector<Fault> faults;
};

/// Asks every driver of the catalog that can tell. Nothing is switched by looking.
Attached attached_devices(const Catalog& catalog);

/// For people; each entry may be pasted into a bench file, and all around it is YAML's comments.
std::string attached_text(const Attached& attached);

/// As one JSON object; whether this user may use a device is in `usable`, and if not, why in `trouble` and `remedy`.
std::string attached_json(const Attached& attached);

}  // namespace coldboot
