#include <cstdio>
#include <stop_token>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drivers/catalog.hpp"
#include "harness/bench/bench.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/inputs.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/core/pause.hpp"
#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

constexpr Nanos switching_off_limit = std::chrono::seconds(30);
constexpr Nanos medium_limit = std::chrono::hours(2);  // a large card through a slow reader, written and read
constexpr double bytes_in_mib = 1 << 20U;

/// One line that is rewritten on a terminal; elsewhere a line for every tenth.
class ImageProgress {
 public:
  void show(const MediumProgress& progress) {
    const std::string line = text_of(progress);
    if (is_live_) {
      fmt::print(stderr, "\r\x1b[K{}", line);
      std::fflush(stderr);
      is_shown_ = true;
      return;
    }
    const int tenth =
        progress.total && *progress.total > 0 ? static_cast<int>(10 * progress.done / *progress.total) : 0;
    if (last_doing_ == progress.doing && last_tenth_ == tenth) return;
    last_doing_ = progress.doing;
    last_tenth_ = tenth;
    fmt::print(stderr, "{}\n", line);
  }
  ~ImageProgress() {
    if (is_shown_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  static std::string_view word_for(MediumProgress::Doing doing) {
    switch (doing) {
      case MediumProgress::Doing::writing: return "writing";
      case MediumProgress::Doing::reading_back: return "reading back";
      case MediumProgress::Doing::comparing: return "comparing";
    }
    return "";
  }

  static std::string text_of(const MediumProgress& progress) {
    std::string text =
        fmt::format("{} {:.0f}", word_for(progress.doing), static_cast<double>(progress.done) / bytes_in_mib);
    if (progress.total) text += fmt::format(" of {:.0f}", static_cast<double>(*progress.total) / bytes_in_mib);
    text += fmt::format(" MiB, {:.1f} MiB/s", progress.bytes_per_second / bytes_in_mib);
    if (progress.left && progress.left->count() > 0) text += fmt::format(", {} left", seconds_text(*progress.left, 0));
    return text;
  }

  bool is_live_ = ::isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
  std::optional<MediumProgress::Doing> last_doing_;
  int last_tenth_ = -1;
};

/// And waits until supplies have discharged, where it was on: a card is moved without power only.
Result<void> switch_off(Bench& bench, const std::stop_token& stop) {
  const Until in_time(bench.clock().now() + switching_off_limit, stop);
  const auto before = bench.power().state(in_time);
  auto off = bench.power().set(Power::off, in_time);
  if (!off) return off.error().within("the DUT is not off, so its medium stays as it is");
  if (off->read_back && *off->read_back != Power::off) {
    return Fault(Cause::protocol, bench.file().name + "/power",
                 fmt::format("switched off, but it reads back {}", name_of(*off->read_back)),
                 "check the board's supply and wiring");
  }
  const auto known = before && *before ? *before : bench.lease()->found().power;
  if (known == Power::off || bench.file().power.off_min == Nanos(0)) return {};
  tell_note(
      fmt::format("{}: power off, {} until it is gone", bench.file().name, duration_text(bench.file().power.off_min)));
  return let_pass(bench.clock(), bench.file().power.off_min, Until(Instant::max(), stop), bench.file().name);
}

Result<MediumContent> work_on_medium(const MediaArguments& arguments, Bench& bench, const std::stop_token& stop) {
  if (auto off = switch_off(bench, stop); !off) return off.error();
  BootMedium& medium = *bench.medium(arguments.medium);
  const Until until(bench.clock().now() + medium_limit, stop);
  ImageProgress shown;
  const auto tell = [&shown](const MediumProgress& progress) { shown.show(progress); };
  return arguments.what == "write" ? medium.write(arguments.image, tell, until)
                                   : medium.verify(arguments.image, tell, until);
}

/// What was done, for people; the hash of the image as it was when it was read.
int tell_outcome(const MediaArguments& arguments, const std::string& bench, const MediumContent& content) {
  const std::string where = fmt::format("{}/{}", bench, arguments.medium);
  const std::string image = arguments.image.filename();
  if (content.differs_at) {
    print(fmt::format("{}: is not {}: the first difference is at byte {} of the medium\n", where, image,
                      *content.differs_at));
    return exit_code::fail;
  }
  const bool is_written = arguments.what == "write";
  const std::string_view done = is_written ? "written" : "compared";
  const std::string amount =
      content.written_bytes == content.image_bytes
          ? fmt::format("{} bytes {}", content.image_bytes, done)
          : fmt::format("{} of {} bytes {}, as its block map says", content.written_bytes, content.image_bytes, done);
  print(fmt::format("{}: {} {}: {}, {}\nsha256 {}\n", where, is_written ? "holds" : "is the same as", image, amount,
                    content.proof, content.sha256));
  return exit_code::pass;
}

/// The bench, if it has such a medium and real power to switch.
std::optional<BenchFile> bench_with_medium(const MediaArguments& arguments) {
  auto file = bench_called(arguments.bench);
  if (!file) return std::nullopt;
  if (file->pace == Pace::replay) {
    tell(Fault(Cause::mistake, file->file.string(), "a bench with `pace: replay` has no medium to write to"));
    return std::nullopt;
  }
  if (file->media.contains(arguments.medium)) return file;
  std::vector<std::string> known;
  for (const auto& [name, entry] : file->media) known.push_back(name);
  tell(Fault(Cause::mistake, file->file.string(),
             fmt::format("found no medium {}, expected {}", printable_line(arguments.medium),
                         known.empty() ? "a bench with `media`" : fmt::format("one of {}", fmt::join(known, ", ")))));
  return std::nullopt;
}

}  // namespace

int media_command(const MediaArguments& arguments) {
  const auto stop = StopBySignal::start();
  if (!stop) return exit_code::error;
  const auto file = bench_with_medium(arguments);
  if (!file) return exit_code::usage;
  if (const auto good = check_image(*file, arguments.medium, arguments.image); !good) {
    tell(good.error());
    return exit_code::usage;
  }
  auto lease = Lease::take(file->name, {.what = "coldboot media " + arguments.what});
  auto bench = lease ? Bench::open_medium_alone(*file, driver_catalog(), std::move(*lease), arguments.medium)
                     : Result<std::unique_ptr<Bench>>(lease.error());
  if (!bench) {
    tell(bench.error());
    return exit_status(bench.error().cause());
  }
  const auto content = work_on_medium(arguments, **bench, stop->token());
  (*bench)->lease()->hand_back();
  if (content) return tell_outcome(arguments, file->name, *content);
  Fault fault = content.error();
  if (fault.where().empty())
    fault = Fault(fault.cause(), file->name + "/" + arguments.medium, fault.what(), fault.hint());
  tell(fault);
  return fault.cause() == Cause::stopped ? exit_status(Verdict::aborted, stop->signal()) : exit_status(fault.cause());
}

}  // namespace coldboot
