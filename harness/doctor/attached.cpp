#include "harness/doctor/attached.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

template <class Device>
void look_for(Attached& attached, const std::string& role, const std::vector<Catalog::Kind<Device>>& kinds) {
  for (const auto& kind : kinds) {
    if (kind.find == nullptr) continue;
    auto found = kind.find();
    if (!found) {
      attached.faults.push_back(found.error().within(kind.name));
      continue;
    }
    for (AttachedDevice& device : *found) attached.entries.push_back({role, kind.name, std::move(device)});
  }
}

/// How an entry of a role begins in a bench file.
std::string_view start_of(const std::string& role) {
  if (role == "consoles") return "com1: ";
  if (role == "power") return "power: ";
  return "- ";
}

std::string_view heading_of(const std::string& role) {
  if (role == "power") return "# Relays: one of them switches the DUT's power.";
  if (role == "consoles") return "# Serial ports: below `consoles:`, under a name of yours.";
  return "# Others.";
}

std::string comment(const std::string& text) {
  return fmt::format("  # {}\n", printable_line(text));
}

}  // namespace

std::string AttachedEntry::text() const {
  std::string text = fmt::format("{{driver: {}", driver);
  for (const auto& [key, value] : device.keys) text += fmt::format(", {}: {}", key, value);
  return text + "}";
}

Attached attached_devices(const Catalog& catalog) {
  Attached attached;
  look_for(attached, "power", catalog.power);
  look_for(attached, "power", catalog.relays);
  look_for(attached, "consoles", catalog.consoles);
  look_for(attached, "media", catalog.media);
  look_for(attached, "ports", catalog.ports);
  return attached;
}

std::string attached_text(const Attached& attached) {
  std::string text;
  std::string role;
  for (const AttachedEntry& entry : attached.entries) {
    if (entry.role != role) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", heading_of(entry.role));
    role = entry.role;
    text += fmt::format("{}{}\n", start_of(role), entry.text());
    text += comment(entry.device.description);
    if (const auto& trouble = entry.device.trouble; trouble) {
      text += comment("not for this user now: " + trouble->what());
      if (!trouble->hint().empty()) text += comment("-> " + trouble->hint());
    }
  }
  return text.empty() ? "# Nothing is attached that a driver would accept.\n" : text;
}

std::string attached_json(const Attached& attached) {
  using nlohmann::ordered_json;
  ordered_json devices = ordered_json::array();
  for (const AttachedEntry& entry : attached.entries) {
    const auto& trouble = entry.device.trouble;
    devices.push_back({{"role", entry.role},
                       {"driver", entry.driver},
                       {"entry", entry.text()},
                       {"description", printable_line(entry.device.description)},
                       {"usable", !trouble.has_value()},
                       {"trouble", trouble ? printable_line(trouble->what()) : ""},
                       {"remedy", trouble ? printable_line(trouble->hint()) : ""}});
  }
  ordered_json faults = ordered_json::array();
  for (const Fault& fault : attached.faults) faults.push_back(printable_line(fault.text()));
  return ordered_json{{"devices", std::move(devices)}, {"faults", std::move(faults)}}.dump(2) + "\n";
}

}  // namespace coldboot
