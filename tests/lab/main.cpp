// main() of test programs that use a Lab: umockdev shows its devices to programs that begin with its library in front
// of the C library's, this one included.

#include <cstdlib>
#include <string>
#include <umockdev.h>
#include <unistd.h>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  if (umockdev_in_mock_environment() == FALSE && std::getenv("LD_PRELOAD") == nullptr) {
    ::setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    ::execv("/proc/self/exe", argv);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
