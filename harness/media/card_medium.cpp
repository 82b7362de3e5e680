#include "harness/media/card_medium.hpp"

#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "harness/core/pause.hpp"
#include "harness/core/units.hpp"
#include "harness/io/lock_file.hpp"
#include "harness/media/write_image.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos switching_limit = 10s;
constexpr Nanos appearing_limit = 15s;  // slow readers take 5 s from the switch to the disk
constexpr Nanos look_again = 100ms;     // sysfs tells nobody that it changed, and udev may not be here
constexpr Nanos settling = 1s;          // between the card's arrival at the DUT and power

Fault untouched(const Fault& fault) {
  return Fault(fault.cause(), fault.where(), fault.what() + "; nothing was written to the card", fault.hint());
}

}  // namespace

std::string card_lock(const std::string& driver, std::string id) {
  for (char& letter : id) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' || letter == '-';
    if (!is_plain) letter = '_';
  }
  return fmt::format("card-{}-{}.lock", driver, id);
}

Result<std::unique_ptr<ImageTarget>> CardMediumConfig::open_target(const Disk& disk, DiskUse use) {
  auto file = open_disk(disk, use);
  if (!file) return file.error();
  return opened_target(std::move(*file), disk.node(), disk.bytes);
}

Result<void> CardMedium::put(const std::filesystem::path& image, const Until& until) {
  if (auto written = write(image, {}, until); !written) return written.error();
  return {};
}

Result<MediumContent> CardMedium::write(const std::filesystem::path& image, const Tell& tell, const Until& until) {
  const auto looked = fitting_image(image);
  if (!looked) return looked.error();
  return with_card_here(
      DiskUse::write, [&](ImageTarget& card) { return write_image(*looked, card, clock_, tell, until); }, until);
}

Result<MediumContent> CardMedium::verify(const std::filesystem::path& image, const Tell& tell, const Until& until) {
  const auto looked = fitting_image(image);
  if (!looked) return looked.error();
  return with_card_here(
      DiskUse::read, [&](ImageTarget& card) { return compare_image(*looked, card, clock_, tell, until); }, until);
}

/// Looked at before anything is switched.
Result<Image> CardMedium::fitting_image(const std::filesystem::path& file) const {
  auto image = look_at_image(file);
  if (!image) return image;
  if (auto fits = check_fits(*image, config_.bytes, config_.where); !fits) return fits.error();
  return image;
}

Result<MediumContent> CardMedium::with_card_here(DiskUse use, const Work& work, const Until& until) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  const auto lock = LockFile::acquire(*folder / config_.lock, config_.where);
  if (!lock) return lock.error();
  const auto before = switch_->side(until);
  if (!before) return seen_from_here(untouched(before.error()));
  bool is_torn = false;
  auto outcome = work_on_card(use, work, until, is_torn);
  if (is_torn) {
    const Fault fault = seen_from_here(outcome.error());
    return Fault(fault.cause(), fault.where(),
                 fault.what() + "; the card stays with the host, so that the DUT does not boot from it", fault.hint());
  }
  const bool is_good = outcome && !outcome->differs_at;
  const CardSide to = is_good ? CardSide::dut : before->value_or(CardSide::dut);
  const auto back = give(to);
  if (back && outcome) return outcome;
  if (back) return seen_from_here(outcome.error());
  if (outcome)
    return seen_from_here(back.error().within(fmt::format("the card is done, but does not go to {}", name_of(to))));
  const Fault fault = seen_from_here(outcome.error());
  return Fault(
      fault.cause(), fault.where(),
      fmt::format("{}; and the card does not go back to {}: {}", fault.what(), name_of(to), back.error().what()),
      fault.hint());
}

/// The card's disk is closed again when this returns. `is_torn`: something was written to it, and not all.
Result<MediumContent> CardMedium::work_on_card(DiskUse use, const Work& work, const Until& until, bool& is_torn) {
  if (auto turned = switch_->turn(CardSide::host, until); !turned) return untouched(turned.error());
  const auto disk = wait_for_card(until);
  if (!disk) return untouched(disk.error());
  if (auto free = config_.disks.check_is_free(*disk, config_.bytes); !free) return untouched(free.error());
  const auto card = config_.open(*disk, use);
  if (!card) return untouched(card.error());
  auto outcome = work(**card);
  is_torn = !outcome && (*card)->is_touched();
  return outcome;
}

Result<Disk> CardMedium::wait_for_card(const Until& until) {
  const Instant latest = clock_.now() + appearing_limit;
  while (true) {
    const auto reader = switch_->reader(until);
    if (!reader) return reader.error();
    const auto disk = config_.disks.of_reader(*reader);
    if (!disk) return disk.error();
    if (*disk) return **disk;
    if (clock_.now() >= latest) {
      return Fault(Cause::timeout, config_.where,
                   fmt::format("no disk at usb {} within {} after {} was switched to the host",
                               reader->port.empty() ? reader->hub : reader->port, duration_text(appearing_limit),
                               switch_->description()),
                   "is the card in the multiplexer?");
    }
    if (auto waited = let_pass(clock_, look_again, until, config_.where); !waited) return waited.error();
  }
}

/// Not to be stopped by what stopped the rest: a card left at the host is a DUT that does not boot.
Result<void> CardMedium::give(CardSide to) {
  const Until soon(clock_.now() + switching_limit);
  if (auto turned = switch_->turn(to, soon); !turned) return turned;
  return let_pass(clock_, settling, soon, config_.where);
}

Fault CardMedium::seen_from_here(const Fault& fault) const {
  if (fault.where() == config_.where) return fault;
  const std::string what = fault.where().empty() ? fault.what() : fmt::format("{}: {}", fault.where(), fault.what());
  return Fault(fault.cause(), config_.where, what, fault.hint());
}

}  // namespace coldboot
