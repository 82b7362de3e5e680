#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "harness/bench/bench.hpp"

namespace coldboot {

inline const std::filesystem::path project_folder = COLDBOOT_SOURCE_DIR;
/// Where ./dev virtual-apu2 puts what it builds.
inline const std::filesystem::path images_folder = project_folder / "build/virtual-apu2";

/// A card for the virtual apu2, the bench whose board boots it, and how the firewall on it is reached.
struct FirewallImage {
  const char* card;   ///< as ./dev virtual-apu2 calls it
  const char* bench;  ///< in fixtures/benches
  /// Known beforehand, for a host asks for one only once a second.
  const char* lan_mac;
  const char* wan_mac;
  Nanos boots_within;
};

/// A virtual apu2 with such a card, on its shipped bench.
class FirewallBoard {
 public:
  /// Faults: `missing` where the image was not built, and those of opening a bench.
  static Result<std::unique_ptr<FirewallBoard>> create(const FirewallImage& image);

  [[nodiscard]] Result<void> set_power(Power wanted);

  /// Reads the console until `text` has come behind the first `before` bytes; false when it had not in time, or the
  /// firewall said that it failed.
  bool shows(std::string_view text, Nanos in_time, std::size_t before = 0);

  Result<void> type(std::string_view text) const;

  /// What the console said since power came on.
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] const NetworkNamespace& lan() const { return *bench_->ports().at("lan").network; }
  [[nodiscard]] const NetworkNamespace& wan() const { return *bench_->ports().at("wan").network; }

  /// The file that is the board's flash chip. It must have power.
  [[nodiscard]] static std::filesystem::path flash();

 private:
  explicit FirewallBoard(std::unique_ptr<Bench> bench) : bench_(std::move(bench)) {}

  std::unique_ptr<Bench> bench_;
  std::string said_;
};

}  // namespace coldboot
