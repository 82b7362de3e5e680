#include "drivers/qemu/qemu_driver.hpp"

#include <utility>

#include "drivers/qemu/virtual_board.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
constexpr int most_cpus = 64;

struct PowerKeys {
  std::optional<std::filesystem::path> chip;
  std::string program = "qemu-system-x86_64";
  int cpus = 2;
  std::uint64_t memory = 1024 * mib;
  bool iommu = false;
  bool kvm = false;
};

struct ConsoleKeys {
  bool paced = false;
};

struct NoKeys {};

keys::Type<PowerKeys> power_type() {
  return keys::object<PowerKeys>("qemu power", "Switches the virtual board, and says what it is made of.")
      .optional("chip", &PowerKeys::chip, keys::path("chip.rom"),
                "Its firmware chip is this file of 8 MiB, which it may write to and which stays: what the file holds "
                "when power comes is what boots. Instead of a medium `qemu-flash`.",
                "a copy of the image that is put on the medium `qemu-flash`")
      .optional("program", &PowerKeys::program, keys::text("qemu-system-x86_64"), "Which QEMU.", "qemu-system-x86_64")
      .optional("cpus", &PowerKeys::cpus, keys::integer(1, most_cpus, "2"), "Processors.", "2")
      .optional("memory", &PowerKeys::memory, keys::size("2 GiB"), "Main memory, whole MiB.", "1 GiB")
      .optional("iommu", &PowerKeys::iommu, keys::boolean(), "An emulated IOMMU, for guests that own a network card.",
                "`false`")
      .optional("kvm", &PowerKeys::kvm, keys::boolean(),
                "The host's virtualisation instead of software emulation; tried by nobody yet.", "`false`");
}

keys::Type<ConsoleKeys> console_type() {
  return keys::object<ConsoleKeys>("qemu console", "The serial line of the virtual board; it has one.")
      .optional("paced", &ConsoleKeys::paced, keys::boolean(),
                "Bytes come no faster than at the console's `line` (115200n8 where none is declared), so that times "
                "mean what they mean on a wire.",
                "`false`");
}

std::shared_ptr<VirtualBoard> board_of(OpenContext& context) {
  return context.parts.get<VirtualBoard>([&]() -> std::shared_ptr<VirtualBoard> {
    auto board = VirtualBoard::create(context.bench, context.tell);
    return board ? std::move(*board) : nullptr;
  });
}

Fault no_board(const OpenContext& context) {
  return Fault(Cause::io, context.where, "no descriptor left for the virtual board");
}

Result<std::unique_ptr<BootMedium>> open_medium(QemuMedium kind, OpenContext& context) {
  const auto board = board_of(context);
  if (!board) return no_board(context);
  return board->medium(kind);
}

}  // namespace

keys::Table qemu_power_keys() {
  return keys::table<PowerKeys>(power_type());
}

keys::Table qemu_console_keys() {
  return keys::table<ConsoleKeys>(console_type());
}

keys::Table qemu_flash_keys() {
  return keys::table<NoKeys>(keys::object<NoKeys>("qemu flash", "The board's firmware: an image of 8 MiB."));
}

keys::Table qemu_port_keys() {
  return keys::table<NoKeys>(keys::object<NoKeys>(
      "qemu port",
      "The other end of the cable of one of the board's two cards; the port's name says which: lan, wan."));
}

keys::Table qemu_sd_keys() {
  return keys::table<NoKeys>(
      keys::object<NoKeys>("qemu SD card", "What is in the board's slot: a raw image, its size a power of two."));
}

Result<std::unique_ptr<PowerSwitch>> open_qemu_power(const DeviceEntry& entry, const std::string&,
                                                     OpenContext& context) {
  const auto keys = keys::from_kept(power_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  const auto board = board_of(context);
  if (!board) return no_board(context);
  QemuMachine machine;
  machine.program = keys->program;
  machine.cpus = keys->cpus;
  machine.memory_mib = static_cast<int>(keys->memory / mib);
  machine.iommu = keys->iommu;
  machine.kvm = keys->kvm;
  if (keys->chip) {
    if (auto used = board->use_chip(std::filesystem::absolute(*keys->chip)); !used) return used.error();
  }
  return board->power_switch(std::move(machine));
}

Result<std::unique_ptr<ByteStream>> open_qemu_console(const DeviceEntry& entry, const std::string&,
                                                      OpenContext& context) {
  const auto keys = keys::from_kept(console_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  const auto board = board_of(context);
  if (!board) return no_board(context);
  return board->console(keys->paced ? std::optional(context.line.value_or(LineRate{})) : std::nullopt);
}

Result<std::unique_ptr<BootMedium>> open_qemu_flash(const DeviceEntry&, const std::string&, OpenContext& context) {
  return open_medium(QemuMedium::firmware, context);
}

Result<std::unique_ptr<BootMedium>> open_qemu_sd(const DeviceEntry&, const std::string&, OpenContext& context) {
  return open_medium(QemuMedium::sd, context);
}

Result<std::unique_ptr<NetworkPort>> open_qemu_port(const DeviceEntry&, const std::string& name, OpenContext& context) {
  const auto board = board_of(context);
  if (!board) return no_board(context);
  return board->port(name, context.network);
}

Result<void> check_qemu_flash(const std::filesystem::path& image, const BenchFile& bench) {
  if (bench.power.device.driver == "qemu" && bench.power.device.keys.contains("chip")) return two_firmwares(bench.name);
  return check_qemu_image(QemuMedium::firmware, image);
}

Result<void> check_qemu_sd(const std::filesystem::path& image, const BenchFile&) {
  return check_qemu_image(QemuMedium::sd, image);
}

}  // namespace coldboot
