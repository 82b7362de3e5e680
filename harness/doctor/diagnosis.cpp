#include "harness/doctor/diagnosis.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

constexpr std::size_t longest_line = 2000;

std::string line(const std::string& text) {
  return printable_line(text, longest_line);
}

}  // namespace

std::string_view name_of(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::warning: return "warning";
    case Health::wrong: return "wrong";
  }
  return "wrong";
}

std::string diagnosis_text(const Diagnosis& diagnosis) {
  std::string text = fmt::format("{:<8} {:<16} {}: {}\n", name_of(diagnosis.health), line(diagnosis.where),
                                 diagnosis.check, line(diagnosis.found));
  if (!diagnosis.remedy.empty()) text += fmt::format("{:>9}{:<16} -> {}\n", "", "", line(diagnosis.remedy));
  return text;
}

std::string diagnoses_json(const std::string& file, const std::vector<Diagnosis>& diagnoses) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Diagnosis& diagnosis : diagnoses) {
    all.push_back({{"check", diagnosis.check},
                   {"health", name_of(diagnosis.health)},
                   {"where", line(diagnosis.where)},
                   {"found", line(diagnosis.found)},
                   {"remedy", line(diagnosis.remedy)}});
  }
  const nlohmann::ordered_json whole = {
      {"file", line(file)}, {"trusted", can_be_trusted(diagnoses)}, {"diagnoses", std::move(all)}};
  return whole.dump(2) + "\n";
}

bool can_be_trusted(const std::vector<Diagnosis>& diagnoses) {
  return std::ranges::none_of(diagnoses, [](const Diagnosis& d) { return d.health == Health::wrong; });
}

}  // namespace coldboot
