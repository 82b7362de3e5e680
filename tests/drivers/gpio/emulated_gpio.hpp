#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drivers/gpio/gpio_chips.hpp"

namespace coldboot {

/// GPIO chips as the kernel keeps them: levels, who has a line, chips that come and go.
class EmulatedGpio {
 public:
  struct Line {
    std::string name;
    bool high = false;  ///< what is at the pin
    bool output = false;
    GpioDrive drive = GpioDrive::push_pull;
    bool used = false;
    std::string consumer;
    std::vector<std::string> edges;  ///< "high", "low"
  };
  struct Chip {
    std::string label;
    std::string device;
    std::vector<Line> lines;
    bool forbidden = false;  ///< to this user
  };

  Chip& plug(const std::string& node, Chip chip) {
    plugged_[node] = ++plugs_;
    return chips_[node] = std::move(chip);
  }
  void unplug(const std::string& node) {
    plugged_.erase(node);
    chips_.erase(node);
  }
  Line& line(const std::string& node, unsigned number) { return chips_.at(node).lines.at(number); }

  std::unique_ptr<GpioChips> chips() { return std::make_unique<View>(*this); }

 private:
  class Output final : public GpioOutput {
   public:
    Output(EmulatedGpio& gpio, std::string node, unsigned number, bool active_low)
        : gpio_(gpio), node_(std::move(node)), plug_(gpio.plugged_.at(node_)), number_(number), low_(active_low) {}
    ~Output() override {
      if (is_there()) gpio_.line(node_, number_).used = false;
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    Result<void> put(bool active) override {
      if (!is_there()) return gone();
      Line& line = gpio_.line(node_, number_);
      const bool high = active != low_;
      if (line.high != high) line.edges.emplace_back(high ? "high" : "low");
      line.high = high;
      return {};
    }
    Result<bool> is_active() override {
      if (!is_there()) return gone();
      return gpio_.line(node_, number_).high != low_;
    }

   private:
    [[nodiscard]] bool is_there() const {
      const auto found = gpio_.plugged_.find(node_);
      return found != gpio_.plugged_.end() && found->second == plug_;
    }
    [[nodiscard]] Fault gone() const { return Fault(Cause::lost, node_, "No such device"); }

    EmulatedGpio& gpio_;
    std::string node_;
    int plug_;
    unsigned number_;
    bool low_;
  };

  class View final : public GpioChips {
   public:
    explicit View(EmulatedGpio& gpio) : gpio_(gpio) {}

    Result<GpioListing> list() override {
      GpioListing listing;
      for (const auto& [node, chip] : gpio_.chips_) {
        if (chip.forbidden) {
          listing.silent.emplace_back(Cause::refused, node, "opening it: Permission denied", "a udev rule");
          continue;
        }
        GpioChipInfo info{node, chip.label, chip.device, {}};
        for (const Line& line : chip.lines) info.lines.push_back({line.name, line.used, line.consumer});
        listing.found.push_back(std::move(info));
      }
      return listing;
    }

    Result<std::unique_ptr<GpioOutput>> take(const GpioChipInfo& chip, unsigned number, const GpioUse& use) override {
      Line& line = gpio_.line(chip.node, number);
      if (line.used) {
        return Fault(Cause::busy, fmt::format("{} line {}", chip.node, number),
                     fmt::format("it is in use by \"{}\"", line.consumer));
      }
      line.used = true;
      line.consumer = use.consumer;
      line.output = true;
      line.drive = use.drive;
      return std::unique_ptr<GpioOutput>(std::make_unique<Output>(gpio_, chip.node, number, use.active_low));
    }

   private:
    EmulatedGpio& gpio_;
  };

  std::map<std::string, Chip> chips_;
  std::map<std::string, int> plugged_;  // which plug of it this is
  int plugs_ = 0;
};

}  // namespace coldboot
