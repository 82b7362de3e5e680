#include <gmock/gmock.h>

#include "tests/guardian/wired_bench.hpp"

namespace coldboot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PowerCommand : public WiredBench {
 protected:
  [[nodiscard]] ChildResult power(const std::string& what) const { return coldboot({"power", what, bench()}); }
};

TEST_F(PowerCommand, SwitchesOnAndLeavesItOnAndSaysHowPowerStands) {
  const ChildResult on = power("on");
  EXPECT_EQ(on.exit_status, 0);
  EXPECT_EQ(on.output, "wired: power on (read back)\n");
  EXPECT_TRUE(board.is_on());
  EXPECT_TRUE(bench_state(lock()).left_safe) << "on purpose";
  EXPECT_EQ(power("status").output, "wired: power on (read back)\n");
  EXPECT_EQ(power("cycle").output, "wired: power off (read back)\nwired: power on (read back)\n");
  EXPECT_EQ(board.outlet().times_closed(1), 2);
  EXPECT_EQ(power("off").exit_status, 0);
  EXPECT_FALSE(board.is_on());
}

TEST_F(PowerCommand, LeavesABenchAloneThatARunHas) {
  const RunningProgram first(run_of("endless.yaml"));
  ASSERT_TRUE(becomes_true([&] { return bench_state(lock()).power == Power::on; }));
  const ChildResult off = power("off");
  EXPECT_EQ(off.exit_status, 75);
  EXPECT_THAT(off.output, HasSubstr("held by"));
  EXPECT_TRUE(board.is_on());
  const ChildResult status = power("status");
  EXPECT_EQ(status.exit_status, 0);
  EXPECT_THAT(status.output, AllOf(HasSubstr("wired: power on"), HasSubstr("coldboot run endless")));
}

TEST_F(PowerCommand, CallsNoBenchSafeWhosePowerDoesNotGo) {
  EXPECT_EQ(power("on").exit_status, 0);
  board.outlet().put_trouble(OutletServer::Trouble::overloaded);
  EXPECT_EQ(power("off").exit_status, 3);
  EXPECT_FALSE(bench_state(lock()).left_safe);
  EXPECT_THAT(coldboot({"status", bench()}).output,
              AllOf(HasSubstr("not safe"), HasSubstr("left so by coldboot power off")));
  board.outlet().put_trouble(OutletServer::Trouble::none);
  EXPECT_EQ(power("status").exit_status, 0);
  EXPECT_FALSE(bench_state(lock()).left_safe) << "looking makes nothing safe";
  const ChildResult on = power("on");
  EXPECT_THAT(on.output, HasSubstr("was not left safe by its last holder: power is switched off first"));
  EXPECT_EQ(board.outlet().times_closed(1), 2);
  EXPECT_TRUE(bench_state(lock()).left_safe) << "on purpose again";
}

TEST_F(PowerCommand, SaysWhatAnOutletDoesNotDo) {
  board.outlet().stick(1);
  const ChildResult on = power("on");
  EXPECT_EQ(on.exit_status, 3);
  EXPECT_THAT(on.output, HasSubstr("though it was told otherwise"));
}

}  // namespace
}  // namespace coldboot
