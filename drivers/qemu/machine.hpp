#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace coldboot {

/// What the virtual board is made of. Paths are those of the board's own copies, which it may write to.
struct QemuMachine {
  std::string program = "qemu-system-x86_64";
  int cpus = 2;
  int memory_mib = 1024;
  bool iommu = false;              ///< an emulated AMD IOMMU, for guests that own a network card
  bool kvm = false;                ///< the host's virtualisation instead of software emulation
  std::filesystem::path firmware;  ///< 8 MiB of flash; empty: QEMU's own
  std::filesystem::path sd;        ///< a raw image, its size a power of two; empty: no card in the slot
  std::vector<std::string> more;   ///< further arguments, as QEMU takes them
};

/// Numbers of the descriptors the process is started with.
struct QemuDescriptors {
  int console = 0;
  int control = 0;
};

/// The command that builds the board, stopped before its first instruction: it runs at `cont`.
/// Source of the arguments: QEMU 7.2, qemu-system-x86_64(1).
std::vector<std::string> command_for(const QemuMachine& machine, const QemuDescriptors& descriptors);

}  // namespace coldboot
