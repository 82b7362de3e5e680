// What is looked at of the devices of a bench, opened one by one.

#include <algorithm>

#include <fmt/format.h>

#include "harness/bench/button_power.hpp"
#include "harness/bench/golden_image.hpp"
#include "harness/bench/leased_power.hpp"
#include "harness/bench/open_device.hpp"
#include "harness/bench/relay_power.hpp"
#include "harness/core/units.hpp"
#include "harness/doctor/checks.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

constexpr Nanos asking_limit = 5s;  // for what a device says of itself
constexpr Nanos longest_good_latency = 1ms;

// ------------------------------------------------------------------------------------------------ mending

template <class Device>
void mend(Examination& exam, const std::vector<Catalog::Kind<Device>>& kinds, const DeviceEntry& entry,
          const std::string& part) {
  const auto* kind = kind_of(kinds, entry);
  if (kind == nullptr || kind->mend == nullptr) return;
  for (const std::string& done : kind->mend(entry)) exam.ok(exam.place(part), "mended: " + done);
}

// ------------------------------------------------------------------------------------------------ opening

void open_console(Examination& exam, const ConsoleEntry& entry) {
  OpenContext here = exam.context_for(entry.name);
  here.line = entry.line;
  auto stream = open_device(exam.catalog.consoles, entry.device, entry.name, here);
  if (!stream) {
    exam.wrong(stream.error());
    return;
  }
  exam.ok(here.where, (*stream)->description());
  exam.open().consoles.push_back({entry, std::move(*stream)});
}

void open_medium(Examination& exam, const std::string& name, const DeviceEntry& entry) {
  OpenContext here = exam.context_for(name);
  auto medium = open_device(exam.catalog.media, entry, name, here);
  if (!medium) {
    exam.wrong(medium.error());
    return;
  }
  if (auto good = (*medium)->look(); !good) {
    exam.wrong(good.error());
  } else {
    exam.ok(here.where, fmt::format("{} is there", entry.driver));
  }
  exam.open().media.push_back(std::move(*medium));
}

void open_port(Examination& exam, const std::string& name, const PortEntry& entry) {
  OpenContext here = exam.context_for(name);
  auto network = NetworkNamespace::create(here.where);
  if (!network) {
    exam.wrong(network.error());
    return;
  }
  OpenDevices::Port opened{std::move(*network), nullptr};
  here.network = opened.network;
  auto port = open_device(exam.catalog.ports, entry.device, name, here);
  if (!port) {
    exam.wrong(port.error());
    return;
  }
  exam.ok(here.where, (*port)->description());
  opened.port = std::move(*port);
  exam.open().ports.push_back(std::move(opened));
}

/// The relay of an entry; the one that is open already where two entries name the same. Null where it does not open.
Relay* open_relay(Examination& exam, const DeviceEntry& entry, const std::string& part) {
  auto& relays = exam.open().relays;
  for (const auto& open : relays) {
    if (open.entry.driver == entry.driver && open.entry.keys == entry.keys) return open.relay.get();
  }
  OpenContext here = exam.context_for(part);
  auto relay = open_device(exam.catalog.relays, entry, part, here);
  if (!relay) {
    exam.wrong(relay.error());
    return nullptr;
  }
  exam.ok(here.where, (*relay)->description());
  relays.push_back({entry, std::move(*relay)});
  return relays.back().relay.get();
}

std::unique_ptr<PowerSwitch> open_supply(Examination& exam) {
  const PowerEntry& entry = exam.bench.power;
  OpenContext here = exam.context_for("power");
  if (entry.relay) {
    Relay* relay = open_relay(exam, entry.device, "power");
    if (relay == nullptr) return nullptr;
    return std::make_unique<RelayPower>(*relay, *entry.relay, here.where, exam.clock(), here.tell);
  }
  auto power = open_device(exam.catalog.power, entry.device, "power", here);
  if (!power) {
    exam.wrong(power.error());
    return nullptr;
  }
  exam.ok(here.where, fmt::format("{} is there", entry.device.driver));
  return std::move(*power);
}

void open_power(Examination& exam) {
  OpenDevices& open = exam.open();
  const auto& button = exam.bench.power.button;
  auto power = open_supply(exam);
  if (button) open.button = open_relay(exam, button->device, "button");
  if (power && open.button != nullptr) {
    power = std::make_unique<ButtonPower>(std::move(power), *open.button, *button, exam.place("button"), exam.clock());
  }
  if (!power || (button && open.button == nullptr)) return;
  if (exam.lease) power = std::make_unique<LeasedPower>(std::move(power), *exam.lease);
  open.power = std::move(power);
}

// ---------------------------------------------------------------------------------------- what they say

/// A device that was found and does not say what it is asked.
void wrong_when_asked(Examination& exam, const Fault& fault) {
  const bool is_mute = fault.cause() == Cause::timeout || fault.cause() == Cause::lost;
  exam.wrong(fault.where(), fault.what(),
             is_mute ? "is the device on, does it hang on this cable or this address, and does it answer by hand?"
                     : fault.hint());
}

void check_power_state(Examination& exam) {
  const std::string where = exam.place("power");
  const auto state = exam.open().power->state(exam.within(asking_limit));
  if (!state) {
    wrong_when_asked(exam, state.error());
  } else if (*state) {
    exam.ok(where, fmt::format("reads back that the DUT's power is {}", name_of(**state)));
  } else {
    exam.warning(where, "cannot be read back: its state is assumed",
                 "take a relay that can be asked; behind this one a silent DUT is an error of the bench");
  }
}

void check_button(Examination& exam, const ButtonEntry& button) {
  const std::string where = exam.place("button");
  const auto contact = exam.open().button->read(button.channel, exam.within(asking_limit));
  if (!contact) {
    wrong_when_asked(exam, contact.error());
  } else if (*contact == Contact::closed) {
    exam.wrong(where, fmt::format("channel {} is closed: the power button is held", button.channel),
               "open it, and see whether it is the channel of the button");
  } else {
    exam.ok(where, *contact ? "is not pressed" : "cannot be read back");
  }
}

void check_latency_of(Examination& exam, const OpenDevices::Console& console) {
  const std::string where = exam.place(console.entry.name);
  const std::string advice = console.stream->latency_advice();
  const auto latency = console.stream->latency();
  if (!latency && advice.empty()) {
    exam.ok(where, "nothing is known to hold its bytes back");
  } else if (!latency) {
    exam.warning(where, "how late its bytes are is not known, and no uncertainty accounts for it", advice);
  } else if (*latency > longest_good_latency) {
    exam.warning(where, fmt::format("its adapter holds bytes for up to {}", duration_text(*latency)), advice);
  } else {
    exam.ok(where, fmt::format("its adapter holds bytes for {} at most", duration_text(*latency)));
  }
}

void check_losses_of(Examination& exam, const OpenDevices::Console& console) {
  const std::string where = exam.place(console.entry.name);
  const auto errors = console.stream->errors();
  if (!errors) {
    exam.ok(where, "its port does not count lost bytes, so nothing would tell");
  } else if (errors->overruns + errors->buffer_overruns > 0) {
    exam.warning(where,
                 fmt::format("its port has counted {} lost bytes since it was plugged in",
                             errors->overruns + errors->buffer_overruns),
                 "another USB port, fewer devices at its hub, or an adapter with a larger buffer");
  } else {
    exam.ok(where, "its port counts lost bytes, and has counted none");
  }
}

}  // namespace

void mend_devices(Examination& exam) {
  if (!exam.options.fix || !exam.is_ours()) return;
  const PowerEntry& power = exam.bench.power;
  mend(exam, exam.catalog.relays, power.device, "power");
  if (power.button) mend(exam, exam.catalog.relays, power.button->device, "button");
  for (const ConsoleEntry& console : exam.bench.consoles) {
    mend(exam, exam.catalog.consoles, console.device, console.name);
  }
}

/// What writes the firmware chip, as far as it can be looked at while the DUT is left alone.
void check_flash(Examination& exam) {
  if (!exam.bench.flash) return;
  OpenContext here = exam.context_for("flash");
  here.size_bytes = exam.bench.flash->size_bytes;
  auto flasher = open_device(exam.catalog.flashers, exam.bench.flash->device, "flash", here);
  if (!flasher) {
    exam.wrong(flasher.error());
  } else if (auto good = (*flasher)->look_ahead({}, exam.within(asking_limit)); !good) {
    exam.wrong(good.error());
  } else {
    exam.ok(here.where, fmt::format("{}; the chip itself is not asked", (*flasher)->description()));
  }
  if (!exam.bench.flash->golden) {
    exam.warning(here.where, "no golden image is named: what a cut write leaves cannot be put right by itself",
                 "flash: golden names one");
  } else if (const auto golden = golden_image(exam.bench); !golden) {
    exam.wrong(golden.error().within("golden image"));
  } else {
    exam.ok(here.where, fmt::format("the golden image {} has its hash", golden->filename().string()));
  }
}

void check_devices(Examination& exam) {
  if (!exam.is_ours()) return;
  for (const ConsoleEntry& console : exam.bench.consoles) open_console(exam, console);
  for (const auto& [name, medium] : exam.bench.media) open_medium(exam, name, medium);
  for (const auto& [name, port] : exam.bench.ports) open_port(exam, name, port);
  check_flash(exam);
  open_power(exam);
}

void check_relays(Examination& exam) {
  if (exam.open().power) check_power_state(exam);
  if (exam.open().button != nullptr) check_button(exam, *exam.bench.power.button);
}

void check_latency(Examination& exam) {
  for (const auto& console : exam.open().consoles) check_latency_of(exam, console);
}

void check_losses(Examination& exam) {
  for (const auto& console : exam.open().consoles) check_losses_of(exam, console);
}

}  // namespace coldboot
