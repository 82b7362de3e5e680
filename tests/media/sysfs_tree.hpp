#pragma once

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "tests/temporary_folder.hpp"

namespace coldboot {

/// What the system says of its disks, below a folder of a test's own.
class SysfsTree {
 public:
  SysfsTree() {
    std::filesystem::create_directories(root() / "sys/class/block");
    std::filesystem::create_directories(root() / "proc/self");
    mounts("");
    swaps("");
  }

  [[nodiscard]] std::filesystem::path root() const { return folder_.path(); }

  /// A disk of the USB device at `port`; or, without one, of the board's own.
  std::filesystem::path disk(const std::string& name, const std::string& port, const std::string& number,
                             std::uint64_t bytes) const {
    std::string usb;
    for (std::size_t at = port.find_first_of('.'); !port.empty();) {
      usb += "/" + port.substr(0, at);
      if (at == std::string::npos) break;
      at = port.find('.', at + 1);
    }
    const std::string above = port.empty()
                                  ? "pci0000:00/ata1/host0"
                                  : fmt::format("pci0000:00/usb1{}/{}:1.0/host4/target4:0:0/4:0:0:0", usb, port);
    return block(name, "sys/devices/" + above + "/block/" + name, number, bytes);
  }

  void partition(const std::filesystem::path& disk, const std::string& name, const std::string& number) const {
    const auto folder = block(name, std::filesystem::relative(disk / name, root()), number, 1 << 20);
    put_text(folder / "partition", "1\n");
  }

  void holder(const std::filesystem::path& held, const std::filesystem::path& by) const {
    std::filesystem::create_directories(held / "holders");
    std::filesystem::create_directory_symlink(by, held / "holders" / by.filename());
  }

  void mounts(const std::string& text) const { put_text(root() / "proc/self/mountinfo", text); }
  void swaps(const std::string& text) const {
    put_text(root() / "proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" + text);
  }

  std::filesystem::path block(const std::string& name, const std::string& path, const std::string& number,
                              std::uint64_t bytes) const {
    const auto folder = root() / path;
    std::filesystem::create_directories(folder / "holders");
    put_text(folder / "dev", number + "\n");
    put_text(folder / "size", std::to_string(bytes / 512) + "\n");
    put_text(folder / "ro", "0\n");
    const auto link = root() / "sys/class/block" / name;
    if (!std::filesystem::is_symlink(link))
      std::filesystem::create_directory_symlink(std::filesystem::relative(folder, link.parent_path()), link);
    return folder;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace coldboot
