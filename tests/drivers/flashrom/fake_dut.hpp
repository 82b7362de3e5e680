#pragma once

#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <sys/types.h>

#include <fmt/format.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {

/// The folder behind the script that stands in for ssh, and the DUT's side of it: a shell of this host.
class FakeDut {
 public:
  explicit FakeDut(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(there());
  }

  [[nodiscard]] std::string through() const {
    return fmt::format("{}/tests/drivers/flashrom/fake_ssh '{}'", COLDBOOT_SOURCE_DIR, folder_.string());
  }

  /// Where images go; shells find much in its name.
  [[nodiscard]] std::filesystem::path there() const { return folder_ / "it's $(here)! \"too\""; }
  [[nodiscard]] bool is_tidy() const { return std::filesystem::is_empty(there()); }

  /// "" is none. One that is being made keeps the trouble it began with.
  void trouble(const std::string& what) const { put_text(folder_ / "trouble", what); }

  /// As a cable that is pulled: nobody there is told.
  void cut_connection() const { ::kill(-number_in(folder_ / "connection"), SIGKILL); }

  /// And the session there is told, as by an sshd that gave it a terminal.
  void hang_up() const {
    ::kill(-number_in(folder_ / "shell"), SIGHUP);
    cut_connection();
  }

  /// Kills what keeps flashrom's status there.
  void kill_keeper() const { ::kill(number_in(there() / "coldboot-flash/keeper"), SIGKILL); }

  /// A DUT that has what is named here and what lies in /usr/sbin.
  void have_only(std::initializer_list<const char*> programs) const {
    std::filesystem::create_directories(folder_ / "bin");
    for (const char* program : programs)
      std::filesystem::create_symlink(std::filesystem::path("/usr/bin") / program, folder_ / "bin" / program);
    put_text(folder_ / "path", (folder_ / "bin").string());
  }
  void have_script(const std::string& name, const std::string& text) const {
    put_text(folder_ / "bin" / name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(folder_ / "bin" / name, std::filesystem::perms::owner_all);
  }

 private:
  static pid_t number_in(const std::filesystem::path& file) { return std::stoi(text_of(file)); }

  std::filesystem::path folder_;
};

}  // namespace coldboot
