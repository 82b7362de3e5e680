#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

/// A part of a flash image that its map names.
struct FlashArea {
  std::string name;
  std::uint32_t offset = 0;  ///< bytes from the beginning of the image
  std::uint32_t size = 0;    ///< bytes
  bool operator==(const FlashArea&) const = default;
};

/// A file of coreboot's file system.
struct CbfsFile {
  std::string name;
  std::uint32_t type = 0;
  std::string_view content;  ///< bytes of the image, as they stand there
  bool is_compressed = false;
};

/// What a firmware image says of itself; empty where it says nothing.
struct FirmwareBuild {
  std::string version;   ///< "4.15-v4.15.0.1": coreboot's, with what its builder added
  std::string revision;  ///< of its sources, where they were under version control
  std::string built;     ///< when, in its builder's words
  std::string vendor;    ///< of the board: "PC Engines"
  std::string board;     ///< "apu2"
  bool operator==(const FirmwareBuild&) const = default;
};

/// A firmware image as it can be looked at before a chip is touched.
struct FirmwareImage {
  std::uint64_t size_bytes = 0;
  std::optional<char> filled_with;  ///< the byte it consists of, where it is but one: an erased chip's is 0xff
  std::vector<FlashArea> areas;     ///< of its FMAP; empty where it has none
  FirmwareBuild build;
};

/// The byte that all of `bytes` are, where they are one and the same.
std::optional<char> filled_with(std::string_view bytes);

/// The areas of the first map in the image that makes sense: all of its areas lie within the image. Empty where there
/// is none. Format: coreboot, util/cbfstool/flashmap; `__FMAP__`, two bytes version, base, size, name, count, areas.
std::vector<FlashArea> flash_areas(std::string_view image);

/// The files of coreboot's file system, wherever in the image they are; those that reach beyond its end are left out.
/// Format: coreboot, util/cbfstool; `LARCHIVE` headers on 64-byte boundaries, numbers big-endian.
std::vector<CbfsFile> cbfs_files(std::string_view image);

/// What its files `revision` and `build_info` say, and where they do not name the board, the identification that
/// coreboot puts at the image's end.
FirmwareBuild firmware_build(std::string_view image);

/// All of it. Any bytes may be looked at; what they do not say is empty.
FirmwareImage look_at_image(std::string_view image);

}  // namespace coldboot
