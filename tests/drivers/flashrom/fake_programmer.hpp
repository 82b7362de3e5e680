#pragma once

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/io/descriptor.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// The folder behind the script that stands in for flashrom: a chip of 8 KiB.
class FakeProgrammer {
 public:
  static constexpr std::size_t size_bytes = 8192;

  explicit FakeProgrammer(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    ::mkfifo((folder_ / "go").c_str(), 0600);
    go_ = Descriptor(::open((folder_ / "go").c_str(), O_RDWR | O_CLOEXEC));  // so that nobody waits for the other end
    put_text(folder_ / "chip", std::string(size_bytes - 1, 'o') + "\n");     // more than one byte: it can be read
  }

  static std::string program() { return COLDBOOT_SOURCE_DIR "/tests/drivers/flashrom/fake_flashrom"; }
  [[nodiscard]] std::string programmer() const { return "fake:dev=" + folder_.string(); }
  void trouble(const std::string& what) const { put_text(folder_ / "trouble", what); }
  void go_on() const { (void)::write(go_.get(), "\n", 1); }
  [[nodiscard]] std::string chip() const { return text_of(folder_ / "chip"); }
  [[nodiscard]] std::string calls() const { return text_of(folder_ / "calls"); }
  [[nodiscard]] bool is_changing() const { return std::filesystem::exists(folder_ / "changing"); }
  [[nodiscard]] bool has_ended() const { return std::filesystem::exists(folder_ / "ended"); }
  /// Of one that hangs while writing; 0 before.
  [[nodiscard]] pid_t process() const {
    const std::string text = text_of(folder_ / "process");
    return text.empty() ? 0 : std::stoi(text);
  }

 private:
  std::filesystem::path folder_;
  Descriptor go_;
};

}  // namespace coldboot
