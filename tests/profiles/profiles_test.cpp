#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiles/corpus.hpp"

namespace coldboot {
namespace {

using testing::Contains;
using testing::Not;

/// What a console says, in words of our own, as one profile sees it.
corpus::Seen say(const std::string& text, const std::string& profile) {
  corpus::Seen seen;
  seen.log = import_log(text, "said").value();
  seen.found = watch(seen.log.record, corpus::profile(profile));
  return seen;
}

TEST(Profiles, AreReadWithoutAFinding) {
  for (const std::string& name : corpus::profile_names()) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(corpus::profile(name)->plan().markers.empty());
  }
}

TEST(Profiles, GiveTheSameStageTheSameSpan) {
  for (const std::string name : {"pfsense-bare", "pfsense-arm", "pfsense-xen-vm", "pfsense-xen", "virtual-apu2",
                                 "virtual-apu2-xen", "virtual-apu2-xen-passthrough"}) {
    std::vector<std::string> spans;
    const auto compiled = corpus::profile(name);
    for (const SpanPlan& span : compiled->plan().spans) {
      spans.push_back(span.name);
    }
    for (const std::string stage : {"firmware", "loader", "kernel", "services", "system", "menu", "boot"}) {
      EXPECT_THAT(spans, Contains(stage)) << name;
    }
  }
}

TEST(Apu2Profile, FindsABannerBehindOtherText) {
  const auto seen = say("[  OK  ] Stopped target..PC Engines apu4\ncoreboot build 20200101\n", "apu2-seabios");
  EXPECT_EQ(seen.lines_of("banner"), (std::vector<std::size_t>{1}));
  EXPECT_THAT(seen.failures(true), Contains(testing::Key("spontaneous-reset")));
}

TEST(Apu2Profile, DoesNotTakeTheBoardsNameElsewhereForABanner) {
  const auto seen = say(
      "PC Engines apu2\nBIOS version v4.10.0.1\nDMI: PC Engines apu2/apu2, BIOS v4.10.0.1\n"
      "### PC Engines apu2 setup v4.6 ###\nPC Engines APU2 - Netgate Device ID: 0123\nFound mainboard PC Engines APU\n",
      "apu2-seabios");
  EXPECT_EQ(seen.lines_of("banner"), (std::vector<std::size_t>{1}));
  EXPECT_TRUE(seen.failures(true).empty());
}

TEST(Apu2Profile, TakesTwoBannersInARowForOneSignOfLife) {
  const std::string life = "[10:00:0";
  const auto twice = say(life + "0] PC Engines apu2\n" + life + "1] PC Engines apu2\n" + life + "3] 4080 MB ECC DRAM\n",
                         "apu2-seabios");
  EXPECT_TRUE(twice.failures(true).empty());
  const auto loop =
      say("[10:00:00] PC Engines apu2\n[10:00:03] 4080 MB ECC DRAM\n[10:01:10] PC Engines apu2\n", "apu2-seabios");
  EXPECT_THAT(loop.failures(true), Contains(testing::Pair("boot-loop", 3)));
}

TEST(Apu2Profile, DoesNotTakeAMenuEntryForWhatItStarts) {
  const auto seen =
      say("Select boot device:\n\n1. SD card SC16G 15193MiB\n2. iPXE\n3. Payload [memtest]\n", "apu2-seabios");
  EXPECT_TRUE(seen.failures(true).empty());
  EXPECT_THAT(say("Memtest86+ 5.01\n", "apu2-seabios").failures(true), Contains(testing::Key("wrong-entry")));
}

TEST(PfsenseProfile, TellsTheThreeWelcomesApart) {
  const auto seen =
      say("+====Welcome to pfSense====+\nBooting...\nWelcome to pfSense 2.7.2-RELEASE...\n"
          "*** Welcome to pfSense 2.7.2-RELEASE (amd64) on gate ***\n",
          "pfsense-bare");
  EXPECT_EQ(seen.lines_of("greeting"), (std::vector<std::size_t>{3}));
  EXPECT_EQ(seen.lines_of("welcome"), (std::vector<std::size_t>{4}));
}

TEST(PfsenseProfile, DoesNotCountTheMenuOfTheBootBefore) {
  const auto seen =
      say(" 8) Shell\nEnter an option: \nPC Engines apu2\nBooting [/boot/kernel/kernel]\n 8) Shell\n", "pfsense-bare");
  EXPECT_EQ(seen.lines_of("menu"), (std::vector<std::size_t>{5}));
}

TEST(PfsenseProfile, FindsTheSecondLoadOfTheRulesAlsoBehindKernelNoise) {
  const auto seen =
      say("Booting...\nConfiguring firewall.......pflog0: promiscuous mode enabled\ndone.\nConfiguring "
          "firewall......done.\n",
          "pfsense-bare");
  EXPECT_EQ(seen.lines_of("firewall"), (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(seen.lines_of("firewall-again"), (std::vector<std::size_t>{4}));
}

TEST(PfsenseProfile, SeesAResetAtTheMenu) {
  const auto seen =
      say("PC Engines apu2\nBooting...\n 8) Shell\n\nEnter an option: PC Engines apu2\nBIOS version v4.9\n",
          "pfsense-bare");
  EXPECT_THAT(seen.failures(true), Contains(testing::Pair("spontaneous-reset", 5)));
  EXPECT_THAT(seen.failures(true), Not(Contains(testing::Key("boot-loop"))));
}

struct Sign {
  std::string name;
  std::string profile;
  std::string text;
  std::string failure;  ///< empty: none
};

class FailureSigns : public testing::TestWithParam<Sign> {};

TEST_P(FailureSigns, HaveTheirClass) {
  const auto seen = say(GetParam().text + "\n", GetParam().profile);
  auto classes = seen.failures(true);
  classes.merge(seen.failures(false));
  if (GetParam().failure.empty()) {
    EXPECT_TRUE(classes.empty()) << classes.begin()->first;
  } else {
    EXPECT_EQ(classes, (std::map<std::string, std::size_t>{{GetParam().failure, 1}}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Lines, FailureSigns,
    testing::Values(
        Sign{"no_disk", "pfsense-bare", "No bootable device.  Retrying in 60 seconds.", "no-bootable-device"},
        Sign{"not_bootable", "pfsense-bare", "Boot failed: not a bootable disk", "no-bootable-device"},
        Sign{"menu_without_disk", "pfsense-bare", "1. Payload [setup]", "no-bootable-device"},
        Sign{"pxe", "pfsense-bare", "No more network devices", "pxe-fallback"},
        Sign{"slow_disk", "pfsense-bare", "WARNING - Timeout at ahci_command:154!", "slow-disk"},
        Sign{"assertion", "pfsense-bare", "ASSERTION ERROR: file 'x.c', line 3", "firmware-fault"},
        Sign{"no_payload", "pfsense-bare", "CBFS: 'fallback/payload' not found.", "firmware-fault"},
        Sign{"optional_file", "pfsense-bare", "CBFS: 'cmos_layout.bin' not found.", ""},
        Sign{"no_kernel", "pfsense-bare", "can't load 'kernel'", "loader-stuck"},
        Sign{"btx", "pfsense-bare", "BTX halted", "loader-stuck"},
        Sign{"trap", "pfsense-bare", "Fatal trap 12: page fault while in kernel mode", "panic"},
        Sign{"panic", "pfsense-bare", "panic: ffs_valloc: dup alloc", "panic"},
        Sign{"panic_option", "xen", "Command line: root=/dev/ram0 panic=10", ""},
        Sign{"debugger", "pfsense-bare", "db> ", "waits-for-human"},
        Sign{"file_named_db", "pfsense-bare", "written to <dhcpd.db>", ""},
        Sign{"mountroot", "pfsense-bare", "mountroot> ", "waits-for-human"},
        Sign{"root_gone", "pfsense-bare", "Mounting from ufs:/dev/ada0s1a failed with error 19.", "no-root"},
        Sign{"disk_gone", "pfsense-bare", "ada0: <SC16G 1.0> s/n 7 detached", "disk-lost"},
        Sign{"stick_gone", "pfsense-bare", "da0: <Kingston DataTraveler 3.0> s/n 7 detached", ""},
        Sign{"dirty", "pfsense-bare", "WARNING: / was not properly dismounted", "dirty-file-system"},
        Sign{"mismatch", "pfsense-bare", "Network interface mismatch -- Running interface assignment option.",
             "waits-for-human"},
        Sign{"default_interfaces", "pfsense-bare", "Default interfaces not found -- Running interface assignment",
             "waits-for-human"},
        Sign{"linux_panic", "linux", "Kernel panic - not syncing: Fatal exception", "panic"},
        Sign{"linux_bug", "linux", "[    1.000000] BUG: unable to handle page fault", "panic"},
        Sign{"debug_word", "linux", "DEBUG: nothing to see", ""},
        Sign{"emergency", "linux", "You are in emergency mode. After logging in, type", "waits-for-human"},
        Sign{"initramfs", "linux", "(initramfs) ", "waits-for-human"},
        Sign{"ext4", "linux", "EXT4-fs (sda1): recovery complete", "dirty-file-system"},
        Sign{"xen_panic", "xen", "(XEN) Panic on CPU 0:", "panic"},
        Sign{"xen_stamped_panic", "xen", "(XEN) [2025-01-02 03:04:05] Panic on CPU 0:", "panic"},
        Sign{"xen_watchdog_on", "xen", "xen_wdt xen_wdt: initialized (timeout=60s, nowayout=0)", ""},
        Sign{"guest_crash", "xen", "(XEN) Domain 2 (vcpu#0) crashed on cpu#1:", "guest-crashed"},
        Sign{"xl", "xen", "libxl: error: libxl_create.c:1255:domcreate_launch_dm: unable to add disk devices",
             "xl-create-failed"},
        Sign{"countdown", "opnsense", "Press any key to start the manual interface assignment: 3",
             "manual-assignment"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace coldboot
