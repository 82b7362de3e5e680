#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/io/usb.hpp"
#include "tests/lab/usb_model.hpp"

namespace coldboot {

/// Emulated devices on a bus inside this process, where everything happens at once: an answer that would be too late is
/// a time-out, and a device that falls off the bus is back when it is looked for next, if it comes back.
class Shelf {
 public:
  void plug(UsbModel& model, const std::string& port) {
    model.plugged_in();
    plugged_[port] = {&model, ++last_address_};
  }
  void unplug(const std::string& port) {
    plugged_.at(port).model->pulled_out();
    plugged_.erase(port);
  }
  /// This user may not use what is plugged in there.
  void forbid(const std::string& port) { forbidden_.insert(port); }

  /// A bus with what is on the shelf, now and later.
  std::unique_ptr<UsbBus> bus() { return std::make_unique<Bus>(*this); }

 private:
  struct Plugged {
    UsbModel* model = nullptr;
    int address = 0;
  };

  class Device final : public UsbDevice {
   public:
    Device(Shelf& shelf, std::string port, Plugged plugged)
        : shelf_(shelf), port_(std::move(port)), plugged_(plugged) {}

    Result<void> send(const UsbSetup& setup, std::span<const std::uint8_t> data, const Until& until) override {
      const auto done = control(setup, data, data.size(), until);
      if (!done) return done.error();
      return {};
    }
    Result<std::vector<std::uint8_t>> receive(const UsbSetup& setup, std::size_t length, const Until& until) override {
      return control(setup, {}, length, until);
    }
    Result<void> write(std::uint8_t endpoint, std::span<const std::uint8_t> data, const Until&) override {
      if (!is_there()) return fault(UsbModel::Status::gone);
      const auto answer = plugged_.model->transfer(endpoint, data, data.size());
      if (answer.status != UsbModel::Status::done) return fault(answer.status);
      return {};
    }
    Result<std::vector<std::uint8_t>> read(std::uint8_t endpoint, std::size_t length, const Until&) override {
      if (!is_there()) return fault(UsbModel::Status::gone);
      const auto answer = plugged_.model->transfer(endpoint | 0x80U, {}, length);
      if (answer.status != UsbModel::Status::done) return fault(answer.status);
      return answer.data;
    }
    Result<void> claim(int) override { return {}; }
    Result<void> detach_driver(int) override {
      plugged_.model->driver_is(false);
      return {};
    }
    Result<void> attach_driver(int) override {
      plugged_.model->driver_is(true);
      return {};
    }
    Result<void> reset() override {
      plugged_.model->reset();
      return {};
    }
    Result<UsbInterruptEndpoints> interrupt_endpoints(int) override {
      UsbInterruptEndpoints found;
      const std::vector<std::uint8_t>& bytes = plugged_.model->identity().interface_and_endpoints;
      for (std::size_t at = 0; at + 3 < bytes.size(); at += std::max<std::size_t>(bytes[at], 1)) {
        if (bytes[at + 1] != 5 || (bytes[at + 3] & 3U) != 3) continue;
        ((bytes[at + 2] & 0x80U) != 0 ? found.from_device : found.to_device) = bytes[at + 2];
      }
      return found;
    }
    Result<UsbStrings> strings(const Until&) override {
      if (!is_there()) return fault(UsbModel::Status::gone);
      const UsbModel::Identity& id = plugged_.model->identity();
      return UsbStrings{id.manufacturer, id.name, id.serial};
    }

   private:
    [[nodiscard]] bool is_there() const {
      const auto found = shelf_.plugged_.find(port_);
      return found != shelf_.plugged_.end() && found->second.address == plugged_.address;
    }
    Result<std::vector<std::uint8_t>> control(const UsbSetup& setup, std::span<const std::uint8_t> data,
                                              std::size_t length, const Until&) {
      if (!is_there()) return fault(UsbModel::Status::gone);
      const auto answer = plugged_.model->control(
          {setup.request_type, setup.request, setup.value, setup.index, static_cast<std::uint16_t>(length)}, data);
      if (plugged_.model->is_gone()) return fault(UsbModel::Status::gone);
      if (answer.status != UsbModel::Status::done) return fault(answer.status);
      if (answer.after > std::chrono::seconds(1)) return fault(UsbModel::Status::no_answer);
      return answer.data;
    }
    static Fault fault(UsbModel::Status status) {
      switch (status) {
        case UsbModel::Status::gone: return Fault(Cause::lost, "shelf", "gone");
        case UsbModel::Status::stall: return Fault(Cause::protocol, "shelf", "stall");
        case UsbModel::Status::no_answer: return Fault(Cause::timeout, "shelf", "no answer");
        default: return Fault(Cause::io, "shelf", "disturbed");
      }
    }

    Shelf& shelf_;
    std::string port_;
    Plugged plugged_;
  };

  class Bus final : public UsbBus {
   public:
    explicit Bus(Shelf& shelf) : shelf_(shelf) {}
    Result<std::vector<UsbDeviceInfo>> devices() override {
      shelf_.let_those_come_back_that_do();
      std::vector<UsbDeviceInfo> found;
      for (const auto& [port, plugged] : shelf_.plugged_) {
        const UsbModel::Identity& id = plugged.model->identity();
        found.push_back({id.vendor, id.product, id.release, id.version, id.device_class, port, plugged.address});
      }
      return found;
    }
    Result<std::unique_ptr<UsbDevice>> open(const UsbDeviceInfo& device) override {
      const auto found = shelf_.plugged_.find(device.port);
      if (found == shelf_.plugged_.end() || found->second.address != device.address)
        return Fault(Cause::lost, "shelf", "gone");
      if (shelf_.forbidden_.contains(device.port)) return Fault(Cause::refused, "shelf", "no right to it");
      return std::unique_ptr<UsbDevice>(std::make_unique<Device>(shelf_, device.port, found->second));
    }

   private:
    Shelf& shelf_;
  };

  void let_those_come_back_that_do() {
    for (auto it = plugged_.begin(); it != plugged_.end();) {
      if (!it->second.model->is_gone()) {
        ++it;
      } else if (it->second.model->comes_back()) {
        it->second.model->plugged_in();
        it->second.address = ++last_address_;
        ++it;
      } else {
        it = plugged_.erase(it);
      }
    }
  }

  std::map<std::string, Plugged> plugged_;
  std::set<std::string> forbidden_;
  int last_address_ = 4;
};

}  // namespace coldboot
