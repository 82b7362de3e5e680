#pragma once

#include <filesystem>
#include <vector>

#include "harness/doctor/diagnosis.hpp"
#include "harness/doctor/examination.hpp"

namespace coldboot {

/// Goes through a bench file, entry by entry, and does not stop at the first trouble. Nothing is switched unless
/// `options` ask for it; then the DUT is left without power. Each diagnosis is told as it is made.
std::vector<Diagnosis> examine(const std::filesystem::path& bench, const Catalog& catalog, const DoctorOptions& options,
                               const Examination::Tell& tell);

}  // namespace coldboot
