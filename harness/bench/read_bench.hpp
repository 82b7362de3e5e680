#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "harness/bench/bench_file.hpp"
#include "harness/file/findings.hpp"
#include "harness/file/keys.hpp"

namespace coldboot {

/// The keys each driver has of its own, by the driver's name. The catalog of drivers fills it in, so that a bench file
/// can be checked without this folder knowing any device.
struct DriverTables {
  std::map<std::string, keys::Table> power;
  std::map<std::string, keys::Table> consoles;
  std::map<std::string, keys::Table> media;
  std::map<std::string, keys::Table> ports;
  std::map<std::string, keys::Table> relays;  ///< a `power:` may name these too
  std::map<std::string, keys::Table> flashers;
};

/// Reads a bench file. Nothing is opened; relative paths in drivers' keys stay as written (DeviceEntry::place says
/// which file they are relative to).
Reading<BenchFile> read_bench(const std::filesystem::path& file, const DriverTables& drivers);

/// The same from text; `file` is its name in messages.
Reading<BenchFile> read_bench(std::string_view text, const std::filesystem::path& file, const DriverTables& drivers);

/// What a bench file looks like: for the schema and the reference page.
keys::ShapePtr bench_shape(const DriverTables& drivers);

}  // namespace coldboot
