#include "harness/bench/read_bench.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "harness/bench/read_flash.hpp"
#include "harness/file/document.hpp"
#include "harness/io/tee.hpp"

namespace coldboot {
namespace {

using keys::Entry;
using keys::Placed;

constexpr int ipv4_bits = 32;
constexpr int ipv6_bits = 128;
constexpr int most_retries = 20;

/// Whether `text` is a whole number from 0 to `most`.
bool is_prefix_length(std::string_view text, int most) {
  int bits = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  return error == std::errc() && end == text.data() + text.size() && bits >= 0 && bits <= most;
}

bool is_network_address(const std::string& text, bool with_prefix) {
  const auto slash = text.find('/');
  if ((slash != std::string::npos) != with_prefix) return false;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string address = text.substr(0, slash);
  const bool is_ipv4 = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!is_ipv4 && ::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  return !with_prefix || is_prefix_length(std::string_view(text).substr(slash + 1), is_ipv4 ? ipv4_bits : ipv6_bits);
}

/// A safe state as written; whether its keys fit together is checked afterwards.
struct SafeDraft {
  SafeState state = SafeState::off;
  std::optional<Placed<Nanos>> clean_for;
};

struct RetryDraft {
  int times = RelayEntry().retries;
  Nanos pause = RelayEntry().retry_pause;
};

struct EffectDraft {
  std::optional<Placed<Nanos>> silent_after_off;
  std::optional<Nanos> byte_after_on;
};

struct PowerDraft {
  DeviceEntry device;
  bool is_relay = false;
  int channel = RelayEntry().channel;  // these five a relay has, and no power switch of its own
  Wiring contact = RelayEntry().wiring;
  SupplySide side = RelayEntry().side;
  Nanos settle = RelayEntry().settle;
  RetryDraft retry;
  std::optional<ButtonEntry> button;
  Nanos off_min = PowerEntry().off_min;
  Nanos device_delay{};
  std::optional<Nanos> supply_delay;
  EffectDraft effect;
  SafeDraft safe;
};

/// Who may watch a live console.
enum class TeeFor { this_host, network };

struct ConsoleDraft {
  ConsoleEntry entry;
  std::optional<LineRate> line;
  Nanos key_delay{};
  Nanos wait_if_lost = entry.wait_if_lost;
  std::optional<Placed<std::string>> tee;
  TeeFor tee_for = TeeFor::this_host;
};

struct BenchDraft {
  std::string name;
  std::vector<std::string> tags;
  std::vector<Entry<std::string>> dut;
  Pace pace = Pace::real;
  PowerDraft power;
  std::vector<Entry<ConsoleDraft>> consoles;
  std::vector<Entry<DeviceEntry>> media;
  std::vector<Entry<PortEntry>> ports;
  std::optional<FlashDraft> flash;
};

DeviceEntry device_entry(const std::string& driver, std::map<std::string, std::string> own, const Place& place) {
  return {driver, std::move(own), place};
}

keys::Type<SafeDraft> safe_type() {
  return keys::object<SafeDraft>("safe state",
                                 "How the DUT is left when a run ends, however it ends; only a kill that no process "
                                 "can answer leaves it as it is.")
      .required("state", &SafeDraft::state,
                keys::word<SafeState>({{"off-cut", SafeState::off, "power is cut at once."},
                                       {"off-clean", SafeState::off_clean,
                                        "a system that is up is halted as its profile says, then power is cut."}}),
                "State to leave the DUT in.")
      .optional("clean-for", &SafeDraft::clean_for, keys::placed(keys::time_limit()),
                "How long a clean end may take before power is cut all the same; with `off-clean`.", "60 s");
}

keys::Type<Wiring> wiring_type() {
  return keys::word<Wiring>(
      {{"normally-open", Wiring::normally_open, "a relay without current leaves the DUT off, the safe way."},
       {"normally-closed", Wiring::normally_closed, "a relay without current, or without its cable, leaves it on."}});
}

keys::Type<SupplySide> side_type() {
  return keys::word<SupplySide>(
      {{"dc", SupplySide::dc, "between the supply and the DUT."},
       {"mains", SupplySide::mains,
        "before the supply, which takes a while to start: up to 4 s unless `supply-delay` knows better."}});
}

keys::Type<RetryDraft> retry_type() {
  return keys::object<RetryDraft>("retry", "What to do when a relay did not switch, or reads back otherwise.")
      .optional("times", &RetryDraft::times, keys::integer(0, most_retries, "2"),
                "How often switching is tried again; each try that failed is in the record.", "2")
      .optional("pause", &RetryDraft::pause, keys::duration("500 ms"), "Pause before each.", "500 ms");
}

keys::Type<EffectDraft> effect_type() {
  return keys::object<EffectDraft>("effect",
                                   "What proves that switching reached the DUT; a boot without it is an error.")
      .optional("silent-after-off", &EffectDraft::silent_after_off, keys::placed(keys::time_limit("2 s")),
                "The consoles fall silent within this time after power is cut. What is said later, before power comes "
                "back, comes from a DUT that still has power, maybe through its serial line; shorter than `off-min`.",
                "not looked at")
      .optional("byte-after-on", &EffectDraft::byte_after_on, keys::time_limit("5 s"),
                "The main console says something within this time after power came.", "not looked at");
}

keys::Type<ButtonEntry> button_type(const DriverTables& drivers) {
  return keys::object<ButtonEntry>(
             "button",
             "A channel of a relay across the DUT's power button, pressed after power came. The boot begins "
             "with the press.")
      .tables("driver", drivers.relays,
              "Kind of relay; with the driver and the keys of `power` it is another channel of the same.",
              [](ButtonEntry& button, const std::string& driver, std::map<std::string, std::string> own,
                 const Place& place) { button.device = device_entry(driver, std::move(own), place); })
      .optional("channel", &ButtonEntry::channel, keys::integer(1, most_channels, "2"), "Channel, counted from 1.", "1")
      .optional("after", &ButtonEntry::after, keys::duration("1 s"), "Pause between power and the press.", "1 s")
      .optional("press", &ButtonEntry::press, keys::time_limit("500 ms"),
                "How long it is held; many boards turn off when it is held for 4 s.", "500 ms");
}

std::map<std::string, keys::Table> switches_of(const DriverTables& drivers) {
  std::map<std::string, keys::Table> all = drivers.power;
  all.insert(drivers.relays.begin(), drivers.relays.end());
  return all;
}

std::vector<std::string> names_of(const std::map<std::string, keys::Table>& tables) {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables) names.push_back(name);
  return names;
}

keys::Type<PowerDraft> power_type(const DriverTables& drivers) {
  const keys::Words a_relay{names_of(drivers.relays), "a relay"};
  return keys::object<PowerDraft>("power", "What turns the DUT on and off.")
      .tables("driver", switches_of(drivers), "Kind of power switch, or of relay.",
              [relays = a_relay.words](PowerDraft& power, const std::string& driver,
                                       std::map<std::string, std::string> own, const Place& place) {
                power.device = device_entry(driver, std::move(own), place);
                power.is_relay = std::ranges::find(relays, driver) != relays.end();
              })
      .optional("channel", &PowerDraft::channel, keys::integer(1, most_channels, "1"), "Channel, counted from 1.", "1")
      .only_with(a_relay)
      .optional("contact", &PowerDraft::contact, wiring_type(), "How the DUT is wired to it.", "`normally-open`")
      .only_with(a_relay)
      .optional("side", &PowerDraft::side, side_type(), "Which side of the supply it cuts.", "`dc`")
      .only_with(a_relay)
      .optional("settle", &PowerDraft::settle, keys::duration("20 ms"), "Pause between switching and reading back.",
                "20 ms")
      .only_with(a_relay)
      .optional("retry", &PowerDraft::retry, retry_type(), "What to do when it did not switch.", "2 times")
      .only_with(a_relay)
      .optional("button", &PowerDraft::button, button_type(drivers),
                "For a DUT that stays off until its power button is pressed.")
      .optional("off-min", &PowerDraft::off_min, keys::duration(),
                "Power stays off at least this long before it comes back, so that supplies discharge.", "10 s")
      .optional("device-delay", &PowerDraft::device_delay, keys::duration("15 ms"),
                "The most the switch itself takes after taking a command; part of every uncertainty.", "0 s")
      .optional("supply-delay", &PowerDraft::supply_delay, keys::duration("4 s"),
                "The most the supply behind the switch takes to come up; part of every uncertainty.",
                "0 s, and 4 s behind a relay on the `mains` side")
      .optional("effect", &PowerDraft::effect, effect_type(), "What proves that switching reached the DUT.")
      .optional("safe", &PowerDraft::safe, safe_type(), "How the DUT is left when a run ends.", "state `off-cut`");
}

keys::Type<ConsoleDraft> console_type(const DriverTables& drivers) {
  const auto tee_address = keys::checked<std::string>(keys::text("127.0.0.1:7107"), "an address and a port",
                                                      [](const std::string& text) -> Result<void> {
                                                        const auto parsed = parse_tcp_address(text);
                                                        return parsed ? Result<void>() : parsed.error();
                                                      });
  return keys::object<ConsoleDraft>("console", "A serial console of the DUT.")
      .tables("driver", drivers.consoles, "Kind of console.",
              [](ConsoleDraft& console, const std::string& driver, std::map<std::string, std::string> own,
                 const Place& place) { console.entry.device = device_entry(driver, std::move(own), place); })
      .optional("line", &ConsoleDraft::line, keys::line_rate(),
                "Line rate; with it the arrival of each byte in a chunk is calculated back.")
      .optional("key-delay", &ConsoleDraft::key_delay, keys::duration("20 ms"),
                "Pause between characters we type: some loaders lose characters typed at full speed.", "0 s")
      .optional(
          "wait-if-lost", &ConsoleDraft::wait_if_lost, keys::duration("30 s"),
          "How long a boot waits for a console that was unplugged or cut off to come back. It is opened again and "
          "recorded on, but the boot is an error of the bench either way.",
          "30 s")
      .optional(
          "tee", &ConsoleDraft::tee, keys::placed(tee_address),
          "Port where a live copy of the console is to be had while a run goes on, for telnet or nc. What is typed "
          "there goes nowhere.",
          "no copy")
      .optional("tee-for", &ConsoleDraft::tee_for,
                keys::word<TeeFor>(
                    {{"this-host", TeeFor::this_host, "the address must be one that only this host reaches."},
                     {"network", TeeFor::network, "everybody who reaches the address may watch, without a password."}}),
                "Who may watch.", "`this-host`");
}

keys::Type<DeviceEntry> medium_type(const DriverTables& drivers) {
  return keys::object<DeviceEntry>("medium", "Something the DUT boots from whose content a configuration chooses.")
      .tables("driver", drivers.media, "Kind of medium.",
              [](DeviceEntry& medium, const std::string& driver, std::map<std::string, std::string> own,
                 const Place& place) { medium = device_entry(driver, std::move(own), place); });
}

keys::Type<std::string> network_address(bool with_prefix, const std::string& example) {
  const std::string expected = with_prefix ? "an IP address with its prefix" : "an IP address without a prefix";
  return keys::checked<std::string>(keys::text(example), expected, [=](const std::string& text) -> Result<void> {
    if (is_network_address(text, with_prefix)) return {};
    return Fault(Cause::mistake, "", fmt::format("found \"{}\", expected {} such as {}", text, expected, example));
  });
}

keys::Type<PortEntry> port_type(const DriverTables& drivers) {
  return keys::object<PortEntry>("port",
                                 "A host of ours on one of the DUT's networks, in a network namespace of its own.")
      .tables("driver", drivers.ports, "Kind of port.",
              [](PortEntry& port, const std::string& driver, std::map<std::string, std::string> own,
                 const Place& place) { port.device = device_entry(driver, std::move(own), place); })
      .required("address", &PortEntry::address, network_address(true, "192.168.1.50/24"),
                "Address of our host, with its prefix.")
      .optional("gateway", &PortEntry::gateway, network_address(false, "192.168.1.1"),
                "Where our host sends what is not of its network.", "nowhere");
}

keys::Type<BenchDraft> bench_type(const DriverTables& drivers) {
  return keys::object<BenchDraft>("bench", "A bench: one DUT and the devices wired to it.")
      .required("name", &BenchDraft::name, keys::name("apu2-07"), "Name of the bench, as reports show it.")
      .optional("tags", &BenchDraft::tags, keys::list(keys::name("apu2d4")), "What the bench is fit for.")
      .optional("dut", &BenchDraft::dut, keys::entries(keys::text("apu2d4"), keys::label()),
                "What is known about the DUT: model, serial, mac.")
      .optional(
          "pace", &BenchDraft::pace,
          keys::word<Pace>({{"real", Pace::real, "the machine's clock."},
                            {"replay", Pace::replay, "virtual time, for benches all of whose devices are replayed."}}),
          "Which clock the bench runs on.", "`real`")
      .required("power", &BenchDraft::power, power_type(drivers), "What turns the DUT on and off.")
      .required("consoles", &BenchDraft::consoles, keys::entries(console_type(drivers)),
                "Serial consoles by name; the first is the main one.")
      .optional("media", &BenchDraft::media, keys::entries(medium_type(drivers)),
                "What the DUT boots from, by name; a configuration says what is put there.")
      .optional("ports", &BenchDraft::ports, keys::entries(port_type(drivers)),
                "Hosts of ours on the DUT's networks, by the name of the network: lan, wan.")
      .optional("flash", &BenchDraft::flash, flash_type(drivers),
                "The DUT's firmware chip; opened only where it is to be read or written.");
}

SafeEntry safe_entry(const SafeDraft& draft, Findings& findings) {
  SafeEntry safe;
  safe.state = draft.state;
  if (!draft.clean_for) return safe;
  safe.clean_for = draft.clean_for->value;
  if (draft.state != SafeState::off_clean) {
    findings.mistake(draft.clean_for->place, "found clean-for with the state off-cut, expected it with off-clean only");
  }
  return safe;
}

RelayEntry relay_entry(const PowerDraft& draft) {
  return {.channel = draft.channel,
          .wiring = draft.contact,
          .side = draft.side,
          .settle = draft.settle,
          .retries = draft.retry.times,
          .retry_pause = draft.retry.pause};
}

/// What a relay on the mains side leaves open: adapters start within 4 s, most of them far sooner.
constexpr Nanos mains_supply_delay = std::chrono::seconds(4);

EffectEntry effect_entry(const EffectDraft& draft, Nanos off_min, Findings& findings) {
  EffectEntry effect;
  effect.byte_after_on = draft.byte_after_on;
  if (!draft.silent_after_off) return effect;
  effect.silent_after_off = draft.silent_after_off->value;
  if (*effect.silent_after_off >= off_min) {
    findings.mistake(draft.silent_after_off->place,
                     fmt::format("found {}, expected less than the {} that power stays off (off-min)",
                                 duration_text(*effect.silent_after_off), duration_text(off_min)),
                     "what is said between the two proves that power was not off");
  }
  return effect;
}

PowerEntry power_entry(const PowerDraft& draft, Findings& findings) {
  PowerEntry power;
  power.device = draft.device;
  if (draft.is_relay) power.relay = relay_entry(draft);
  power.button = draft.button;
  power.off_min = draft.off_min;
  power.device_delay = draft.device_delay;
  const bool on_mains = power.relay && power.relay->side == SupplySide::mains;
  power.supply_delay = draft.supply_delay.value_or(on_mains ? mains_supply_delay : Nanos(0));
  power.effect = effect_entry(draft.effect, power.off_min, findings);
  power.safe = safe_entry(draft.safe, findings);
  return power;
}

ConsoleEntry console_entry(const std::string& name, const ConsoleDraft& draft, Findings& findings) {
  ConsoleEntry console = draft.entry;
  console.name = name;
  console.line = draft.line;
  console.key_delay = draft.key_delay;
  console.wait_if_lost = draft.wait_if_lost;
  if (!draft.tee) return console;
  console.tee = *parse_tcp_address(draft.tee->value);
  if (draft.tee_for == TeeFor::this_host && !is_loopback(*console.tee)) {
    findings.mistake(draft.tee->place,
                     "found an address that other hosts may reach, expected one of this host such as 127.0.0.1:7107",
                     "with tee-for: network everybody may watch");
  }
  return console;
}

BenchFile bench_file(const BenchDraft& draft, const std::filesystem::path& file, Findings& findings) {
  BenchFile bench;
  bench.name = draft.name;
  bench.tags = draft.tags;
  for (const auto& attribute : draft.dut) bench.dut.emplace(attribute.name, attribute.value);
  bench.pace = draft.pace;
  bench.power = power_entry(draft.power, findings);
  for (const auto& console : draft.consoles) {
    bench.consoles.push_back(console_entry(console.name, console.value, findings));
  }
  for (const auto& medium : draft.media) bench.media.emplace(medium.name, medium.value);
  for (const auto& port : draft.ports) bench.ports.emplace(port.name, port.value);
  if (draft.flash) bench.flash = flash_entry(*draft.flash, bench.power, findings);
  bench.file = file;
  bench.inputs = {file};
  return bench;
}

}  // namespace

Reading<BenchFile> read_bench(std::string_view text, const std::filesystem::path& file, const DriverTables& drivers) {
  Findings findings;
  std::optional<BenchFile> bench;
  if (const auto draft = read_document(Kind::bench, bench_type(drivers), text, file, findings)) {
    bench = bench_file(*draft, file, findings);
    if (bench) bench->text = text;
  }
  return {std::move(bench), findings};
}

Reading<BenchFile> read_bench(const std::filesystem::path& file, const DriverTables& drivers) {
  const Result<std::string> text = read_text(file);
  if (!text) return Reading<BenchFile>(text.error());
  return read_bench(*text, file, drivers);
}

keys::ShapePtr bench_shape(const DriverTables& drivers) {
  return bench_type(drivers).shape;
}

}  // namespace coldboot
