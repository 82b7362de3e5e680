#include "harness/bench/firmware_chip.hpp"

#include <utility>

#include <fmt/format.h>

namespace coldboot {

FirmwareChip::FirmwareChip(Parts parts, ChipInterlock& interlock, Lease* lease, Clock& clock, std::string where)
    : entry_(parts.entry),
      flasher_(std::move(parts.flasher)),
      lines_(std::move(parts.lines), parts.entry, clock, where),
      s5_button_(parts.s5_button),
      clear_cmos_(parts.clear_cmos),
      interlock_(interlock),
      lease_(lease),
      clock_(clock),
      where_(std::move(where)) {}

Result<FirmwareChip::Connected> FirmwareChip::connect(const Until& until) {
  if (is_reached_from_inside()) return Connected(*this, std::nullopt);
  if (lease_ != nullptr) {
    if (auto kept = lease_->chip_is_held(); !kept) return kept.error();
  }
  auto hold = entry_.s5 ? interlock_.hold_in_s5(*entry_.s5, *s5_button_, until) : interlock_.hold();
  if (!hold) {
    if (lease_ != nullptr && !interlock_.is_held()) lease_->chip_is_parted();  // another may have left lines driven
    return hold.error();
  }
  Connected connected(*this, std::move(*hold));
  if (auto done = lines_.connect(*connected.hold_, until); !done) {
    if (auto parted = connected.part(); !parted) return parted.error().within(done.error().text());
    return done.error();
  }
  return connected;
}

Result<void> FirmwareChip::part_for_the_dead() {
  Connected left(*this, interlock_.hold_for_the_dead());
  return left.part();
}

Result<void> FirmwareChip::clear_cmos(const Until& until) {
  if (!entry_.clear_cmos) return {};
  return press(*clear_cmos_, entry_.clear_cmos->press, clock_, until, where_);
}

Result<void> FirmwareChip::is_in_doubt() {
  return lease_ == nullptr ? Result<void>() : lease_->chip_is_in_doubt();
}

void FirmwareChip::settled() {
  if (lease_ != nullptr) lease_->chip_is_settled();
}

FirmwareChip::Connected::Connected(Connected&& from) noexcept
    : chip_(std::exchange(from.chip_, nullptr)), hold_(std::exchange(from.hold_, std::nullopt)) {}

FirmwareChip::Connected::~Connected() {
  if (chip_ != nullptr && hold_) (void)part();
}

Result<void> FirmwareChip::Connected::part() {
  if (!hold_) return {};
  if (auto off = chip_->lines_.disconnect(); !off) {
    hold_.reset();  // and stays in force
    return off.error().within("the lines of the firmware chip are not known to be off, so the DUT gets no power");
  }
  hold_->let_go();
  hold_.reset();
  if (chip_->lease_ != nullptr) chip_->lease_->chip_is_parted();
  return {};
}

}  // namespace coldboot
