#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace coldboot {

/// A boot as a console might tell it, with the things real consoles do: a doubled sign of life, a banner in mid-line,
/// escape sequences, overwritten lines, noise, a prompt without line end.
inline std::string synthetic_boot() {
  std::string text =
      "\x1b[2J\x1b[H\r\nPC Engines apu2\r\ncoreboot build 20190810\r\nPC Engines apu2\r\n"
      "coreboot build 20190810\r\nBIOS version v4.10.0.2\r\n4080 MB ECC DRAM\r\n\r\n"
      "SeaBIOS (version rel-1.12.1.3-0-g300e8b7)\r\n\r\nPress F10 key now for boot menu, N for PXE boot\r\n"
      "Booting from Hard Disk...\r\r\n/boot/config: -S115200 -D\r\nBIOS drive C: is disk0\r\n";
  for (int percent = 0; percent <= 100; percent += 20) text += "\rloading " + std::to_string(percent) + "%";
  text +=
      "\r\n<6>Shutting down firmware services..PC Engines apu2\r\nXen 4.13-unstable\r\n(XEN) Xen version 4.13\r\n"
      "login:\x1b[0m login: \xc3\xa9t\xc3\xa9 \xff\xfe\x80\r\nFreeBSD/amd64 (pfSense) (ttyu0)\r\n\r\n"
      "v4 v412 v4.1\tfoo foobar foobarbaz\r\npanic: no panic: twice\r\naaaaaaaaaab\n\n\nab ab ab\n"
      "\x1b]0;title\x07*** Welcome to pfSense 2.4.4-RELEASE-p3 (amd64) on pfSense ***\r\n"
      " 8) Shell\r\n\r\nEnter an option: ";
  return text;
}

/// What the shared collection of console logs holds; nothing where it is absent.
inline std::vector<std::filesystem::path> corpus_logs() {
  std::vector<std::filesystem::path> logs;
  const std::filesystem::path folder = COLDBOOT_SOURCE_DIR "/../shared/corpus";
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  return logs;
}

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace coldboot
