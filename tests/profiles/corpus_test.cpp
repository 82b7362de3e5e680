#include "tests/profiles/corpus.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/measure/guess_profile.hpp"

// The profiles against public console logs whose lines were read by eye. The logs are no part of the project; without
// them these tests are skipped.

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

using Lines = std::vector<std::size_t>;

struct LogCase {
  std::string log;
  std::string profile;
  std::map<std::string, Lines> markers;  ///< and the lines of the file in which each is found
};

std::string test_name(std::string log) {
  for (char& c : log) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return log;
}

class CorpusMarkers : public testing::TestWithParam<LogCase> {};

TEST_P(CorpusMarkers, AreFoundInTheLinesReadByEye) {
  if (!corpus::present()) {
    GTEST_SKIP() << "the collection of public logs is not here";
  }
  const auto seen = corpus::look_at(GetParam().log, GetParam().profile);
  for (const auto& [marker, lines] : GetParam().markers) {
    EXPECT_EQ(seen.lines_of(marker), lines) << marker;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Logs, CorpusMarkers,
    testing::Values(
        LogCase{"pfsense-apu2-baremetal-2.4.4p3.log",
                "pfsense-bare",
                {{"banner", {1}},
                 {"coreboot", {2}},
                 {"bios", {3}},
                 {"dram", {4}},
                 {"seabios", {6}},
                 {"f10", {8}},
                 {"payload", {10}},
                 {"loader-start", {11, 12}},
                 {"boot-config", {11}},
                 {"consoles", {12}},
                 {"loader", {17}},
                 {"loader-conf", {19}},
                 {"kernel-load", {20}},
                 {"entropy", {21}},
                 {"kernel", {22, 23, 25}},
                 {"kdb", {23, 24}},
                 {"copyright", {25}},
                 {"complete", {28}},
                 {"getty", {30}},
                 {"device-id", {32}},
                 {"welcome", {34}},
                 {"menu", {48}},
                 {"prompt", {50}}}},
        LogCase{"pfsense-xenvm-attempt1-2.4.4p3.log",
                "pfsense-xen-vm",
                {{"boot-config", {1}},
                 {"consoles", {2}},
                 {"loader", {6}},
                 {"loader-conf", {8}},
                 {"loader-conf-done", {11}},
                 {"loader-menu", {23}},
                 {"kernel-load", {37}},
                 {"entropy", {38}},
                 {"kernel", {39}},
                 {"complete", {41}},
                 {"getty", {43}},
                 {"device-id", {45}},
                 {"welcome", {47}},
                 {"menu", {59}},
                 {"prompt", {}},
                 {"greeting", {}}}},
        LogCase{"pfsense-sg1100-spontaneous-reset-2.4.4p3.log",
                "pfsense-arm",
                {{"banner", {22}},          {"u-boot", {56}},     {"autoboot", {75}},     {"loader-start", {141, 150}},
                 {"consoles", {150}},       {"loader", {156}},    {"loader-conf", {161}}, {"kernel-load", {162}},
                 {"kernel", {165, 167}},    {"copyright", {167}}, {"root", {278}},        {"file-systems", {295}},
                 {"greeting", {306}},       {"init", {312}},      {"devd", {314}},        {"config", {315}},
                 {"sshd", {322}},           {"wan", {331}},       {"lan", {332}},         {"firewall", {335, 348}},
                 {"firewall-again", {348}}, {"dns", {342}},       {"webgui", {344}},      {"dhcp", {347}},
                 {"cron", {351}},           {"complete", {354}},  {"getty", {356}},       {"welcome", {361}},
                 {"menu", {375}},           {"prompt", {377}}}},
        LogCase{"apu2-firmware-banner-v4.8.0.1.log",
                "apu2-seabios",
                {{"banner", {1}}, {"coreboot", {2}}, {"bios", {3}}, {"dram", {4}}}},
        LogCase{"apu2-serial-overwritten-menu.log",
                "apu2-seabios",
                {{"banner", {1}}, {"f10", {3}}, {"dram", {4}}, {"boot-menu", {5}}, {"seabios", {6}}}},
        LogCase{"apu1-no-disk-bootmenu-only.log", "apu2-seabios", {{"seabios", {1}}, {"f10", {3}}, {"boot-menu", {5}}}},
        LogCase{"apu1-pfsense215-usb-hang-seabios.log", "apu2-seabios", {{"banner", {1}}, {"seabios", {3, 4}}}},
        LogCase{
            "apu2-esxi-loader-reset-midline.log", "apu2-seabios", {{"banner", {7}}, {"coreboot", {8}}, {"bios", {9}}}},
        LogCase{"apu4-coreboot-uefi-tiano.log",
                "apu2-seabios",
                {{"banner", {2}}, {"coreboot", {3}}, {"bios", {4}}, {"dram", {11}}}},
        LogCase{"apu2-xen413-dom0-yocto.log",
                "xen",
                {{"f10", {4}},
                 {"boot-menu", {6}},
                 {"payload", {18}},
                 {"syslinux", {20}},
                 {"xen-load", {22}},
                 {"xen", {26}},
                 {"dom0-kernel", {209}},
                 {"dom0-input", {233}},
                 {"dom0-freed", {234}},
                 {"dom0-linux", {237}},
                 {"dom0-on-xen", {260}},
                 {"init", {672}},
                 {"systemd", {701}},
                 {"pciback", {711}},
                 {"dom0-login", {727}},
                 {"dom0-shell", {728}},
                 {"banner", {}}}},
        LogCase{"apu2-xen48-xl-dmesg-iommu.log",
                "xen",
                {{"xen", {1}}, {"iommu", {83}}, {"dom0-kernel", {236}}, {"dom0-input", {254}}, {"dom0-freed", {255}}}},
        LogCase{"apu2-nixos1909-grub-login.log",
                "linux",
                {{"kernel", {3, 14, 16}}, {"linux", {16}}, {"init", {20}}, {"systemd", {47}}, {"login", {64}}}},
        LogCase{"apu2-nixos2009-slaunch-joined-line.log", "linux", {{"kernel", {16, 27, 29}}, {"linux", {29}}}},
        LogCase{"xl-pci-assign-and-create-ok.log", "pfsense-xen", {{"vm-create", {9}}}},
        LogCase{"freebsd-pfsense-installer-hvm-xen48-apu2.log",
                "pfsense-xen-vm",
                {{"kernel", {1, 2, 4}}, {"kdb", {2, 3}}, {"copyright", {4}}, {"xen-guest", {12}}, {"root", {131}}}},
        LogCase{"qubes-domu-panic-then-reboot-printk.log", "linux", {{"linux", {8}}}},
        LogCase{
            "rpi-uboot-linux-panic-rootfs-loop.log", "linux", {{"banner", {2, 431, 860}}, {"linux", {118, 547, 976}}}},
        LogCase{"generic-fw-loop-escapes.log", "linux", {{"banner", {3, 6, 9}}}},
        LogCase{"opnsense-22.1-rpi3-first-boot.log",
                "opnsense",
                {{"kernel-load", {2}},
                 {"copyright", {29}},
                 {"root", {118}},
                 {"init", {185}},
                 {"firewall", {204, 211}},
                 {"firewall-again", {211}},
                 {"sshd", {205}},
                 {"webgui", {206}},
                 {"dns", {209, 214}},
                 {"cron", {225}},
                 {"complete", {228}},
                 {"welcome", {231}}}},
        LogCase{"opnsense-21-rpi-uboot-boot.log",
                "opnsense",
                {{"loader-start", {63, 74}},
                 {"kernel-load", {94}},
                 {"copyright", {118}},
                 {"root", {200}},
                 {"init", {266}},
                 {"firewall", {287, 296, 315}},
                 {"webgui", {290}},
                 {"dns", {294, 300}},
                 {"cron", {319}},
                 {"complete", {321}},
                 {"welcome", {324}}}}),
    [](const auto& test) { return test_name(test.param.log); });

struct TroubleCase {
  std::string log;
  std::string profile;
  std::map<std::string, std::size_t> fatal;  ///< class and the first line it is found in
  std::map<std::string, std::size_t> tags;
};

class CorpusTrouble : public testing::TestWithParam<TroubleCase> {};

TEST_P(CorpusTrouble, IsRecognisedAndOnlyWhereThereIsSome) {
  if (!corpus::present()) {
    GTEST_SKIP() << "the collection of public logs is not here";
  }
  const auto seen = corpus::look_at(GetParam().log, GetParam().profile);
  EXPECT_EQ(seen.failures(true), GetParam().fatal);
  EXPECT_EQ(seen.failures(false), GetParam().tags);
}

INSTANTIATE_TEST_SUITE_P(
    Logs, CorpusTrouble,
    testing::Values(
        TroubleCase{"apu1-no-disk-bootmenu-only.log", "apu2-seabios", {{"no-bootable-device", 7}}, {}},
        TroubleCase{"apu1-pfsense215-usb-hang-seabios.log", "apu2-seabios", {}, {}},
        TroubleCase{"apu2-cbmem-timestamps-v4.9.0.2.txt", "apu2-seabios", {}, {}},
        TroubleCase{"apu2-esxi-loader-hang.log", "apu2-seabios", {}, {}},
        TroubleCase{"apu2-esxi-loader-reset-midline.log", "apu2-seabios", {{"spontaneous-reset", 7}}, {}},
        TroubleCase{"apu2-firmware-banner-v4.8.0.1.log", "apu2-seabios", {}, {}},
        TroubleCase{"apu2-linux414-iommu-oops-panic.log", "linux", {{"panic", 2}}, {}},
        TroubleCase{"apu2-nixos1909-grub-login.log", "linux", {}, {}},
        TroubleCase{"apu2-nixos2009-slaunch-joined-line.log", "linux", {}, {}},
        TroubleCase{"apu2-seabios-ahci-timeout-hosttime.log", "apu2-seabios", {}, {{"slow-disk", 5}}},
        TroubleCase{"apu2-seabios-debug-then-reset.log", "apu2-seabios", {{"boot-loop", 52}}, {}},
        TroubleCase{"apu2-serial-overwritten-menu.log", "apu2-seabios", {}, {}},
        TroubleCase{"apu2-xen-panic-nmi.log", "xen", {{"panic", 5}}, {}},
        TroubleCase{"apu2-xen413-dom0-yocto.log", "xen", {}, {{"dirty-file-system", 691}}},
        TroubleCase{"apu2-xen48-xl-dmesg-iommu.log", "xen", {}, {}},
        TroubleCase{"apu4-coreboot-uefi-tiano.log", "apu2-seabios", {}, {}},
        TroubleCase{"flashrom-rte-write-ok-w25q64.log", "apu2-seabios", {}, {}},
        TroubleCase{"freebsd-ahci-timeout-detach.log", "pfsense-bare", {{"disk-lost", 22}}, {{"slow-disk", 1}}},
        TroubleCase{"freebsd-panic-autoreboot-tail.log", "pfsense-bare", {{"panic", 12}}, {}},
        TroubleCase{
            "freebsd-panic-trap30-no-reset-method.log", "pfsense-xen-vm", {{"panic", 2}, {"reset-failed", 15}}, {}},
        TroubleCase{"freebsd-pfsense-installer-hvm-xen48-apu2.log", "pfsense-xen-vm", {}, {}},
        TroubleCase{"generic-fw-loop-escapes.log", "linux", {{"boot-loop", 6}}, {}},
        TroubleCase{"opnsense-21-rpi-uboot-boot.log", "opnsense", {}, {}},
        TroubleCase{"opnsense-22.1-rpi3-first-boot.log", "opnsense", {}, {}},
        TroubleCase{"opnsense-panic-trap12-uptime-stamps.log", "opnsense", {{"panic", 3}}, {}},
        TroubleCase{"opnsense-sg115-ddb-prompt.log", "opnsense", {{"panic", 12}, {"waits-for-human", 16}}, {}},
        TroubleCase{"pfsense-apu2-baremetal-2.4.4p3.log", "pfsense-bare", {}, {}},
        TroubleCase{"pfsense-sg1100-spontaneous-reset-2.4.4p3.log",
                    "pfsense-arm",
                    {{"spontaneous-reset", 22}},
                    {{"dirty-file-system", 279}}},
        TroubleCase{"pfsense-xenvm-attempt1-2.4.4p3.log", "pfsense-xen-vm", {}, {{"long-silence", 12}}},
        TroubleCase{"qubes-domu-panic-then-reboot-printk.log", "linux", {{"panic", 7}}, {}},
        TroubleCase{"rpi-uboot-linux-panic-rootfs-loop.log",
                    "linux",
                    {{"boot-loop", 431}, {"no-root", 410}, {"panic", 410}},
                    {}},
        TroubleCase{"xen-hvm-domu-linux-ec2-printk.log", "linux", {}, {}},
        TroubleCase{"xl-create-fail-no-blkback.log", "pfsense-xen", {{"xl-create-failed", 3}}, {}},
        TroubleCase{"xl-create-fail-pciback-missing.log", "pfsense-xen", {{"xl-create-failed", 3}}, {}},
        TroubleCase{"xl-create-fail-readonly-ide.log", "pfsense-xen", {{"xl-create-failed", 3}}, {}},
        TroubleCase{"xl-pci-assign-and-create-ok.log", "pfsense-xen", {}, {}}),
    [](const auto& test) { return test_name(test.param.log); });

TEST(Corpus, MeasuresTheArticlesBareMetalBootAs82Seconds) {
  if (!corpus::present()) {
    GTEST_SKIP() << "the collection of public logs is not here";
  }
  const auto seen = corpus::look_at("pfsense-apu2-baremetal-2.4.4p3.log", "pfsense-bare");
  const Instant first = seen.first(builtin::first_byte).at;
  EXPECT_EQ(seen.first("menu").at - first, 82s);
  EXPECT_EQ(seen.first("loader-start").at - first, 6s);
  EXPECT_EQ(seen.first("kernel").at - first, 32s);
  EXPECT_EQ(seen.first("complete").at - first, 79s);
  EXPECT_EQ(seen.first("bios").captures.at("bios"), "v4.10.0.2");
  EXPECT_EQ(seen.first("welcome").captures.at("pfsense"), "2.4.4-RELEASE-p3");
}

TEST(Corpus, MeasuresTheArticlesGuestAs238SecondsFromTheStopwatchsZero) {
  if (!corpus::present()) {
    GTEST_SKIP() << "the collection of public logs is not here";
  }
  const auto seen =
      corpus::look_at("pfsense-xenvm-attempt1-2.4.4p3.log", "pfsense-xen-vm", {.origin = LogOrigin::stamp_zero});
  const Instant created = seen.first(builtin::power_on).at;
  EXPECT_EQ(seen.first("menu").at - created, 238s);
  EXPECT_EQ(seen.first("loader-conf-done").at - created, 29s);
  const MarkerHit drawn = seen.first("loader-menu");
  EXPECT_FALSE(drawn.stamped) << "the menu's art has no stamps";
  EXPECT_EQ(drawn.not_before - created, 163s);
  EXPECT_EQ(drawn.at - created, 165s) << "the next stamp bounds it";
}

TEST(Corpus, ProfilesAreGuessedRight) {
  if (!corpus::present()) {
    GTEST_SKIP() << "the collection of public logs is not here";
  }
  const auto names = corpus::profile_names();
  std::vector<std::shared_ptr<const CompiledPlan>> candidates;
  for (const std::string& name : names) {
    candidates.push_back(corpus::profile(name));
  }
  const std::map<std::string, std::string> expected{
      {"pfsense-apu2-baremetal-2.4.4p3.log", "pfsense-bare"},
      {"pfsense-xenvm-attempt1-2.4.4p3.log", "pfsense-xen-vm"},
      {"pfsense-sg1100-spontaneous-reset-2.4.4p3.log", "pfsense-arm"},
      {"apu2-xen413-dom0-yocto.log", "xen"},
      {"apu2-nixos1909-grub-login.log", "linux"},
      {"opnsense-21-rpi-uboot-boot.log", "opnsense"},
      {"opnsense-22.1-rpi3-first-boot.log", "opnsense"},
      {"apu2-firmware-banner-v4.8.0.1.log", "apu2-seabios"},
  };
  for (const auto& [log, profile] : expected) {
    const auto imported = import_log(corpus::bytes_of(log), log);
    ASSERT_TRUE(imported.has_value());
    const auto guesses = guess_profile(imported->record.consoles.front().raw, candidates);
    ASSERT_FALSE(guesses.empty()) << log;
    EXPECT_EQ(names[guesses.front().candidate], profile) << log;
  }
}

}  // namespace
}  // namespace coldboot
