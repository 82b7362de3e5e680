#include "harness/cli/progress_view.hpp"

#include <algorithm>
#include <utility>

#include "harness/flashing/chip_job.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr auto refresh = 500ms;            // how often the elapsed time moves on when nothing happens
constexpr std::size_t longest_line = 500;  // bytes kept of the last console line

}  // namespace

ProgressView::ProgressView(const Scenario& scenario, Pace pace, std::ostream& out, int descriptor)
    : scenario_(scenario),
      pace_(pace),
      line_(out, is_live_terminal(descriptor), detect_style(descriptor)),
      thread_([this](const std::stop_token& stop) { show_all(stop); }) {}

ProgressView::~ProgressView() {
  thread_.request_stop();
  thread_.join();
}

void ProgressView::event(const Event& event) {
  const std::lock_guard lock(mutex_);
  news_.push_back(event);
  changed_.notify_one();
}

void ProgressView::console_bytes(const std::string&, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (!part.empty() && last_line_.ends_with('\n')) last_line_.clear();
    last_line_ += part.substr(0, longest_line - std::min(longest_line, last_line_.size()));
    if (end == std::string_view::npos) return;
    if (!last_line_.empty() && !last_line_.ends_with('\n')) last_line_ += '\n';
    bytes.remove_prefix(end + 1);
  }
}

void ProgressView::show_all(const std::stop_token& stop) {
  while (true) {
    std::deque<Event> news;
    std::string last_line;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, refresh, [this] { return !news_.empty(); });
      news.swap(news_);
      last_line = last_line_;
    }
    if (news.empty() && stop.stop_requested()) return;
    progress_.last_line = last_line.substr(0, last_line.find('\n'));
    for (const Event& event : news) take(event);
    if (news.empty() && counting_from_ && pace_ == Pace::real) {
      progress_.elapsed = std::chrono::steady_clock::now() - *counting_from_;
      line_.show(progress_, std::chrono::steady_clock::now());
    }
  }
}

void ProgressView::take(const Event& event) {
  if (counting_from_) progress_.elapsed = event.at - *counting_from_;
  if (const auto* started = std::get_if<BootStarted>(&event.body)) {
    progress_ = {started->configuration, ++boots_begun_[started->configuration], scenario_.boots, "", {}, ""};
    counting_from_.reset();
    seen_.clear();
  } else if (const auto* power = std::get_if<PowerSwitched>(&event.body)) {
    const bool is_on = power->wanted == Power::on;
    counting_from_ = is_on ? std::optional(power->returned) : std::nullopt;
    progress_.elapsed = {};
    enter_stage(is_on ? builtin::power_on : "");
    if (!is_on) progress_.stage = "power off";
  } else if (const auto* work = std::get_if<ChipWork>(&event.body)) {
    if (work->stage == name_of(ChipStage::looking_at_image)) chip_work_began_ = event.at;
    counting_from_ = chip_work_began_;
    progress_.elapsed = event.at - chip_work_began_;
    progress_.stage = "firmware chip: " + work->stage;
  } else if (const auto* marker = std::get_if<MarkerSeen>(&event.body); marker != nullptr && !marker->held) {
    if (counting_from_) progress_.elapsed = marker->hit.at - *counting_from_;
    enter_stage(marker->hit.marker);
  } else {
    return;
  }
  if (!progress_.stage.empty()) line_.show(progress_, std::chrono::steady_clock::now());
}

void ProgressView::enter_stage(const std::string& marker) {
  const Configuration* current = configuration();
  if (current == nullptr) return;
  seen_.insert(marker);
  for (const SpanPlan& span : current->plan.spans) {
    if (span.from == marker && !seen_.contains(span.to)) {
      progress_.stage = span.title.empty() ? span.name : span.title;
    }
  }
}

const Configuration* ProgressView::configuration() const {
  const auto& all = scenario_.configurations;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.name == progress_.configuration; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace coldboot
