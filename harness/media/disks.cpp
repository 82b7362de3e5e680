#include "harness/media/disks.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <linux/fs.h>
#include <set>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector_bytes = 512;  // what sysfs counts in, whatever the disk's own sectors are

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "8:16"
std::optional<dev_t> device_number(const std::string& text) {
  unsigned major_number = 0;
  unsigned minor_number = 0;
  const auto colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), text.data() + colon, major_number).ec != std::errc() ||
      std::from_chars(text.data() + colon + 1, end, minor_number).ec != std::errc())
    return std::nullopt;
  return makedev(major_number, minor_number);
}

/// "1-4.2": a bus, and the ports from its root to the device.
bool is_usb_port_name(const std::string& text) {
  const auto dash = text.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == text.size()) return false;
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dash), is_digit) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dash) + 1, text.end(),
                     [&](char c) { return is_digit(c) || c == '.'; });
}

Disk disk_in(const fs::path& folder, dev_t number) {
  Disk disk;
  disk.name = folder.filename();
  disk.folder = folder;
  disk.number = number;
  disk.sequence = number_in(first_line(folder / "diskseq"));
  disk.bytes = number_in(first_line(folder / "size")) * sector_bytes;
  disk.is_read_only = first_line(folder / "ro") == "1";
  std::error_code none;
  disk.is_partition = fs::exists(folder / "partition", none);
  disk.usb_port = usb_port_of(folder);
  disk.model = first_line(folder / "device" / "model");
  return disk;
}

/// Something that is mounted, or swapped to.
struct Use {
  dev_t number = 0;
  std::string source;  ///< "/dev/sdb1"
  std::string at;      ///< "mounted at /mnt", "swap"
  bool is_the_systems = false;
};

bool is_of_the_system(const std::string& mount_point) {
  static const std::set<std::string> points = {"/", "/boot", "/boot/efi", "/efi", "/usr", "/var", "/etc", "/home"};
  return points.contains(mount_point);
}

/// Source of the fields: proc_pid_mountinfo(5).
std::vector<Use> mounts(const fs::path& root) {
  std::vector<Use> found;
  std::ifstream in(root / "proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string parent;
    std::string number;
    std::string inside;
    std::string point;
    fields >> id >> parent >> number >> inside >> point;
    Use use{.at = "mounted at " + point, .is_the_systems = is_of_the_system(point)};
    use.number = device_number(number).value_or(0);
    const auto separator = line.find(" - ");
    if (separator != std::string::npos) {
      std::istringstream rest(line.substr(separator + 3));
      std::string type;
      rest >> type >> use.source;
    }
    found.push_back(std::move(use));
  }
  return found;
}

std::vector<Use> swaps(const fs::path& root) {
  std::vector<Use> found;
  std::ifstream in(root / "proc/swaps");
  std::string line;
  std::getline(in, line);  // the titles
  while (std::getline(in, line)) {
    Use use{.source = line.substr(0, line.find_first_of(" \t")), .at = "swapped to", .is_the_systems = true};
    found.push_back(std::move(use));
  }
  return found;
}

/// The names of what a folder of sysfs holds.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (fs::directory_iterator entry(folder, none), end; !none && entry != end; entry.increment(none))
    names.push_back(entry->path().filename());
  return names;
}

std::string called(const Disk& disk) {
  return fmt::format("{}{}", disk.node().string(), disk.model.empty() ? "" : fmt::format(" ({})", disk.model));
}

/// Whether a path such as /dev/disk/by-uuid/X leads to the node of a disk.
bool leads_to(const std::string& source, const Disk& disk) {
  if (source == disk.node().string()) return true;
  if (!source.starts_with("/dev/")) return false;
  std::error_code none;
  return fs::canonical(source, none) == disk.node();
}

/// Whether what was opened is the disk that was looked at: by its sequence number, which a disk that was pulled and
/// another that came in its place do not share; by its device number where the system has no such.
bool is_the_same(const Disk& disk, int file) {
  std::uint64_t sequence = 0;
  if (disk.sequence != 0) return ::ioctl(file, BLKGETDISKSEQ, &sequence) == 0 && sequence == disk.sequence;
  struct stat status{};
  return ::fstat(file, &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == disk.number;
}

Fault open_fault(const Disk& disk, int error) {
  const std::string what = fmt::format("{} cannot be opened: {}", called(disk), errno_text(error));
  switch (error) {
    case EBUSY:
      return Fault(Cause::busy, "", fmt::format("{} is in use by the system", called(disk)),
                   "a file system, swap, RAID, LVM or ZFS has it; is this the DUT's card?");
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ENOMEDIUM: return Fault(Cause::lost, "", what, "is the card in, and its reader plugged in?");
    case EACCES:
    case EPERM:
      return Fault(Cause::refused, "", what, "docs/rights.md says how a user gets the right to a card's disk");
    case EROFS: return Fault(Cause::refused, "", what, "the card is locked: move its slide");
    default: return Fault(Cause::io, "", what);
  }
}

}  // namespace

std::string usb_port_of(const fs::path& folder) {
  std::string port;
  for (const fs::path& part : folder) {
    if (is_usb_port_name(part)) port = part;
  }
  return port;
}

std::string hub_of(const std::string& port) {
  const auto dot = port.rfind('.');
  return dot == std::string::npos ? "" : port.substr(0, dot);
}

Result<std::vector<Disk>> Disks::all() const {
  const fs::path list = root_ / "sys/class/block";
  std::error_code failed;
  std::vector<Disk> found;
  for (fs::directory_iterator entry(list, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::error_code none;
    const fs::path folder = fs::canonical(entry->path(), none);
    const auto number = none ? std::nullopt : device_number(first_line(folder / "dev"));
    if (number) found.push_back(disk_in(folder, *number));
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Fault(Cause::io, list.string(), fmt::format("cannot be listed: {}", failed.message()));
  std::ranges::sort(found, {}, &Disk::name);
  return found;
}

Result<std::optional<Disk>> Disks::of_reader(const CardReader& reader) const {
  const auto disks = all();
  if (!disks) return disks.error();
  std::vector<Disk> fitting;
  for (const Disk& disk : *disks) {
    if (disk.is_partition || disk.bytes == 0 || disk.usb_port.empty()) continue;
    const bool is_at_the_hub =
        !reader.hub.empty() && hub_of(disk.usb_port) == reader.hub && disk.usb_port != reader.chip;
    if (reader.port.empty() ? is_at_the_hub : disk.usb_port == reader.port) fitting.push_back(disk);
  }
  if (fitting.empty()) return std::optional<Disk>();
  if (fitting.size() == 1) return std::optional(std::move(fitting.front()));
  return Fault(Cause::refused, "",
               fmt::format("found several disks at usb {}: {} and {}, expected the card alone",
                           reader.port.empty() ? reader.hub : reader.port, called(fitting[0]), called(fitting[1])),
               "unplug what does not belong there");
}

Result<std::optional<Disk>> Disks::numbered(dev_t number) const {
  const auto disks = all();
  if (!disks) return disks.error();
  const auto found = std::ranges::find(*disks, number, &Disk::number);
  return found == disks->end() ? std::optional<Disk>() : std::optional(*found);
}

/// The disk, its partitions, and everything that was made of them.
std::vector<Disk> Disks::standing_on(const Disk& disk) const {
  std::vector<Disk> found = {disk};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const fs::path folder = found[i].folder;
    std::vector<fs::path> more;
    for (const std::string& name : names_in(folder)) {
      std::error_code none;
      if (fs::exists(folder / name / "partition", none)) more.push_back(folder / name);
    }
    for (const std::string& name : names_in(folder / "holders")) {
      std::error_code none;
      more.push_back(fs::canonical(root_ / "sys/class/block" / name, none));
    }
    for (const fs::path& path : more) {
      const auto number = device_number(first_line(path / "dev"));
      const bool is_known = std::ranges::find(found, path, &Disk::folder) != found.end();
      if (number && !is_known) found.push_back(disk_in(path, *number));
    }
  }
  return found;
}

Result<void> Disks::check_is_free(const Disk& disk, std::uint64_t bytes) const {
  const std::string name = called(disk);
  if (disk.is_partition) {
    return Fault(Cause::refused, "", fmt::format("{} is a partition, expected a whole disk", name),
                 "an image holds its partitions itself");
  }
  std::vector<Use> uses = mounts(root_);
  const std::vector<Use> swapped = swaps(root_);
  uses.insert(uses.end(), swapped.begin(), swapped.end());
  for (const Disk& part : standing_on(disk)) {
    for (const Use& use : uses) {
      if (use.number != part.number && !leads_to(use.source, part)) continue;
      if (use.is_the_systems)
        return Fault(Cause::refused, "",
                     fmt::format("{} is what this system runs from: {} is {}", name, part.name, use.at),
                     "this is not the DUT's card");
      return Fault(Cause::busy, "", fmt::format("{} is in use: {} is {}", name, part.name, use.at),
                   "unmount it, and keep the desktop from mounting cards");
    }
  }
  for (const Disk& part : standing_on(disk)) {
    const auto holders = names_in(part.folder / "holders");
    if (!holders.empty())
      return Fault(Cause::busy, "", fmt::format("{} is in use: {} is part of {}", name, part.name, holders.front()),
                   "is this the DUT's card?");
  }
  if (disk.bytes != bytes) {
    return Fault(Cause::refused, "",
                 fmt::format("{} has {} bytes, expected the {} of the bench's `size`", name, disk.bytes, bytes),
                 "is another card in, or another disk there?");
  }
  if (disk.is_read_only)
    return Fault(Cause::refused, "", fmt::format("{} is read-only", name), "the card is locked: move its slide");
  return {};
}

Result<Descriptor> open_disk(const Disk& disk, DiskUse use) {
  const int mode = use == DiskUse::write ? O_RDWR : O_RDONLY;
  Descriptor file(::open(disk.node().c_str(), mode | O_EXCL | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return open_fault(disk, errno);
  if (!is_the_same(disk, file.get()))
    return Fault(Cause::lost, "", fmt::format("{} is another device than a moment ago", disk.node().string()));
  std::uint64_t bytes = 0;
  if (::ioctl(file.get(), BLKGETSIZE64, &bytes) != 0) return open_fault(disk, errno);
  if (bytes == disk.bytes) return file;
  return Fault(Cause::lost, "",
               fmt::format("{} has {} bytes, expected the {} it had a moment ago", called(disk), bytes, disk.bytes));
}

}  // namespace coldboot
