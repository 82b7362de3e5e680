#include "harness/bench/read_flash.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/units.hpp"

namespace coldboot {
namespace {

constexpr const char* power_button = "the power button";
constexpr const char* which_relay = "Kind of relay; with the driver and the keys of another entry it is the same.";

/// Adds the keys by which a relay and its channel are named.
template <class T, class Contact>
keys::Object<T> with_contact(keys::Object<T> object, const DriverTables& drivers, Contact T::* contact) {
  return std::move(object).tables(
      "driver", drivers.relays, which_relay,
      [contact](T& into, const std::string& driver, std::map<std::string, std::string> own, const Place& place) {
        (into.*contact).device = {driver, std::move(own), place};
      });
}

struct ChannelDraft {
  ContactEntry contact;
  int channel = 1;
};

struct S5Draft {
  ContactEntry contact;
  int channel = 1;
  S5Entry entry;
  Nanos after = entry.after;
  Nanos press = entry.press;
  Nanos settle = entry.settle;
};

struct PressDraft {
  ContactEntry contact;
  int channel = 1;
  Nanos press = PressEntry().press;
};

ContactEntry contact_of(const ContactEntry& contact, int channel) {
  return {contact.device, channel};
}

/// A type that is read as `draft` says and kept as what `make` makes of it.
template <class To, class Draft>
keys::Type<To> made_from(const keys::Type<Draft>& draft, To (*make)(const Draft&)) {
  return {draft.shape, [read = draft.read, make](const Node& node, Findings& findings) -> std::optional<To> {
            const auto value = read(node, findings);
            if (!value) return std::nullopt;
            return make(*value);
          }};
}

template <class T>
keys::Object<T> with_channel(keys::Object<T> object) {
  return std::move(object).optional("channel", &T::channel, keys::integer(1, most_channels, "2"),
                                    "Channel, counted from 1.", "1");
}

keys::Type<ContactEntry> line_type(const DriverTables& drivers) {
  return made_from<ContactEntry, ChannelDraft>(
      with_channel(
          with_contact(keys::object<ChannelDraft>(
                           "chip line", "A line between programmer and chip, or its supply, that is switched."),
                       drivers, &ChannelDraft::contact)),
      [](const ChannelDraft& draft) { return contact_of(draft.contact, draft.channel); });
}

keys::Type<S5Entry> s5_type(const DriverTables& drivers) {
  return made_from<S5Entry, S5Draft>(
      with_channel(
          with_contact(keys::object<S5Draft>(
                           "S5",
                           "For a chip that is fed from standby power: the board gets its supply and its power "
                           "button is held until it is in S5. Here is what is wired across the button."),
                       drivers, &S5Draft::contact))
          .optional("after", &S5Draft::after, keys::duration("5 s"), "From the supply to the press.", "5 s")
          .optional("press", &S5Draft::press, keys::time_limit("6 s"), "How long it is held.", "6 s")
          .optional("settle", &S5Draft::settle, keys::duration("10 s"), "From letting go until the board is in S5.",
                    "10 s"),
      [](const S5Draft& draft) {
        return S5Entry{contact_of(draft.contact, draft.channel), draft.after, draft.press, draft.settle};
      });
}

keys::Type<PressEntry> clear_cmos_type(const DriverTables& drivers) {
  return made_from<PressEntry, PressDraft>(
      with_channel(with_contact(keys::object<PressDraft>(
                                    "clear CMOS",
                                    "A contact that is closed for a while after a write, with the supply off: the "
                                    "settings of one firmware may stop another one."),
                                drivers, &PressDraft::contact))
          .optional("press", &PressDraft::press, keys::time_limit("10 s"), "How long it is closed.", "10 s"),
      [](const PressDraft& draft) { return PressEntry{contact_of(draft.contact, draft.channel), draft.press}; });
}

/// "vcc on", "spi off", or a pause such as "2 s".
keys::Type<ChipMove> move_type() {
  const keys::Type<std::string> written = keys::text("vcc on");
  return {written.shape, [read = written.read](const Node& node, Findings& findings) -> std::optional<ChipMove> {
            const auto text = read(node, findings);
            if (!text) return std::nullopt;
            if (const auto pause = parse_duration(*text)) return ChipMove{.line = "", .on = false, .pause = *pause};
            const std::size_t blank = text->rfind(' ');
            const std::string way = blank == std::string::npos ? "" : text->substr(blank + 1);
            if (way == "on" || way == "off") return ChipMove{text->substr(0, blank), way == "on", {}};
            findings.mistake(node.place,
                             fmt::format("found \"{}\", expected a line and how to switch it, such as \"vcc "
                                         "on\", or a pause such as \"2 s\"",
                                         *text));
            return std::nullopt;
          }};
}

bool is_sha256(const std::string& text) {
  constexpr std::size_t digits = 64;
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

keys::Type<GoldenEntry> golden_type() {
  const std::string example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const auto hash = keys::checked<std::string>(
      keys::text(example), "64 digits as sha256sum prints them", [](const std::string& text) -> Result<void> {
        if (is_sha256(text)) return {};
        return Fault(Cause::mistake, "", fmt::format("found \"{}\", expected 64 digits 0-9 and a-f", text),
                     "sha256sum FILE prints them");
      });
  return keys::object<GoldenEntry>("golden", "The image that the chip is given back whenever its content is in doubt.")
      .required("file", &GoldenEntry::file, keys::path("golden.rom"), "Image, as large as the chip.")
      .optional("sha256", &GoldenEntry::sha256, hash, "Its SHA-256, so that no other file is taken for it.",
                "in `sha256-file`")
      .optional("sha256-file", &GoldenEntry::sha256_file, keys::path("golden.rom.sha256"),
                "File that its SHA-256 stands in, as sha256sum writes it and vendors publish it.", "`sha256` says it");
}

std::vector<ChipMove> all_lines_on(const FlashEntry& entry) {
  std::vector<ChipMove> moves;
  for (const auto& [name, line] : entry.lines) moves.push_back({name, true, {}});
  return moves;
}

/// What came on last goes off first: a chip without supply is fed through its bus.
std::vector<ChipMove> back_from(const std::vector<ChipMove>& connect) {
  std::vector<ChipMove> moves;
  std::set<std::string> off;
  for (auto move = connect.rbegin(); move != connect.rend(); ++move) {
    if (move->on && off.insert(move->line).second) moves.push_back({move->line, false, {}});
  }
  return moves;
}

/// The moves as written. Each line has to end as the whole is meant: a line that is forgotten is one that stays driven.
std::vector<ChipMove> checked_moves(const std::vector<keys::Placed<ChipMove>>& written, const FlashEntry& entry,
                                    bool on, Findings& findings) {
  std::vector<ChipMove> moves;
  std::set<std::string> left;
  for (const auto& [name, line] : entry.lines) left.insert(name);
  for (const auto& [move, place] : written) {
    moves.push_back(move);
    if (move.line.empty()) continue;
    if (!entry.lines.contains(move.line)) {
      findings.mistake(place, fmt::format("found the line {}, expected one of `lines`", move.line));
      continue;
    }
    if (move.on == on) {
      left.erase(move.line);
    } else {
      left.insert(move.line);
    }
  }
  if (!left.empty() && !written.empty()) {
    findings.mistake(written.front().place, fmt::format("found no \"{} {}\", expected each line to be {} in the end",
                                                        *left.begin(), on ? "on" : "off", on ? "on" : "off"));
  }
  return moves;
}

/// A contact that switches two things would give power while a line is driven, or the other way round.
class TakenContacts {
 public:
  explicit TakenContacts(Findings& findings) : findings_(findings) {}

  /// `shared`: what it may switch too.
  void take(const ContactEntry& contact, const std::string& what, std::string_view shared = "") {
    for (const auto& [other, its] : taken_) {
      if (other == shared || its.channel != contact.channel || its.device.driver != contact.device.driver ||
          its.device.keys != contact.device.keys)
        continue;
      findings_.mistake(contact.device.place, fmt::format("found channel {} of {} for {}, which switches {} already",
                                                          contact.channel, contact.device.driver, what, other));
    }
    taken_.emplace_back(what, contact);
  }

 private:
  Findings& findings_;
  std::vector<std::pair<std::string, ContactEntry>> taken_;
};

void check_contacts(const FlashDraft& draft, const PowerEntry& power, Findings& findings) {
  TakenContacts taken(findings);
  if (power.relay) taken.take({power.device, power.relay->channel}, "the DUT's power");
  if (power.button) taken.take({power.button->device, power.button->channel}, power_button);
  if (draft.s5) taken.take(draft.s5->button, "s5", power_button);  // which it often is
  if (draft.clear_cmos) taken.take(draft.clear_cmos->contact, "clear-cmos");
  for (const auto& line : draft.lines) taken.take(line.value, line.name);
}

}  // namespace

keys::Type<FlashDraft> flash_type(const DriverTables& drivers) {
  return keys::object<FlashDraft>("flash", "The DUT's firmware chip, and what reads and writes it.")
      .tables("driver", drivers.flashers, "Kind of programmer.",
              [](FlashDraft& flash, const std::string& driver, std::map<std::string, std::string> own,
                 const Place& place) { flash.device = {driver, std::move(own), place}; })
      .required("size", &FlashDraft::size_bytes, keys::size("8 MiB"),
                "Size of the chip; an image of any other is refused.")
      .optional("golden", &FlashDraft::golden, golden_type(),
                "The image that the chip is given back whenever its content is in doubt.")
      .optional("lines", &FlashDraft::lines, keys::entries(line_type(drivers)),
                "What is switched between programmer and chip, by name: supply, level, bus. The DUT gets no power "
                "while one of them is on.")
      .optional("connect", &FlashDraft::connect, keys::list(keys::placed(move_type())),
                "How programmer and chip are connected, in this order: a line and `on`, or a pause.",
                "all lines on, by name")
      .optional("disconnect", &FlashDraft::disconnect, keys::list(keys::placed(move_type())),
                "How they are parted again.", "all lines off, in the opposite order of `connect`")
      .optional("s5", &FlashDraft::s5, s5_type(drivers),
                "How the board is brought into S5, where that is the state in which the chip can be reached.",
                "the DUT's power is off")
      .optional("clear-cmos", &FlashDraft::clear_cmos, clear_cmos_type(drivers), "What is closed after a write.")
      .optional("discharge", &FlashDraft::discharge, keys::duration("10 s"),
                "From power off to touching the chip, and from letting go of it to power.", "the `off-min` of `power`")
      .optional("boots-within", &FlashDraft::boots_within, keys::time_limit("60 s"),
                "From power to the firmware's first sign of life, for a golden image that has been put back.", "60 s");
}

FlashEntry flash_entry(const FlashDraft& draft, const PowerEntry& power, Findings& findings) {
  if (draft.golden && draft.golden->sha256.empty() == draft.golden->sha256_file.empty()) {
    findings.mistake(draft.device.place, "found a golden image, expected it with either sha256 or sha256-file");
  }
  check_contacts(draft, power, findings);
  FlashEntry entry{.device = draft.device,
                   .size_bytes = draft.size_bytes,
                   .golden = draft.golden,
                   .s5 = draft.s5,
                   .clear_cmos = draft.clear_cmos,
                   .discharge = draft.discharge,
                   .boots_within = draft.boots_within};
  for (const auto& line : draft.lines) entry.lines.emplace(line.name, line.value);
  entry.connect = draft.connect ? checked_moves(*draft.connect, entry, true, findings) : all_lines_on(entry);
  entry.disconnect =
      draft.disconnect ? checked_moves(*draft.disconnect, entry, false, findings) : back_from(entry.connect);
  return entry;
}

}  // namespace coldboot
