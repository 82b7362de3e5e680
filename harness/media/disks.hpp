#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/device/media_switch.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// A disk or a partition as the system lists it.
struct Disk {
  std::string name;              ///< "sdb"
  std::filesystem::path folder;  ///< its own in sysfs, links resolved
  dev_t number = 0;
  std::uint64_t sequence = 0;  ///< no two disks since the system started have the same; 0: it is older than Linux 5.15
  std::uint64_t bytes = 0;     ///< 0: a reader without a card
  bool is_partition = false;
  bool is_read_only = false;
  std::string usb_port;  ///< of the USB device that it is part of: "1-4.1"; empty: none
  std::string model;     ///< as it calls itself: "Ultra HS-SD/MMC"

  [[nodiscard]] std::filesystem::path node() const { return "/dev/" + name; }
};

/// Which disks there are, and which of them nobody may write to. Looks at sysfs and proc below a root, which tests
/// replace.
class Disks {
 public:
  explicit Disks(std::filesystem::path root = "/") : root_(std::move(root)) {}

  /// All disks and partitions. Fault: `io` where there is no sysfs.
  [[nodiscard]] Result<std::vector<Disk>> all() const;

  /// The disk of a multiplexer's own reader, and of no other; nothing while it has none, or has no card.
  /// Fault: `refused` when several could be meant.
  [[nodiscard]] Result<std::optional<Disk>> of_reader(const CardReader& reader) const;

  /// The disk with that number; nothing where the system lists none.
  [[nodiscard]] Result<std::optional<Disk>> numbered(dev_t number) const;

  /// Whether a whole disk of exactly `bytes` may be overwritten: it is no partition, not mounted, no swap, in nobody's
  /// hands (RAID, LVM, encryption), and not what the system runs from. Faults without a place: `refused`, `busy`.
  [[nodiscard]] Result<void> check_is_free(const Disk& disk, std::uint64_t bytes) const;

 private:
  [[nodiscard]] std::vector<Disk> standing_on(const Disk& disk) const;

  std::filesystem::path root_;
};

/// The port of the USB device that is nearest above a folder of sysfs: "1-4.1"; empty where there is none.
std::string usb_port_of(const std::filesystem::path& folder);

/// The port of the hub that a device is plugged into: "1-4" of "1-4.1"; empty for the root of a bus.
std::string hub_of(const std::string& usb_port);

/// Opens a disk for us alone (O_EXCL: the system refuses one that is mounted or held, in any namespace), and sees that
/// it is the one that was looked at. Faults: `busy`, `lost`, `refused`, `io`.
enum class DiskUse { read, write };
Result<Descriptor> open_disk(const Disk& disk, DiskUse use);

}  // namespace coldboot
