#include "harness/flashing/chip_job.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/golden_image.hpp"
#include "harness/event/run_info.hpp"
#include "harness/firmware/image_guard.hpp"
#include "harness/io/atomic_file.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr Nanos power_limit = std::chrono::seconds(30);

/// The content of a chip in a file of ours, gone with this value.
class Readout {
 public:
  explicit Readout(const fs::path& folder) {
    std::error_code ignored;
    const fs::path place = folder.empty() ? fs::temp_directory_path(ignored) : folder;
    path_ = place / fmt::format("readout-{}.rom", ::getpid());
    fs::remove(path_, ignored);
  }
  ~Readout() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Readout(const Readout&) = delete;
  Readout& operator=(const Readout&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Makes a folder that can be written to.
Result<void> make_folder(const fs::path& folder, std::string_view purpose) {
  if (folder.empty()) return {};
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK) != 0) error.assign(errno, std::generic_category());
  if (!error) return {};
  return Fault(Cause::io, folder.string(),
               fmt::format("the folder for {} cannot be used: {}; nothing was written", purpose, error.message()));
}

/// Keeps what the chip holds in a file that has its hash for a name.
Result<fs::path> keep_by_hash(const fs::path& readout, const std::string& hash, const fs::path& folder) {
  if (auto made = make_folder(folder, "backups"); !made) return made.error();
  const fs::path place = folder / (hash + ".rom");
  const auto bytes = read_file(readout);
  if (!bytes) return bytes.error();
  std::error_code ignored;
  if (fs::exists(place, ignored)) return place;
  if (auto kept = write_file_atomically(place, *bytes); !kept) return kept.error();
  return place;
}

Result<std::uint64_t> first_difference(const fs::path& one, const fs::path& other) {
  const auto mine = read_file(one);
  if (!mine) return mine.error();
  const auto theirs = read_file(other);
  if (!theirs) return theirs.error();
  const auto differ = std::mismatch(mine->begin(), mine->end(), theirs->begin(), theirs->end());
  return static_cast<std::uint64_t>(differ.first - mine->begin());
}

Nanos discharge_of(const BenchFile& bench) {
  return bench.flash->discharge.value_or(bench.power.off_min);
}

/// From now until the DUT has been without power for long enough that its chip may be touched. How long it was before
/// this process switched it off is not known.
Nanos left_to_discharge(const Bench& bench, const FirmwareChip& chip) {
  const Instant now = bench.clock().now();
  return std::max(chip.off_since().value_or(now) + discharge_of(bench.file()) - now, Nanos(0));
}

/// What a programmer fed into a board has to go before power comes. A stop may shorten it: no power comes then.
void rest(const Bench& bench, const FirmwareChip& chip, const ChipCustomer& customer, const Until& until) {
  if (chip.is_reached_from_inside()) return;
  customer.tell(std::string(name_of(ChipStage::resting)));
  (void)customer.let_pass(discharge_of(bench.file()), Until(Instant::max(), until.stop));
}

}  // namespace

std::string_view name_of(ChipStage stage) {
  switch (stage) {
    case ChipStage::looking_at_image: return "looking-at-image";
    case ChipStage::taking_power: return "taking-power";
    case ChipStage::discharging: return "discharging";
    case ChipStage::connecting: return "connecting";
    case ChipStage::reading_old: return "reading-old";
    case ChipStage::writing: return "writing";
    case ChipStage::reading_back: return "reading-back";
    case ChipStage::parting: return "parting";
    case ChipStage::clearing_cmos: return "clearing-cmos";
    case ChipStage::resting: return "resting";
  }
  return "";
}

Result<FirmwareImage> fitting_image(const fs::path& image, const BenchFile& bench) {
  const auto bytes = read_file(image);
  if (!bytes) return bytes.error();
  FirmwareImage looked = look_at_image(*bytes);
  const auto model = bench.dut.find("model");
  const ImageWish wish{.where = image.string(),
                       .size_bytes = bench.flash ? std::optional(bench.flash->size_bytes) : std::nullopt,
                       .model = model == bench.dut.end() ? "" : model->second};
  if (auto fits = check_image(looked, wish); !fits) return fits.error();
  return looked;
}

Result<fs::path> back_up(Flasher& flasher, const FlashRequest& request, const fs::path& folder, const Until& until) {
  const Readout readout(request.log_folder);
  if (auto read = flasher.read(readout.path(), request, until); !read) return read.error();
  const auto hash = sha256_of(readout.path());
  if (!hash) return hash.error();
  return keep_by_hash(readout.path(), *hash, folder);
}

Result<void> at_the_chip(Bench& bench, const ChipCustomer& customer, const std::vector<std::string>& regions,
                         const Until& until, const std::function<Result<void>(Flasher&)>& work) {
  auto chip = bench.chip();
  if (!chip) return chip.error();
  if (auto good = (*chip)->look_ahead(regions, until); !good) return good;
  if (!(*chip)->is_reached_from_inside()) {
    customer.tell(std::string(name_of(ChipStage::taking_power)));
    if (auto off = customer.switch_power(Power::off, Until(until.deadline)); !off) return off;
    customer.tell(std::string(name_of(ChipStage::discharging)));
    if (auto waited = customer.let_pass(left_to_discharge(bench, **chip), until); !waited) return waited;
  }
  customer.tell(std::string(name_of(ChipStage::connecting)));
  auto connected = (*chip)->connect(until);
  const auto done = connected ? work(connected->flasher()) : Result<void>(connected.error());
  const auto parted = connected ? connected->part() : Result<void>();
  const bool in_s5 = bench.file().flash->s5.has_value();
  const auto off = in_s5 ? customer.switch_power(Power::off, Until(bench.clock().now() + power_limit)) : Result<void>();
  rest(bench, **chip, customer, until);
  if (!done) return done;
  return parted ? off : parted;
}

ChipJob::ChipJob(Bench& bench, ChipOrder order, ChipCustomer customer)
    : bench_(bench), order_(std::move(order)), customer_(std::move(customer)) {}

Result<FirmwarePut> ChipJob::carry_out(const Until& until) {
  const Instant began = bench_.clock().now();
  Result<void> outcome;
  ChipStage stage = ChipStage::looking_at_image;
  while (stage != ChipStage::resting) {
    customer_.tell(std::string(name_of(stage)));
    const auto next = act(stage, until);
    if (!next && outcome) outcome = next.error();
    stage = next ? *next : after_a_fault(stage);
  }
  if (was_connected_) rest(bench_, *chip_, customer_, until);
  if (!outcome) return outcome.error();
  put_.took = bench_.clock().now() - began;
  return put_;
}

Result<ChipStage> ChipJob::act(ChipStage stage, const Until& until) {
  switch (stage) {
    case ChipStage::looking_at_image: return look_at_image(until);
    case ChipStage::taking_power: return take_power(until);
    case ChipStage::discharging:
      if (auto waited = customer_.let_pass(left_to_discharge(bench_, *chip_), until); !waited) return waited.error();
      return ChipStage::connecting;
    case ChipStage::connecting: return connect(until);
    case ChipStage::reading_old: return read_old(until);
    case ChipStage::writing: return write(until);
    case ChipStage::reading_back: return read_back(to_its_end(until));
    case ChipStage::parting: return part();
    case ChipStage::clearing_cmos: return clear_cmos(to_its_end(until));
    case ChipStage::resting: break;
  }
  return ChipStage::resting;
}

/// Lines that may be driven are let go of first, and a board that may be in S5 loses its supply.
ChipStage ChipJob::after_a_fault(ChipStage stage) const {
  return ChipStage::connecting <= stage && stage < ChipStage::parting ? ChipStage::parting : ChipStage::resting;
}

/// A golden image that cannot be put back is told of before it is needed.
Result<void> ChipJob::golden_is_there() const {
  if (order_.is_restoring || !bench_.file().flash->golden) return {};
  const auto golden = golden_image(bench_.file());
  return golden ? Result<void>() : golden.error().within("the bench's golden image");
}

Result<ChipStage> ChipJob::look_at_image(const Until& until) {
  auto chip = bench_.chip();  // a programmer that somebody else has is told of before power is touched
  if (!chip) return chip.error();
  chip_ = *chip;
  put_.programmer = chip_->description();
  const auto image = fitting_image(order_.image, bench_.file());
  if (!image) return image.error();
  auto hash = sha256_of(order_.image);
  if (!hash) return hash.error();
  put_.image = order_.image.string();
  put_.sha256 = std::move(*hash);
  put_.version = image->build.version;
  put_.outcome = order_.is_restoring ? ChipOutcome::restored : ChipOutcome::written;
  put_.log = order_.log_folder.string();
  if (auto made = make_folder(order_.log_folder, "logs"); !made) return made.error();
  if (auto made = make_folder(order_.backup_folder, "backups"); !made) return made.error();
  if (auto there = golden_is_there(); !there) return there.error();
  if (auto good = chip_->look_ahead(order_.regions, until); !good) return good.error();
  return chip_->is_reached_from_inside() ? ChipStage::connecting : ChipStage::taking_power;
}

Result<ChipStage> ChipJob::take_power(const Until& until) {
  if (auto off = customer_.switch_power(Power::off, to_its_end(until)); !off) return off.error();
  return ChipStage::discharging;
}

Result<ChipStage> ChipJob::connect(const Until& until) {
  auto connected = chip_->connect(until);
  if (!connected) return connected.error();
  connected_.emplace(std::move(*connected));
  was_connected_ = true;
  auto answers = connected_->flasher().probe(request(""), until);
  if (!answers) return answers.error();
  put_.chip = answers->name;
  const bool looks_first = order_.only_if_changed || !order_.backup_folder.empty();
  return looks_first && !order_.is_restoring ? ChipStage::reading_old : ChipStage::writing;
}

Result<ChipStage> ChipJob::read_old(const Until& until) {
  const Readout readout(order_.log_folder);
  FlashRequest reading = request("old");
  reading.once = order_.backup_folder.empty();
  if (auto read = connected_->flasher().read(readout.path(), reading, until); !read) {
    return read.error().within("what the chip holds could not be read, and nothing was written");
  }
  const auto hash = sha256_of(readout.path());
  if (!hash) return hash.error();
  if (order_.only_if_changed && *hash == put_.sha256) {
    put_.outcome = ChipOutcome::unchanged;
    put_.read_back = *hash;
    return ChipStage::parting;
  }
  if (auto kept = keep(readout.path(), *hash); !kept) return kept.error();
  return ChipStage::writing;
}

Result<void> ChipJob::keep(const fs::path& readout, const std::string& hash) {
  if (order_.backup_folder.empty()) return {};
  const auto place = keep_by_hash(readout, hash, order_.backup_folder);
  if (!place) return place.error().within("what the chip held could not be kept, so nothing was written");
  put_.backup = place->string();
  return {};
}

Result<ChipStage> ChipJob::write(const Until& until) {
  was_in_doubt_ = bench_.lease() != nullptr && bench_.lease()->is_chip_in_doubt();
  if (auto told = chip_->is_in_doubt(); !told) return told.error();
  bool began = false;
  FlashRequest writing = request("");
  writing.regions = order_.regions;
  writing.cut_after = order_.cut_after;
  writing.on_progress = [&](const FlashProgress& progress) {
    began = began || progress.stage >= FlashStage::erasing_and_writing;
    customer_.tell(fmt::format("{}: {}", name_of(ChipStage::writing), name_of(progress.stage)));
  };
  const auto report = connected_->flasher().write(order_.image, writing, until);
  if (!report) {
    if (!began && !was_in_doubt_) chip_->settled();
    return report.error();
  }
  is_written_ = report->outcome == FlashOutcome::written;
  if (report->outcome == FlashOutcome::identical && !order_.is_restoring) put_.outcome = ChipOutcome::identical;
  return ChipStage::reading_back;
}

Result<ChipStage> ChipJob::read_back(const Until& until) {
  const Readout readout(order_.log_folder);
  FlashRequest reading = request("back");
  reading.once = true;
  if (auto read = connected_->flasher().read(readout.path(), reading, until); !read) {
    return read.error().within("the chip could not be read back");
  }
  auto hash = sha256_of(readout.path());
  if (!hash) return hash.error();
  put_.read_back = std::move(*hash);
  if (order_.regions.empty() && put_.read_back != put_.sha256) {
    const auto at = first_difference(order_.image, readout.path());
    return Fault(Cause::protocol, bench_.file().name + "/flash",
                 fmt::format("the chip reads back as {}, expected {}; they differ first at {:#x}", put_.read_back,
                             put_.sha256, at ? *at : 0),
                 "check the clip, shorten the wires, lower spispeed");
  }
  if (order_.regions.empty() || !was_in_doubt_) chip_->settled();
  return ChipStage::parting;
}

Result<ChipStage> ChipJob::part() {
  const auto parted = connected_ ? connected_->part() : Result<void>();
  connected_.reset();
  if (chip_->is_reached_from_inside() && put_.outcome == ChipOutcome::unchanged) return ChipStage::resting;
  const Until until(bench_.clock().now() + power_limit);
  auto off = customer_.switch_power(Power::off, until);  // a board in S5 has its supply still
  if (!parted) return parted.error();
  if (!off) return off.error();
  const bool clears = chip_->entry().clear_cmos && (is_written_ || order_.is_restoring);
  return clears ? ChipStage::clearing_cmos : ChipStage::resting;
}

Result<ChipStage> ChipJob::clear_cmos(const Until& until) {
  if (auto cleared = chip_->clear_cmos(until); !cleared) return cleared.error();
  return ChipStage::resting;
}

FlashRequest ChipJob::request(const char* logs) {
  FlashRequest request{.regions = {}, .log_folder = order_.log_folder, .on_progress = {}};
  if (!put_.chip.empty()) request.chip = FlashChip{put_.chip, bench_.file().flash->size_bytes};
  request.log_name = logs;
  return request;
}

/// What has been begun and must be brought to its end is not cut by somebody who asks to stop.
Until ChipJob::to_its_end(const Until& until) const {
  return Until(until.deadline);
}

}  // namespace coldboot
