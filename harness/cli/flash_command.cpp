#include <atomic>
#include <cerrno>
#include <map>
#include <poll.h>
#include <stop_token>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/bench/bench.hpp"
#include "harness/bench/golden_image.hpp"
#include "harness/cli/bench_use.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/core/pause.hpp"
#include "harness/core/units.hpp"
#include "harness/event/run_info.hpp"
#include "harness/flashing/chip_job.hpp"
#include "harness/measure/attributes.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

constexpr Nanos switching_limit = std::chrono::seconds(30);

/// What a person is told as work on a chip comes to a stage; nothing for those that take no time.
std::string_view text_of_stage(std::string_view stage) {
  static const std::map<std::string_view, std::string_view> texts{
      {"taking-power", "switching power off"},
      {"discharging", "waiting until the supplies have discharged"},
      {"connecting", "connecting programmer and chip"},
      {"reading-old", "reading what the chip holds"},
      {"writing: erasing-and-writing", "erasing and writing, which nothing may cut"},
      {"writing: verifying", "verifying"},
      {"reading-back", "reading back"},
      {"clearing-cmos", "clearing CMOS"},
      {"reading", "reading"},
      {"verifying", "verifying"},
      {"erasing-and-writing", "erasing, which nothing may cut"}};
  const auto found = texts.find(stage);
  return found == texts.end() ? "" : found->second;
}

std::string_view text_of(ChipOutcome outcome) {
  switch (outcome) {
    case ChipOutcome::written: return "written and read back";
    case ChipOutcome::identical:
    case ChipOutcome::unchanged: return "nothing written: the chip holds this image already";
    case ChipOutcome::restored: return "the golden image is back";
  }
  return "";
}

/// "8 MiB, coreboot 4.15-v4.15.0.1 for PC Engines apu2", as far as the image says so.
std::string text_of(const FirmwareImage& image) {
  std::string text = size_text(image.size_bytes);
  if (!image.build.version.empty()) text += ", version " + image.build.version;
  if (!image.build.board.empty()) text += fmt::format(" for {} {}", image.build.vendor, image.build.board);
  return text;
}

/// The image to write or to compare with, once it is known to fit.
Result<std::filesystem::path> image_for(const FlashArguments& arguments, const BenchFile& bench) {
  std::error_code ignored;
  if (!arguments.file.empty() && !std::filesystem::exists(arguments.file, ignored)) {
    return Fault(Cause::mistake, arguments.file.string(),
                 fmt::format("found no file, expected the image to {}", arguments.what));
  }
  auto file = arguments.file.empty() ? golden_image(bench) : Result<std::filesystem::path>(arguments.file);
  if (!file) return file;
  const auto image = fitting_image(*file, bench);
  if (!image) return image.error();
  tell_note(fmt::format("{}: {}", file->string(), text_of(*image)));
  return file;
}

/// The file that a readout is to be put into: one that is not there yet.
Result<std::filesystem::path> file_for_readout(const FlashArguments& arguments) {
  std::error_code ignored;
  if (arguments.file.empty()) return Fault(Cause::mistake, "flash read", "no file to put the chip's content into");
  if (std::filesystem::exists(arguments.file, ignored)) {
    return Fault(Cause::mistake, arguments.file.string(), "found a file, expected none: a backup is not written over",
                 "move it away, or give another name");
  }
  return arguments.file;
}

Result<std::filesystem::path> file_of(const FlashArguments& arguments, const BenchFile& bench) {
  if (bench.pace == Pace::replay)
    return Fault(Cause::mistake, bench.file.string(), "a bench with `pace: replay` has no chip");
  if (!bench.flash) {
    return Fault(Cause::mistake, bench.file.string(), "the bench has no flash: nothing here reaches its firmware chip",
                 "say in the bench file what writes it (flash:)");
  }
  const bool takes_none = arguments.what == "recover" || arguments.what == "erase";
  if (takes_none && !arguments.file.empty()) {
    return Fault(Cause::mistake, arguments.file.string(),
                 fmt::format("found a file, but flash {} takes none", arguments.what),
                 "flash write puts an image of yours on the chip, flash recover the bench's golden one");
  }
  if (arguments.what == "read") return file_for_readout(arguments);
  auto image = arguments.what == "erase" ? Result<std::filesystem::path>({}) : image_for(arguments, bench);
  const bool changes = arguments.what == "write" || arguments.what == "erase";
  if (image && changes && bench.flash->golden) {
    const auto golden = golden_image(bench);  // told of before it is needed
    if (!golden) return golden.error().within("the bench's golden image");
  }
  return image;
}

/// A bench whose firmware chip is in a person's hands.
class FlashInHand {
 public:
  FlashInHand(Bench& bench, const FlashArguments& arguments, std::stop_token stop, std::atomic<bool>& is_changing)
      : bench_(bench), arguments_(arguments), until_(Instant::max(), std::move(stop)), is_changing_(is_changing) {}

  Result<void> carry_out(const std::filesystem::path& file) {
    if (arguments_.what == "write")
      return write({.image = file,
                    .regions = arguments_.regions,
                    .backup_folder = arguments_.backups,
                    .log_folder = arguments_.logs});
    if (arguments_.what == "recover") {
      auto written = write({.image = file, .is_restoring = true, .log_folder = arguments_.logs});
      return written ? see_it_boot(file) : written;
    }
    return at_the_chip(bench_, customer(), arguments_.regions, until_,
                       [&](Flasher& flasher) { return ask(flasher, file); });
  }

 private:
  Result<void> write(ChipOrder order) {
    const auto put = ChipJob(bench_, std::move(order), customer()).carry_out(until_);
    is_changing_ = false;
    if (!put) return put.error();
    print(fmt::format("{}: {}, {} in {} ({})\n{}  {}\n", name(), text_of(put->outcome),
                      size_text(bench_.file().flash->size_bytes), seconds_text(put->took), put->chip, put->sha256,
                      put->image));
    if (put->outcome == ChipOutcome::written && !put->backup.empty())
      print(fmt::format("{}: what the chip held is in {}\n", name(), put->backup));
    return {};
  }

  Result<void> ask(Flasher& flasher, const std::filesystem::path& file) {
    const FlashRequest request{.regions = arguments_.regions,
                               .log_folder = arguments_.logs,
                               .on_progress = [this](const FlashProgress& at) { show(name_of(at.stage)); }};
    const auto report = arguments_.what == "read"     ? flasher.read(file, request, until_)
                        : arguments_.what == "verify" ? flasher.verify(file, request, until_)
                                                      : erase(flasher, request);
    if (!report) return report.error();
    print(fmt::format("{}: {}, {} in {} ({})\n", name(),
                      arguments_.what == "verify" ? "the chip holds this image" : done(),
                      size_text(report->chip.size_bytes), seconds_text(report->took), report->chip.name));
    if (file.empty()) return {};
    const auto hash = sha256_of(file);
    if (!hash) return hash.error();
    print(fmt::format("{}  {}\n", *hash, file.string()));
    return {};
  }

  [[nodiscard]] std::string_view done() const { return arguments_.what == "read" ? "read" : "erased"; }

  /// An erased chip is what was wanted: nothing about it is in doubt afterwards, and neither where nothing was erased.
  Result<FlashReport> erase(Flasher& flasher, FlashRequest request) {
    const auto chip = bench_.chip();
    if (!chip) return chip.error();
    if (!arguments_.backups.empty()) {
      const auto kept = back_up(flasher, request, arguments_.backups, until_);
      if (!kept) return kept.error().within("what the chip holds could not be kept, and nothing was erased");
      print(fmt::format("{}: what the chip held is in {}\n", name(), kept->string()));
    }
    const bool was_in_doubt = bench_.lease()->is_chip_in_doubt();
    if (auto told = (*chip)->is_in_doubt(); !told) return told.error();
    bool began = false;
    request.on_progress = [&, show = request.on_progress](const FlashProgress& at) {
      began = began || at.stage >= FlashStage::erasing_and_writing;
      show(at);
    };
    auto report = flasher.erase(request, until_);
    is_changing_ = false;
    if (report || (!began && !was_in_doubt)) (*chip)->settled();
    return report;
  }

  /// Power for as long as it takes to hear the board.
  Result<void> see_it_boot(const std::filesystem::path& image) {
    const auto looked = fitting_image(image, bench_.file());
    if (!looked) return looked.error();
    const BenchConsole& console = bench_.consoles().front();
    const Nanos patience = bench_.file().flash->boots_within;
    tell_note(fmt::format("{}: power on, to see whether it boots", name()));
    if (auto waited = let_pass(bench_.clock(), bench_.file().power.off_min, until_, name()); !waited) return waited;
    if (auto on = switch_power(Power::on, in_time()); !on) return on;
    const bool boots =
        says(*console.stream, looked->build.version, Until(bench_.clock().now() + patience, until_.stop));
    if (auto off = switch_power(Power::off, Until(bench_.clock().now() + switching_limit)); !off) return off;
    if (until_.stop.stop_requested()) return Fault(Cause::stopped, name(), "asked to stop");
    const std::string sign = looked->build.version.empty() ? "anything" : looked->build.version;
    if (boots) {
      print(fmt::format("{}: it boots ({} on {})\n", name(), sign == "anything" ? "the first bytes" : sign,
                        console.entry.name));
      return {};
    }
    return Fault(Cause::dut, fmt::format("{}/{}", name(), console.entry.name),
                 fmt::format("the golden image is on the chip, but the board did not say {} in {}", sign,
                             duration_text(patience)),
                 "does this image boot on this board, and is the console in?");
  }

  /// Whether a whole line names that version; of none, whether anything comes at all.
  static bool says(ByteStream& stream, const std::string& version, const Until& until) {
    constexpr int look_every_ms = 100;
    constexpr std::size_t piece_size = 4096;
    std::string heard;
    while (std::chrono::steady_clock::now() < until.deadline && !until.stop.stop_requested()) {
      pollfd waiting{stream.descriptor(), POLLIN, 0};
      if (::poll(&waiting, 1, look_every_ms) <= 0) continue;
      std::string piece(piece_size, '\0');
      const ssize_t count = ::read(stream.descriptor(), piece.data(), piece.size());
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return false;
      piece.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
      piece.resize(stream.decode(piece));
      heard += piece;
      if (version.empty() && !heard.empty()) return true;
      for (std::size_t end = 0; (end = heard.find_first_of("\r\n")) != std::string::npos; heard.erase(0, end + 1)) {
        if (names_version(heard.substr(0, end), version)) return true;
      }
    }
    return false;
  }

  ChipCustomer customer() {
    return {.switch_power = [this](Power wanted, const Until& until) { return switch_power(wanted, until); },
            .let_pass = [this](Nanos length,
                               const Until& until) { return let_pass(bench_.clock(), length, until, name()); },
            .tell = [this](const std::string& stage) { show(stage); }};
  }

  Result<void> switch_power(Power wanted, const Until& until) {
    const auto switched = bench_.power().set(wanted, std::min(until.deadline, in_time().deadline) == until.deadline
                                                         ? until
                                                         : Until(in_time().deadline, until.stop));
    if (!switched) return switched.error();
    if (switched->read_back.value_or(wanted) == wanted) return {};
    return Fault(Cause::protocol, name() + "/power",
                 fmt::format("switched {}, but it reads back {}", name_of(wanted), name_of(*switched->read_back)),
                 "a chip is not touched while its board may have power");
  }

  [[nodiscard]] Until in_time() const { return Until(bench_.clock().now() + switching_limit, until_.stop); }
  [[nodiscard]] const std::string& name() const { return bench_.file().name; }

  void show(std::string_view stage) {
    is_changing_ = stage.ends_with("erasing-and-writing");
    const std::string_view text = text_of_stage(stage);
    if (!text.empty() && text != std::exchange(shown_, text)) tell_note(fmt::format("{}: {}", name(), text));
  }

  Bench& bench_;
  const FlashArguments& arguments_;
  Until until_;
  std::atomic<bool>& is_changing_;
  std::string_view shown_;
};

Result<void> flash_bench(const FlashArguments& arguments, const BenchFile& file, std::stop_token stop,
                         std::atomic<bool>& is_changing) {
  const auto image = file_of(arguments, file);
  if (!image) return image.error();
  if (!arguments.logs.empty()) {
    std::error_code error;
    std::filesystem::create_directories(arguments.logs, error);
    if (error) return Fault(Cause::io, arguments.logs.string(), error.message());
  }
  const LeaseRequest request{.what = "coldboot flash " + arguments.what};
  Result<std::unique_ptr<Bench>> bench = Fault();
  if (arguments.what == "recover") {
    bench = Bench::open(file, driver_catalog(), request);  // with its consoles, which tell whether it boots
  } else {
    auto lease = Lease::take(file.name, request);
    if (!lease) return lease.error();
    bench = Bench::open_power_alone(file, driver_catalog(), std::move(*lease));
  }
  if (!bench) return bench.error();
  if ((*bench)->lease()->found().chip_is_held) {
    if (auto rescued = (*bench)->rescue(stop); !rescued) {
      return rescued.error();
    }
  }
  const auto done = FlashInHand(**bench, arguments, std::move(stop), is_changing).carry_out(*image);
  if ((*bench)->lease()->is_chip_in_doubt()) tell_note(what_to_do_about_the_chip(file));
  (*bench)->lease()->hand_back();
  return done;
}

}  // namespace

int flash_command(const FlashArguments& arguments) {
  std::atomic<bool> is_changing = false;
  const auto stop = StopBySignal::start([&](int, int) {
    if (is_changing) tell_note("the chip is being written: waiting for that to end");
  });
  if (!stop) return exit_code::error;
  const auto file = bench_called(arguments.bench);
  if (!file) return exit_code::usage;
  const auto done = flash_bench(arguments, *file, stop->token(), is_changing);
  if (!done) tell(done.error());
  if (stop->signal() != 0) return exit_status(Verdict::aborted, stop->signal());
  return done ? exit_code::pass : exit_status(done.error().cause());
}

}  // namespace coldboot
