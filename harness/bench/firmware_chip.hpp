#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/bench/chip_interlock.hpp"
#include "harness/bench/chip_lines.hpp"
#include "harness/bench/lease.hpp"
#include "harness/device/flasher.hpp"

namespace coldboot {

/// A DUT's firmware chip and all that is needed to reach it; its programmer is ours while this lives.
class FirmwareChip {
 public:
  struct Parts {
    const FlashEntry& entry;
    std::unique_ptr<Flasher> flasher;
    std::map<std::string, Channel> lines;
    std::optional<Channel> s5_button;
    std::optional<Channel> clear_cmos;
  };

  /// The chip, connected to its programmer. It is parted from it in any case.
  class Connected {
   public:
    Connected(Connected&& from) noexcept;
    Connected& operator=(Connected&&) = delete;
    Connected(const Connected&) = delete;
    Connected& operator=(const Connected&) = delete;
    ~Connected();

    [[nodiscard]] Flasher& flasher() const { return *chip_->flasher_; }

    /// Lines off; power may come afterwards. Faults: those of the lines. The DUT gets no power then, from nobody.
    Result<void> part();

   private:
    friend class FirmwareChip;
    Connected(FirmwareChip& chip, std::optional<ChipInterlock::Hold> hold) : chip_(&chip), hold_(std::move(hold)) {}

    FirmwareChip* chip_;
    std::optional<ChipInterlock::Hold> hold_;
  };

  /// `lease` is null where nobody can be told of a crash; `where` names the chip in faults.
  FirmwareChip(Parts parts, ChipInterlock& interlock, Lease* lease, Clock& clock, std::string where);

  [[nodiscard]] std::string description() const { return flasher_->description(); }
  /// See Flasher.
  [[nodiscard]] Result<void> look_ahead(const std::vector<std::string>& regions, const Until& until) {
    return flasher_->look_ahead(regions, until);
  }
  [[nodiscard]] bool is_reached_from_inside() const { return flasher_->from_inside(); }
  [[nodiscard]] const FlashEntry& entry() const { return entry_; }
  /// Since when the DUT is known to have no power; nothing where it may have some.
  [[nodiscard]] std::optional<Instant> off_since() const { return interlock_.off_since(); }

  /// Brings programmer and chip together. Power is off before, and after that the DUT is off or in S5 as the bench
  /// says; of a chip that is reached from inside the DUT, this does nothing. Faults: `refused` where power is not known
  /// to be off; those of the lines, of power and of the S5 button.
  Result<Connected> connect(const Until& until);

  /// Sees to it that what somebody who died left connected is parted. Same faults as Connected::part().
  Result<void> part_for_the_dead();

  /// Closes the bench's clear-cmos contact for as long as it says; nothing where it has none. Power is off.
  Result<void> clear_cmos(const Until& until);

  /// What the chip holds is nobody's to say until settled() is called, even if this host should crash.
  Result<void> is_in_doubt();
  void settled();

 private:
  const FlashEntry& entry_;
  std::unique_ptr<Flasher> flasher_;
  ChipLines lines_;
  std::optional<Channel> s5_button_;
  std::optional<Channel> clear_cmos_;
  ChipInterlock& interlock_;
  Lease* lease_;
  Clock& clock_;
  const std::string where_;
};

}  // namespace coldboot
