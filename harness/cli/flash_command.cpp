#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>

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
#include "harness/firmware/image_guard.hpp"
#include "harness/io/read_file.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

constexpr Nanos power_limit = std::chrono::seconds(30);

std::string_view text_of(FlashStage stage) {
  switch (stage) {
    case FlashStage::probing: return "looking for the chip";
    case FlashStage::reading: return "reading";
    case FlashStage::reading_old: return "reading what the chip holds";
    case FlashStage::erasing_and_writing: return "erasing and writing, which nothing may cut";
    case FlashStage::verifying: return "verifying";
  }
  return "";
}

std::string_view text_of(FlashOutcome outcome) {
  switch (outcome) {
    case FlashOutcome::read: return "read";
    case FlashOutcome::written: return "written";
    case FlashOutcome::identical: return "nothing written: the chip holds this image already";
    case FlashOutcome::verified: return "verified: the chip holds this image";
    case FlashOutcome::erased: return "erased";
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
  auto file = arguments.file.empty() ? golden_image(bench) : Result<std::filesystem::path>(arguments.file);
  if (!file) return file;
  const auto bytes = read_file(*file);
  if (!bytes) return bytes.error();
  const FirmwareImage image = look_at_image(*bytes);
  const auto model = bench.dut.find("model");
  const ImageWish wish{.where = file->string(),
                       .size_bytes = bench.flash->size_bytes,
                       .model = model == bench.dut.end() ? "" : model->second};
  if (auto fits = check_image(image, wish); !fits) return fits.error();
  tell_note(fmt::format("{}: {}", file->string(), text_of(image)));
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
  return arguments.what == "read" ? file_for_readout(arguments) : image_for(arguments, bench);
}

/// A bench whose firmware chip is in a person's hands.
class FlashInHand {
 public:
  FlashInHand(Bench& bench, Flasher& flasher, std::stop_token stop, std::atomic<bool>& is_changing)
      : bench_(bench), flasher_(flasher), until_(Instant::max(), std::move(stop)), is_changing_(is_changing) {}

  /// Until supplies have discharged, where it was on.
  Result<void> take_power_away() {
    PowerSwitch& power = bench_.power();
    const auto before = power.state(in_time());
    const auto off = power.set(Power::off, in_time());
    if (!off) return off.error();
    if (off->read_back && *off->read_back != Power::off) {
      return Fault(Cause::protocol, bench_.file().name + "/power", "switched off, but it reads back on",
                   "a chip is not touched while its board may have power");
    }
    const auto known = before && *before ? *before : bench_.lease()->found().power;
    if (known == Power::off) return {};
    tell_note(fmt::format("{}: power off, {} until it is gone", bench_.file().name,
                          duration_text(bench_.file().power.off_min)));
    return let_pass(bench_.clock(), bench_.file().power.off_min, until_, bench_.file().name);
  }

  Result<FlashReport> carry_out(const FlashArguments& arguments, const std::filesystem::path& file) {
    const FlashRequest request{.regions = arguments.regions,
                               .log_folder = arguments.logs,
                               .on_progress = [this](const FlashProgress& progress) { show(progress); }};
    if (arguments.what == "read") return flasher_.read(file, request, until_);
    if (arguments.what == "verify") return flasher_.verify(file, request, until_);
    auto report = flasher_.write(file, request, until_);
    is_changing_ = false;
    return report;
  }

 private:
  [[nodiscard]] Until in_time() const { return Until(bench_.clock().now() + power_limit, until_.stop); }

  void show(const FlashProgress& progress) {
    is_changing_ = progress.stage == FlashStage::erasing_and_writing;
    if (progress.stage == shown_) return;
    shown_ = progress.stage;
    tell_note(fmt::format("{}: {}", bench_.file().name, text_of(progress.stage)));
  }

  Bench& bench_;
  Flasher& flasher_;
  Until until_;
  std::atomic<bool>& is_changing_;
  std::optional<FlashStage> shown_;
};

Result<void> print_report(const std::string& bench, const FlashReport& report, const std::filesystem::path& file) {
  const auto hash = sha256_of(file);
  if (!hash) return hash.error();
  print(fmt::format("{}: {}, {} in {} ({})\n{}  {}\n", bench, text_of(report.outcome),
                    size_text(report.chip.size_bytes), seconds_text(report.took), report.chip.name, *hash,
                    file.string()));
  return {};
}

Result<void> flash_bench(const FlashArguments& arguments, const BenchFile& file, std::stop_token stop,
                         std::atomic<bool>& is_changing) {
  const auto image = file_of(arguments, file);
  if (!image) return image.error();
  if (!arguments.logs.empty()) {
    std::error_code error;
    std::filesystem::create_directories(arguments.logs, error);
    if (error) return Fault(Cause::io, arguments.logs.string(), error.message());
  }
  auto lease = Lease::take(file.name, {.what = "coldboot flash " + arguments.what});
  if (!lease) return lease.error();
  const Catalog catalog = driver_catalog();
  auto bench = Bench::open_power_alone(file, catalog, std::move(*lease));
  if (!bench) return bench.error();
  const auto flasher = (*bench)->flasher(catalog);
  if (!flasher) return flasher.error();
  FlashInHand in_hand(**bench, **flasher, std::move(stop), is_changing);
  if (auto off = in_hand.take_power_away(); !off) return off;
  const auto report = in_hand.carry_out(arguments, *image);
  (*bench)->lease()->hand_back();
  if (!report) return report.error();
  return print_report(file.name, *report, *image);
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
