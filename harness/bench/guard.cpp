#include "harness/bench/guard.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <iostream>
#include <iterator>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/bench/bench.hpp"
#include "harness/core/pause.hpp"
#include "harness/event/run_addition.hpp"
#include "harness/io/own_scope.hpp"

namespace coldboot {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr Nanos try_again_after = 200ms;
constexpr Nanos make_safe_limit = 60s;
constexpr Nanos scope_limit = 3s;
constexpr int last_words_limit_ms = 5'000;
constexpr int killed_limit_ms = 10'000;

/// What became of the run.
enum class Fate { dismissed, died, silent };

Reading<BenchFile> read_order(const Catalog& catalog) {
  const std::string order(std::istreambuf_iterator<char>(std::cin), {});
  try {
    const json told = json::parse(order);
    return read_bench(told.at("text").get<std::string>(), told.at("bench").get<std::string>(), catalog.tables());
  } catch (const json::exception& wrong) {
    return Reading<BenchFile>(Fault(Cause::protocol, "guardian", fmt::format("no order: {}", wrong.what())));
  }
}

void say(std::string_view text) {
  ::send(guard::line_descriptor, text.data(), text.size(), MSG_NOSIGNAL);
}

/// Listens to the run until it is done or something has become of it; keeps what it says of its folder.
Fate listen(std::filesystem::path& folder) {
  constexpr int patience = static_cast<int>(guard::silent_for / 1ms);
  std::array<char, 8192> buffer{};
  while (true) {
    pollfd waiting{guard::line_descriptor, POLLIN, 0};
    const int heard = ::poll(&waiting, 1, patience);
    if (heard < 0 && errno == EINTR) continue;
    if (heard == 0) return Fate::silent;
    const ssize_t count = ::recv(guard::line_descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) return Fate::died;
    const std::string_view said(buffer.data(), static_cast<std::size_t>(count));
    if (said == "done") return Fate::dismissed;
    if (said.starts_with("folder ")) folder = said.substr(std::string_view("folder ").size());
  }
}

bool run_ends_within(int milliseconds) {
  pollfd ended{guard::run_descriptor, POLLIN, 0};
  return ::poll(&ended, 1, milliseconds) > 0;
}

/// The run's process gives up its devices when it has ended, and not before.
void see_the_run_end(Fate fate) {
  if (fate == Fate::died && run_ends_within(last_words_limit_ms)) return;
  ::syscall(SYS_pidfd_send_signal, guard::run_descriptor, SIGKILL, nullptr, 0);
  (void)run_ends_within(killed_limit_ms);
}

/// Brings a bench that has lost its run to its safe state, and tells the run folder.
class Rescue {
 public:
  Rescue(const BenchFile& file, const Catalog& catalog) : file_(file), catalog_(catalog) {}

  /// True when the bench is safe.
  bool act(Fate fate) {
    tell(Note{fate == Fate::died ? "the run's process died; its guardian makes the bench safe"
                                 : "the run's process did not answer for 10 s; its guardian ended it and makes the "
                                   "bench safe"});
    auto off = switch_off();
    if (off) {
      tell(*off);
      tell(MadeSafe{Power::off, true, ""});
    } else {
      tell(MadeSafe{Power::off, false, off.error().text()});
      tell(FaultSeen{off.error().within("the bench could not be made safe")});
    }
    return off.has_value();
  }

  [[nodiscard]] const std::vector<AddedEvent>& events() const { return events_; }

 private:
  void tell(EventBody body) { events_.push_back({clock_.now(), std::move(body)}); }

  /// A device that the run was using may need a moment to be had again, so it is tried until time is up.
  Result<PowerSwitched> switch_off() {
    const Until until(clock_.now() + make_safe_limit);
    while (true) {
      auto off = try_once();
      if (off || !let_pass(clock_, try_again_after, until, file_.name)) return off;
    }
  }

  Result<PowerSwitched> try_once() {
    auto lease = Lease::take_over(file_.name, Descriptor(::fcntl(guard::lock_descriptor, F_DUPFD_CLOEXEC, 0)));
    if (!lease) return lease.error();
    const auto bench = Bench::open_power_alone(file_, catalog_, std::move(*lease));
    if (!bench) return bench.error();
    (*bench)->on_device_event([this](EventBody body) { tell(std::move(body)); });
    auto off = (*bench)->rescue();
    (*bench)->on_device_event({});
    if (off && off->read_back == Power::on)
      return Fault(Cause::protocol, file_.name + "/power", "switched off, but it reads back on");
    if (off) (*bench)->lease()->hand_back();
    return off;
  }

  const BenchFile& file_;
  const Catalog& catalog_;
  SteadyClock clock_;
  std::vector<AddedEvent> events_;
};

}  // namespace

std::string encode_order(const GuardOrder& order) {
  return json{{"bench", order.bench.string()}, {"text", order.bench_text}}.dump(-1, ' ', false,
                                                                                json::error_handler_t::replace);
}

int keep_guard(const Catalog& catalog) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "coldboot-guard");
  const Reading<BenchFile> bench = read_order(catalog);
  if (!bench) {
    say(bench.mistakes.front().text());
    return 3;
  }
  (void)move_to_own_scope(fmt::format("coldboot-guard-{}", ::getpid()), Until(SteadyClock().now() + scope_limit));
  say("ready");
  std::filesystem::path folder;
  const Fate fate = listen(folder);
  if (fate == Fate::dismissed) return 0;
  see_the_run_end(fate);
  Rescue rescue(*bench, catalog);
  const bool safe = rescue.act(fate);
  if (!folder.empty()) (void)add_to_run(folder, rescue.events());
  return safe ? 0 : 3;
}

}  // namespace coldboot
