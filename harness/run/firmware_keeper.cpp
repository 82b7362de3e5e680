#include "harness/run/firmware_keeper.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/golden_image.hpp"
#include "harness/core/text.hpp"
#include "harness/event/run_info.hpp"
#include "harness/measure/attributes.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos chip_limit = 1h;  // a deadline for what has not begun to write; what has is let run to its end
constexpr Nanos power_limit = 30s;
constexpr int recovery_tries = 2;
constexpr const char* firmware_attribute = "firmware";

/// A deadline that a device of the bench missed is not the DUT's.
Fault not_of_the_dut(const Fault& fault) {
  return fault.cause() == Cause::timeout ? Fault(Cause::io, fault.where(), fault.what(), fault.hint()) : fault;
}

}  // namespace

FirmwareKeeper::FirmwareKeeper(Bench& bench, const Capture& capture, EventLog& log, std::filesystem::path run_folder,
                               Hands hands)
    : bench_(bench), capture_(capture), log_(log), run_folder_(std::move(run_folder)), hands_(std::move(hands)) {}

bool FirmwareKeeper::is_in_doubt() const {
  return bench_.lease() != nullptr && bench_.lease()->is_chip_in_doubt();
}

Result<void> FirmwareKeeper::begin_boot(int number, const BootPlan& plan, bool flashes, std::stop_token stop) {
  boot_ = number;
  plan_ = &plan;
  stop_ = std::move(stop);
  boot_seq_ = log_.last();
  if (!is_in_doubt()) return {};
  const bool has_golden = bench_.file().flash && bench_.file().flash->golden;
  if (!has_golden && flashes) return {};
  if (!has_golden) {
    return Fault(Cause::refused, bench_.file().name + "/flash",
                 "a write of the firmware chip was cut, and the bench names no golden image to put there",
                 "coldboot flash write puts an image of yours there; flash: golden names one for the next time");
  }
  log_.append(Note{"a write of the firmware chip was cut before this run: the golden image is put back"}, boot_);
  if (auto recovered = recover(); !recovered) {
    return recovered.error().within("a write of the firmware chip was cut, and the golden image could not be put back");
  }
  log_.append(Note{"the golden image is on the firmware chip, and boots"}, boot_);
  return {};
}

Result<void> FirmwareKeeper::put(const FlashStep& wish) {
  const auto image = fitting_image(wish.image, bench_.file());
  if (!image) return image.error();
  const auto hash = sha256_of(wish.image);
  if (!hash) return hash.error();
  const bool is_there = on_chip_ && wish.regions.empty() && on_chip_->sha256 == *hash;
  if (wish.if_changed && (is_there || is_known_by_banner(wish, *image))) {
    record({.image = wish.image.string(),
            .sha256 = *hash,
            .version = image->build.version,
            .programmer = "",
            .chip = "",
            .outcome = ChipOutcome::unchanged,
            .read_back = "",
            .backup = "",
            .log = "",
            .took = {},
            .saved = last_write_took_});
    return {};
  }
  if (is_in_doubt() && !wish.regions.empty()) {
    return Fault(Cause::refused, bench_.file().name + "/flash",
                 "a write of the firmware chip was cut, and regions alone do not put it right",
                 "write a whole image, or name a golden one in the bench file (flash: golden)");
  }
  on_chip_.reset();
  last_shown_.clear();
  ChipOrder order{
      .image = wish.image, .regions = wish.regions, .only_if_changed = wish.if_changed, .cut_after = wish.cut_after};
  if (wish.backup && !is_in_doubt()) order.backup_folder = run_folder_.parent_path() / "firmware-backups";
  auto done = carry_out(std::move(order), Until(bench_.clock().now() + chip_limit, stop_));
  if (!done && wish.cut_after && is_in_doubt()) {
    log_.append(Note{fmt::format("{}, on purpose; the golden image is put back", done.error().text())}, boot_);
    return recover();
  }
  if (!done) {
    const Fault fault = not_of_the_dut(done.error());
    return is_in_doubt() ? and_recovered(fault) : fault;
  }
  const bool was_written = done->outcome != ChipOutcome::unchanged;
  if (was_written) last_write_took_ = done->took;
  if (!was_written) done->saved = last_write_took_;
  if (wish.regions.empty()) on_chip_ = *done;
  if (was_written) to_be_seen_ = *done;
  record(std::move(*done));
  written_seq_ = log_.last();
  if (wish.cut_after && was_written) {
    return Fault(Cause::mistake, bench_.file().name + "/flash",
                 fmt::format("the chip was written before {} were over, expected a write to cut",
                             duration_text(*wish.cut_after)),
                 "give a shorter cut-after");
  }
  return {};
}

bool FirmwareKeeper::is_known_by_banner(const FlashStep& wish, const FirmwareImage& image) const {
  return wish.by == FirmwareKnownBy::banner && !is_in_doubt() && !image.build.version.empty() && !last_shown_.empty() &&
         attributes_agree(image.build.version, last_shown_);
}

Fault FirmwareKeeper::and_recovered(const Fault& fault) {
  log_.append(Note{fmt::format("{}; the golden image is put back", fault.text())}, boot_);
  const auto recovered = recover();
  if (recovered) return Fault(fault.cause(), fault.where(), fault.what() + "; the golden image was put back and boots");
  return Fault(fault.cause(), fault.where(),
               fmt::format("{}; the golden image could not be put back: {}", fault.what(), recovered.error().text()),
               fault.hint());
}

Result<void> FirmwareKeeper::recover() {
  const auto golden = golden_image(bench_.file());
  if (!golden) return golden.error();
  on_chip_.reset();
  to_be_seen_.reset();
  last_shown_.clear();
  Result<void> outcome;
  for (int number = 1; number <= recovery_tries; ++number) {
    auto put = carry_out({.image = *golden, .is_restoring = true}, Until(bench_.clock().now() + chip_limit));
    if (!put) {
      outcome = not_of_the_dut(put.error());
      continue;
    }
    const std::string version = put->version;
    on_chip_ = *put;
    last_write_took_ = put->took;
    record(std::move(*put));
    outcome = see_golden_boot(version);
    if (outcome) return outcome;
  }
  return outcome;
}

Result<void> FirmwareKeeper::see_golden_boot(const std::string& version) {
  if (auto waited = hands_.wait_until_discharged(); !waited) return waited;
  const std::uint64_t before = log_.last();
  const std::string& main = plan_->console.empty() ? bench_.consoles().front().entry.name : plan_->console;
  const std::uint64_t heard = capture_.received(main);
  const Nanos patience = bench_.file().flash->boots_within;
  if (auto on = hands_.switch_power(Power::on, true, Until(bench_.clock().now() + power_limit)); !on) return on;
  const bool tells_version = plan_->observe.contains(firmware_attribute);
  const Until until(bench_.clock().now() + patience);
  std::string shown;
  Result<void> seen;
  if (tells_version) {
    const auto banner = log_.wait_for(before, [&](const Event& event) { return version_in(event).has_value(); }, until);
    if (banner) shown = *version_in(*banner);
    if (!banner) seen = banner.error();
  } else {
    seen = log_.wait([&] { return capture_.received(main) > heard; }, until);
  }
  const auto off = hands_.switch_power(Power::off, true, Until(bench_.clock().now() + power_limit));
  if (!seen) {
    return Fault(Cause::lost, fmt::format("{}/{}", bench_.file().name, main),
                 fmt::format("no sign of the golden image in {} after power", duration_text(patience)),
                 "does this image boot on this board, and is the console in?");
  }
  if (tells_version && !version.empty() && !attributes_agree(version, shown)) {
    return Fault(
        Cause::protocol, fmt::format("{}/{}", bench_.file().name, main),
        fmt::format("the board shows firmware {}, expected the golden image's {}", printable_line(shown), version));
  }
  return off;
}

Result<void> FirmwareKeeper::see_what_boots(bool failed) {
  const auto shown = version_shown_since(to_be_seen_ ? std::max(written_seq_, boot_seq_) : boot_seq_);
  if (shown) last_shown_ = *shown;
  if (!to_be_seen_ || (!shown && !had_power_since(written_seq_))) return {};
  const FirmwarePut put = *std::exchange(to_be_seen_, std::nullopt);
  if (shown && (put.version.empty() || attributes_agree(put.version, *shown))) return {};
  if (shown) {
    return Fault(Cause::protocol, bench_.file().name + "/flash",
                 fmt::format("the board shows firmware {}, expected {}, which was written and read back",
                             printable_line(*shown), put.version),
                 "does it boot from another chip, or does the banner tell another version than the image?");
  }
  if (!failed || stop_.stop_requested() || !plan_->observe.contains(firmware_attribute)) return {};
  return and_recovered(Fault(Cause::lost, bench_.file().name + "/flash",
                             fmt::format("the board does not show its firmware since {} was written", put.image)));
}

Result<FirmwarePut> FirmwareKeeper::carry_out(ChipOrder order, const Until& until) {
  order.log_folder = next_log_folder();
  const ChipCustomer customer{
      .switch_power = [this](Power wanted, const Until& limit) { return hands_.switch_power(wanted, true, limit); },
      .let_pass = hands_.let_pass,
      .tell = [this](const std::string& stage) { log_.append(ChipWork{stage}, boot_); }};
  return ChipJob(bench_, std::move(order), customer).carry_out(until);
}

std::filesystem::path FirmwareKeeper::next_log_folder() {
  return run_folder_ / "flash" / fmt::format("{:03}-{}", boot_, ++jobs_);
}

void FirmwareKeeper::record(FirmwarePut put) {
  log_.append(std::move(put), boot_);
}

std::optional<std::string> FirmwareKeeper::version_in(const Event& event) const {
  const auto* const seen = std::get_if<MarkerSeen>(&event.body);
  const auto capture = plan_->observe.find(firmware_attribute);
  if (seen == nullptr || seen->held || event.boot != boot_ || capture == plan_->observe.end()) return std::nullopt;
  const auto found = seen->hit.captures.find(capture->second);
  if (found == seen->hit.captures.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

bool FirmwareKeeper::had_power_since(std::uint64_t seq) const {
  return std::ranges::any_of(log_.after(seq), [](const Event& event) {
    const auto* const switched = std::get_if<PowerSwitched>(&event.body);
    return switched != nullptr && switched->wanted == Power::on && !switched->aside;
  });
}

std::optional<std::string> FirmwareKeeper::version_shown_since(std::uint64_t seq) const {
  std::optional<std::string> version;
  for (const Event& event : log_.after(seq)) {
    if (auto shown = version_in(event)) version = std::move(shown);
  }
  return version;
}

}  // namespace coldboot
