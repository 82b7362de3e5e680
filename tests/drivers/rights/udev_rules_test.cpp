// fixtures/udev/60-coldboot.rules against what the drivers ask for. Source of the syntax: udev(7).

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/ftdi_relay/ftdi_relay.hpp"
#include "drivers/hid_relay/hid_relay.hpp"
#include "drivers/hid_relay/lcus_hid_relay.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

const std::filesystem::path sources = COLDBOOT_SOURCE_DIR;

/// The rules, one a line: comments left out, continued lines joined.
std::vector<std::string> rules() {
  std::string text = read_file(sources / "fixtures/udev/60-coldboot.rules").value();
  for (std::size_t at = 0; (at = text.find("\\\n")) != std::string::npos;) text.erase(at, 2);
  std::istringstream lines(text);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') found.push_back(line);
  }
  return found;
}

std::string usb_rule(std::string_view id) {
  return fmt::format(
      R"(SUBSYSTEM=="usb", ATTR{{idVendor}}=="{}", ATTR{{idProduct}}=="{}", GROUP="coldboot", MODE="0660")",
      id.substr(0, 4), id.substr(5));
}

std::string tty_rule(std::string_view id) {
  return fmt::format(R"(SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ATTRS{{idVendor}}=="{}", GROUP="coldboot", MODE="0660")",
                     id.substr(0, 4));
}

/// Every USB id the pages of the drivers name: "16c0:05df".
std::set<std::string> ids_in_readmes() {
  std::set<std::string> ids;
  const std::regex id("(^|[^0-9a-f:])([0-9a-f]{4}:[0-9a-f]{4})(?![0-9a-f])", std::regex::icase);
  for (const auto& folder : std::filesystem::directory_iterator(sources / "drivers")) {
    const auto page = read_file(folder.path() / "README.md");
    if (!page) continue;
    for (std::sregex_iterator it(page->begin(), page->end(), id), end; it != end; ++it) ids.insert((*it)[2]);
  }
  return ids;
}

TEST(UdevRules, GiveTheRightToEveryUsbDeviceADriverOpens) {
  std::vector<std::string_view> ids(ftdi_relay_usb_ids.begin(), ftdi_relay_usb_ids.end());
  ids.insert(ids.end(), {hid_relay_usb_id, lcus_hid_relay_usb_id});
  for (const std::string_view id : ids) EXPECT_THAT(rules(), Contains(usb_rule(id)));
}

TEST(UdevRules, KnowEveryDeviceThePagesOfTheDriversName) {
  const auto ids = ids_in_readmes();
  EXPECT_THAT(ids, Contains("16c0:05df")) << "or the pages are not read";
  for (const std::string& id : ids)
    EXPECT_THAT(rules(), testing::AnyOf(Contains(usb_rule(id)), Contains(tty_rule(id))));
}

TEST(UdevRules, CoverHubsGpioChipsAndLatencyTimers) {
  EXPECT_THAT(rules(), Contains(R"(SUBSYSTEM=="usb", ATTR{bDeviceClass}=="09", GROUP="coldboot", MODE="0660")"));
  EXPECT_THAT(rules(), Contains(R"(SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="coldboot", MODE="0660")"));
  EXPECT_THAT(rules(), Contains(HasSubstr("chmod g+w /sys%p/latency_timer")));
}

TEST(UdevRules, AreWrittenAsUdevReadsThem) {
  constexpr const char* assignment = R"re([A-Z]+(\{[A-Za-z]+\})?(==|=|\+=)"[^"]*")re";
  for (const std::string& rule : rules()) {
    for (std::size_t begin = 0; begin < rule.size();) {
      const std::size_t end = std::min(rule.find(", ", begin), rule.size());
      const std::size_t from = rule.find_first_not_of(' ', begin);
      EXPECT_THAT(rule.substr(from, end - from), MatchesRegex(assignment)) << rule;
      begin = end + 2;
    }
  }
}

TEST(UdevRules, LetNobodyButTheGroupIn) {
  for (const std::string& rule : rules()) {
    if (rule.find("GROUP=") == std::string::npos) continue;
    EXPECT_THAT(rule, HasSubstr(R"(GROUP="coldboot", MODE="0660")"));
  }
}

}  // namespace
}  // namespace coldboot
