#include "drivers/qemu/machine.hpp"

#include <array>

#include <fmt/format.h>

namespace coldboot {
namespace {

/// A comma in a value of QEMU's is written twice.
std::string quoted(const std::filesystem::path& path) {
  std::string text;
  for (const char c : path.string()) text += c == ',' ? std::string(",,") : std::string(1, c);
  return text;
}

struct Card {
  const char* name;
  const char* mac;
  int slot;
};
/// Where and in which order an apu2's own system would find them.
constexpr std::array cards{Card{"wan", "52:54:00:00:00:01", 5}, Card{"lan", "52:54:00:00:00:02", 6}};

void append(std::vector<std::string>& argv, std::initializer_list<std::string> arguments) {
  argv.insert(argv.end(), arguments);
}

}  // namespace

std::vector<std::string> qemu_cards() {
  std::vector<std::string> names;
  for (const Card& card : cards) names.emplace_back(card.name);
  return names;
}

std::vector<std::string> command_for(const QemuMachine& machine, const QemuDescriptors& descriptors) {
  std::vector<std::string> argv = {machine.program, "-S", "-nodefaults", "-no-user-config", "-display", "none"};
  append(argv, {"-accel", machine.kvm ? "kvm" : "tcg,thread=multi"});
  // Without flash QEMU's own firmware must be told to speak on the serial line.
  append(argv, {"-machine", machine.firmware.empty() ? "q35,graphics=off" : "q35"});
  if (machine.iommu) append(argv, {"-device", "amd-iommu,intremap=on"});
  append(argv, {"-smp", fmt::format("{}", machine.cpus), "-m", fmt::format("{}", machine.memory_mib)});
  append(argv, {"-chardev", fmt::format("socket,id=com1,fd={}", descriptors.console), "-serial", "chardev:com1"});
  append(argv, {"-chardev", fmt::format("socket,id=control,fd={}", descriptors.control)});
  append(argv, {"-mon", "chardev=control,mode=control"});
  if (!machine.firmware.empty()) {
    append(argv, {"-drive", fmt::format("if=pflash,format=raw,file={}", quoted(machine.firmware))});
  }
  append(argv, {"-device", "sdhci-pci,addr=0x10"});
  if (!machine.sd.empty()) {
    append(argv, {"-drive", fmt::format("if=none,id=sd,format=raw,file={}", quoted(machine.sd))});
    append(argv, {"-device", "sd-card,drive=sd"});
  }
  int hub = 0;
  for (const Card& card : cards) {
    const auto tap = descriptors.taps.find(card.name);
    // Else a port of a hub with nobody else on it.
    append(argv, {"-netdev", tap == descriptors.taps.end() ? fmt::format("hubport,id={},hubid={}", card.name, ++hub)
                                                           : fmt::format("tap,id={},fd={}", card.name, tap->second)});
    append(argv,
           {"-device", fmt::format("e1000e,netdev={},mac={},addr={:#x},romfile=", card.name, card.mac, card.slot)});
  }
  argv.insert(argv.end(), machine.more.begin(), machine.more.end());
  return argv;
}

}  // namespace coldboot
