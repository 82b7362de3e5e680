#pragma once

#include <string>
#include <string_view>

namespace coldboot {

/// Compares `text` with tests/reports/golden/`name`; with COLDBOOT_UPDATE_GOLDEN=1 in the environment writes it there.
void expect_golden(const std::string& name, std::string_view text);

}  // namespace coldboot
