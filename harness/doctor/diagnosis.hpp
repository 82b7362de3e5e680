#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

/// `warning`: runs are possible, and something about them is not as good or not as sure as it could be. `wrong`: the
/// bench cannot be trusted.
enum class Health { ok, warning, wrong };

std::string_view name_of(Health health);

/// What a check came to for one thing.
struct Diagnosis {
  std::string check;  ///< which check said so: "devices"
  Health health = Health::ok;
  std::string where;   ///< "apu2-07/com1"; "host" for the machine
  std::string found;   ///< one line
  std::string remedy;  ///< what to do; empty: nothing
};

/// For people: "wrong    apu2-07/power  found no HID relay board ...", and what to do on a line of its own.
std::string diagnosis_text(const Diagnosis& diagnosis);

/// All of them as one JSON object: the bench file, whether the bench can be trusted, and each diagnosis.
std::string diagnoses_json(const std::string& file, const std::vector<Diagnosis>& diagnoses);

/// Whether nothing is wrong.
bool can_be_trusted(const std::vector<Diagnosis>& diagnoses);

}  // namespace coldboot
