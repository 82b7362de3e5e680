#include "harness/run/host_load.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

using namespace std::chrono_literals;

TEST(HostLoad, IsReadFromTheKernelsCounters) {
  const auto times = parse_processor_times(
      "cpu  100 20 30 400 50 6 7 80 9 1\ncpu0 1 2 3\n",
      "some avg10=98.66 avg60=98.05 avg300=94.62 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 100);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->all, 6930ms);
  EXPECT_EQ(times->busy, 1630ms);
  EXPECT_EQ(times->stolen, 800ms);
  EXPECT_EQ(times->waited, Nanos(12345us));
}

TEST(HostLoad, IsKnownWithoutPressureToo) {
  const auto times = parse_processor_times("cpu  1 0 0 1 0 0 0 0\n", "", 100);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->busy, 10ms);
  EXPECT_FALSE(times->waited);
}

TEST(HostLoad, IsUnknownFromWhatIsNoSuchText) {
  for (const char* text : {"", "cpu", "cpu  1 2 3\n", "intr 1 2 3 4 5 6 7 8\n", "cpu  a b c d e f g h\n"})
    EXPECT_FALSE(parse_processor_times(text, "", 100)) << text;
}

TEST(HostLoad, OfThisMachineIsSomeAndNotMoreThanAll) {
  const HostLoadWatch watch;
  volatile unsigned work = 0;
  std::optional<HostLoad> load;
  do {
    for (int i = 0; i < 100'000; ++i) work = work + 1;
    load = watch.load();
    ASSERT_TRUE(load);
  } while (load->busy == 0ns);
  EXPECT_LE(load->busy + load->stolen, load->processors);
}

}  // namespace
}  // namespace coldboot
