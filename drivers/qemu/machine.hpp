#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace coldboot {

/// What the virtual board is made of. It may write to its files.
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
  std::map<std::string, int> taps;  ///< by card: what its cable goes to; a card without has a link and nobody on it
};

/// Network cards of the board, in the order in which an apu2's own system would find them: "wan", "lan".
std::vector<std::string> qemu_cards();

/// The command that builds the board, stopped before its first instruction: it runs at `cont`.
/// Source of the arguments: QEMU 7.2, qemu-system-x86_64(1).
std::vector<std::string> command_for(const QemuMachine& machine, const QemuDescriptors& descriptors);

}  // namespace coldboot
