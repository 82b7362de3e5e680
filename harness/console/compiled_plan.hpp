#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/console/pattern_set.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"
#include "harness/event/boot_plan.hpp"

namespace coldboot {

/// A BootPlan with its patterns compiled and its names resolved; immutable, shared by all boots that use it.
class CompiledPlan {
 public:
  /// Faults (`mistake`): a pattern that check_pattern() refuses, named "marker menu" or "failure panic"; `after`,
  /// `before` or `repeats` of a marker that does not exist.
  static Result<std::shared_ptr<const CompiledPlan>> compile(const BootPlan& plan);

  /// A marker of the plan, or one that every boot has. Indices count in markers().
  struct Marker {
    std::string name;
    std::string sent;
    std::string console;
    std::optional<std::size_t> after;
    std::optional<Nanos> twice_within;
    std::optional<Nanos> quiet;
    bool builtin = false;
  };
  struct Failure {
    FailurePlan plan;
    std::string console;
    std::optional<std::size_t> after;
    std::optional<std::size_t> before;
    std::optional<std::size_t> repeats;
  };
  /// What a pattern of a console stands for: markers()[index] or failures()[index].
  struct Use {
    bool is_marker = true;
    std::size_t index = 0;
  };
  struct Console {
    std::shared_ptr<const PatternSet> patterns;
    std::vector<Use> uses;  ///< by pattern
  };

  [[nodiscard]] const BootPlan& plan() const { return plan_; }
  [[nodiscard]] const std::vector<Marker>& markers() const { return markers_; }
  [[nodiscard]] const std::vector<Failure>& failures() const { return failures_; }
  [[nodiscard]] std::size_t power_on() const { return plan_.markers.size(); }
  [[nodiscard]] std::size_t first_byte() const { return plan_.markers.size() + 1; }
  [[nodiscard]] std::size_t last_byte() const { return plan_.markers.size() + 2; }
  [[nodiscard]] std::size_t shutdown_done() const { return plan_.markers.size() + 3; }

  /// What to look for on a console. A plan that names no main console means any.
  [[nodiscard]] const Console& console(const std::string& name) const;
  [[nodiscard]] bool is_main(const std::string& console) const {
    return plan_.console.empty() || console == plan_.console;
  }

 private:
  CompiledPlan() = default;
  void list_markers();
  Result<void> resolve();
  Result<void> list_failures();
  Result<std::optional<std::size_t>> marker_named(const std::string& name, const std::string& where) const;
  Result<void> compile_patterns();
  [[nodiscard]] const std::string& or_main(const std::string& console) const {
    return console.empty() ? plan_.console : console;
  }

  BootPlan plan_;
  std::vector<Marker> markers_;
  std::vector<Failure> failures_;
  std::map<std::string, Console> consoles_;  ///< "": consoles the plan does not name
};

}  // namespace coldboot
