#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/device/relay.hpp"

namespace coldboot {

struct LabgridConfig {
  std::string client = "labgrid-client";  ///< the lab's own client, which knows the lab's protocol
  std::string place;
  std::optional<std::string> coordinator;  ///< nothing: as the client's environment says
  bool hold = true;                        ///< acquire the place and release it; else somebody did so for us
  Nanos limit{std::chrono::seconds(30)};   ///< for each call of the client
  std::string where;
  std::filesystem::path directory;
};

/// Reads "power for place NAME is on". Faults, without a place: `protocol`.
Result<Contact> read_labgrid_power(std::string_view output, const std::string& place);

/// The power of a place of a labgrid coordinator, as a relay with one channel. The place is ours while this lives.
class LabgridPlace final : public Relay {
 public:
  /// Acquires the place. Faults: `busy`, naming who has it; `refused` and `io` as the client says; those of
  /// run_child().
  static Result<std::unique_ptr<LabgridPlace>> open(LabgridConfig config);

  LabgridPlace(const LabgridPlace&) = delete;
  LabgridPlace& operator=(const LabgridPlace&) = delete;
  ~LabgridPlace() override;  ///< releases it

  Result<void> set(int channel, Contact wanted, const Until& until) override;
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  explicit LabgridPlace(LabgridConfig config) : config_(std::move(config)) {}
  [[nodiscard]] Result<std::string> call(const std::vector<std::string>& command, const Until& until) const;
  [[nodiscard]] Result<void> check(int channel) const;
  Result<void> acquire();

  LabgridConfig config_;
  bool is_ours_ = false;
};

}  // namespace coldboot
