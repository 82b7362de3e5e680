#include "tests/reports/golden.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/reports/outside_tool.hpp"

namespace coldboot {

void expect_golden(const std::string& name, std::string_view text) {
  const std::filesystem::path path = std::filesystem::path(COLDBOOT_SOURCE_DIR) / "tests/reports/golden" / name;
  if (std::getenv("COLDBOOT_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text_of(path), text) << "If this is how it should look now: COLDBOOT_UPDATE_GOLDEN=1 ctest -R "
                                 << ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name()
                                 << ", then read the difference in " << name;
}

}  // namespace coldboot
