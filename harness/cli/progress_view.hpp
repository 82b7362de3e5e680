#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>

#include "harness/bench/bench_file.hpp"
#include "harness/run/run.hpp"
#include "harness/scenario/scenario.hpp"
#include "reports/terminal/progress.hpp"

namespace coldboot {

/// Shows a run while it goes on, on a thread of its own: a slow terminal never delays the run.
class ProgressView final : public RunObserver {
 public:
  ProgressView(const Scenario& scenario, Pace pace, std::ostream& out, int descriptor);
  ~ProgressView() override;
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void event(const Event& event) override;
  void console_bytes(const std::string& console, std::string_view bytes) override;

 private:
  void show_all(const std::stop_token& stop);
  void take(const Event& event);
  void enter_stage(const std::string& marker);
  [[nodiscard]] const Configuration* configuration() const;

  const Scenario& scenario_;
  Pace pace_;

  std::mutex mutex_;  // guards news_ and last_line_
  std::condition_variable_any changed_;
  std::deque<Event> news_;
  std::string last_line_;

  // of the showing thread alone
  ProgressLine line_;
  Progress progress_;
  std::map<std::string, int> boots_begun_;
  std::set<std::string> seen_;
  std::optional<Instant> counting_from_;  ///< power coming, or work on the firmware chip beginning
  Instant chip_work_began_{};

  std::jthread thread_;
};

}  // namespace coldboot
