#include "harness/event/event_codec.hpp"

#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/text.hpp"
#include "harness/event/time_line.hpp"

namespace coldboot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array all_causes{Cause::internal,  Cause::mistake, Cause::missing, Cause::busy,
                                Cause::refused,   Cause::io,      Cause::lost,    Cause::protocol,
                                Cause::disk_full, Cause::timeout, Cause::stopped, Cause::dut};
constexpr std::array all_verdicts{Verdict::skipped, Verdict::pass,  Verdict::inconclusive,
                                  Verdict::fail,    Verdict::error, Verdict::aborted};
constexpr std::array all_powers{Power::off, Power::on};
constexpr std::array all_endings{Ending::clean, Ending::cut};
constexpr std::array all_chip_outcomes{ChipOutcome::written, ChipOutcome::identical, ChipOutcome::unchanged,
                                       ChipOutcome::restored};

/// Each byte as the character of the same number, so that any bytes are valid JSON text and ASCII stays readable.
std::string text_of_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0U | byte >> 6U);
      text += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return text;
}

std::optional<std::string> bytes_of_text(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes += text[i];
      continue;
    }
    if ((first != 0xC2 && first != 0xC3) || i + 1 == text.size()) return std::nullopt;
    const auto second = static_cast<unsigned char>(text[++i]);
    bytes += static_cast<char>((first & 0x03U) << 6U | (second & 0x3FU));
  }
  return bytes;
}

// ---- values to JSON ----

class Line {
 public:
  Line(const Event& event, Instant origin) : origin_(origin) {
    json_["seq"] = event.seq;
    json_["t_ns"] = ns_since(origin, event.at);
    json_["boot"] = event.boot;
    json_["type"] = type_of(event.body);
  }

  template <class T>
  void put(const char* key, const T& value) {
    json_[key] = value;
  }
  void put(const char* key, Instant at) { json_[key] = ns_since(origin_, at); }
  void put(const char* key, Nanos duration) { json_[key] = duration.count(); }
  void put(const char* key, Power power) { json_[key] = name_of(power); }
  void put(const char* key, Ending ending) { json_[key] = name_of(ending); }
  void put(const char* key, ChipOutcome outcome) { json_[key] = name_of(outcome); }
  void put(const char* key, Verdict verdict) { json_[key] = name_of(verdict); }
  void put(const char* key, const LineRate& rate) { json_[key] = rate.text(); }
  void put(const char* key, const Fault& fault) {
    json_[key] = Json{
        {"cause", name_of(fault.cause())}, {"where", fault.where()}, {"what", fault.what()}, {"hint", fault.hint()}};
  }
  template <class T>
  void put(const char* key, const std::optional<T>& value) {
    if (value) put(key, *value);
  }

  [[nodiscard]] std::string text() const { return json_.dump(-1, ' ', false, Json::error_handler_t::replace); }

 private:
  Json json_;
  Instant origin_;
};

void put(Line& line, const BootStarted& body) {
  line.put("configuration", body.configuration);
  line.put("bench", body.bench);
  line.put("profile", body.profile);
  line.put("after", body.after);
}
void put(Line& line, const BootEnded& body) {
  line.put("bytes", body.bytes);
}
void put(Line& line, const PowerSwitched& body) {
  line.put("wanted", body.wanted);
  line.put("sent_ns", body.sent);
  line.put("returned_ns", body.returned);
  line.put("read_back", body.read_back);
  line.put("attempt", body.attempt);
  line.put("device_delay_ns", body.device_delay);
  if (body.aside) line.put("aside", true);
}
void put(Line& line, const MediumPut& body) {
  line.put("medium", body.medium);
  line.put("image", body.image);
  line.put("sha256", body.sha256);
  line.put("took_ns", body.took);
}
void put(Line& line, const ChipWork& body) {
  line.put("stage", body.stage);
}
void put(Line& line, const FirmwarePut& body) {
  line.put("image", body.image);
  line.put("sha256", body.sha256);
  line.put("version", body.version);
  line.put("programmer", body.programmer);
  line.put("chip", body.chip);
  line.put("outcome", body.outcome);
  line.put("read_back", body.read_back);
  line.put("backup", body.backup);
  line.put("log", body.log);
  line.put("took_ns", body.took);
  line.put("saved_ns", body.saved);
}
void put(Line& line, const ConsoleOpened& body) {
  line.put("console", body.console);
  line.put("device", body.device);
  line.put("line", body.line);
  line.put("resolution_ns", body.resolution);
  line.put("latency_ns", body.latency);
}
void put(Line& line, const ConsoleLost& body) {
  line.put("console", body.console);
  line.put("what", body.what);
}
void put(Line& line, const ConsoleErrors& body) {
  line.put("console", body.console);
  line.put("overruns", body.overruns);
  line.put("buffer_overruns", body.buffer_overruns);
  line.put("framing", body.framing);
  line.put("parity", body.parity);
}
void put(Line& line, const ConsoleSent& body) {
  line.put("console", body.console);
  line.put("bytes", text_of_bytes(body.bytes));
  line.put("at_offset", body.at_offset);
}
void put(Line& line, const CommandRun& body) {
  line.put("argv", body.argv);
  line.put("exit_status", body.exit_status);
  line.put("output", body.output);
  line.put("started_ns", body.started);
}
void put(Line& line, const StepStarted& body) {
  line.put("index", body.index);
  line.put("what", body.what);
}
void put(Line& line, const StepEnded& body) {
  line.put("index", body.index);
  line.put("verdict", body.verdict);
  if (body.fault != Fault()) line.put("fault", body.fault);
}
void put(Line& line, const FaultSeen& body) {
  line.put("fault", body.fault);
}
void put(Line& line, const StopRequested& body) {
  line.put("by", body.by);
  line.put("signal", body.signal);
}
void put(Line& line, const MadeSafe& body) {
  line.put("state", body.state);
  line.put("done", body.done);
  line.put("what", body.what);
}
void put(Line& line, const HostLoad& body) {
  line.put("processors_ns", body.processors);
  line.put("busy_ns", body.busy);
  line.put("stolen_ns", body.stolen);
  line.put("waited_ns", body.waited);
}
void put(Line& line, const Note& body) {
  line.put("text", body.text);
}
void put(Line&, const MarkerSeen&) {}  // live only, see is_live_only
void put(Line&, const FailureSeen&) {}

// ---- JSON to values ----

/// Takes fields out of one line and keeps the first thing that is wrong with it.
class Fields {
 public:
  Fields(const Json& json, Instant origin) : json_(json), origin_(origin) {}

  void get(const char* key, std::string& value) {
    if (const Json* field = find(key, &Json::is_string, "a text")) value = field->get_ref<const std::string&>();
  }
  void get(const char* key, bool& value) {
    if (const Json* field = find(key, &Json::is_boolean, "true or false")) value = field->get<bool>();
  }
  void get(const char* key, std::uint64_t& value) {
    if (const Json* field = find(key, &Json::is_number_unsigned, "a whole number from 0"))
      value = field->get<std::uint64_t>();
  }
  void get(const char* key, int& value) {
    const std::int64_t number = whole_number(key);
    if (!std::in_range<int>(number)) return wrong(key, "a number of at most 2147483647");
    value = static_cast<int>(number);
  }
  void get(const char* key, Nanos& value) { value = Nanos(plausible(key)); }
  void get(const char* key, Instant& value) { value = instant_at(origin_, plausible(key)); }
  void get(const char* key, Power& value) { named(key, all_powers, value); }
  void get(const char* key, Ending& value) { named(key, all_endings, value); }
  void get(const char* key, ChipOutcome& value) { named(key, all_chip_outcomes, value); }
  void get(const char* key, Verdict& value) { named(key, all_verdicts, value); }
  void get(const char* key, LineRate& value) {
    std::string text;
    get(key, text);
    const auto rate = parse_line_rate(text);
    if (!rate) return wrong(key, "a line rate such as 115200n8");
    value = *rate;
  }
  void get(const char* key, Fault& value) {
    const Json* object = find(key, &Json::is_object, "a fault with cause, where, what and hint");
    if (object == nullptr) return;
    Fields inner(*object, origin_);
    Cause cause = Cause::internal;
    std::string where;
    std::string what;
    std::string hint;
    inner.named("cause", all_causes, cause);
    inner.get("where", where);
    inner.get("what", what);
    inner.get("hint", hint);
    if (inner.problem_) problem_ = fmt::format("in \"{}\": {}", key, *inner.problem_);
    value = Fault(cause, where, what, hint);
  }
  void get(const char* key, std::vector<std::string>& values) {
    const Json* list = find(key, &Json::is_array, "a list of texts");
    if (list == nullptr) return;
    for (const Json& one : *list) {
      if (!one.is_string()) return wrong(key, "a list of texts");
      values.push_back(one.get_ref<const std::string&>());
    }
  }
  void get(const char* key, std::map<std::string, std::uint64_t>& values) {
    const Json* object = find(key, &Json::is_object, "whole numbers by name");
    if (object == nullptr) return;
    for (const auto& [name, one] : object->items()) {
      if (!one.is_number_unsigned()) return wrong(key, "whole numbers by name");
      values.emplace(name, one.get<std::uint64_t>());
    }
  }
  template <class T>
  void get(const char* key, std::optional<T>& value) {
    if (!json_.contains(key)) return;
    get(key, value.emplace());
  }
  void get_bytes(const char* key, std::string& value) {
    std::string text;
    get(key, text);
    auto bytes = bytes_of_text(text);
    if (!bytes) return wrong(key, "a text of characters up to U+00FF, one for each byte");
    value = std::move(*bytes);
  }

  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  void wrong(const char* key, std::string_view expected) {
    if (!problem_) problem_ = fmt::format("expected \"{}\" to be {}", key, expected);
  }

  const Json* find(const char* key, bool (Json::*is_right)() const noexcept, std::string_view expected) {
    const auto found = json_.find(key);
    if (found != json_.end() && ((*found).*is_right)()) return &*found;
    wrong(key, expected);
    return nullptr;
  }

  std::int64_t whole_number(const char* key) {
    const Json* field = find(key, &Json::is_number_integer, "a whole number");
    if (field == nullptr) return 0;
    if (field->is_number_unsigned() && !std::in_range<std::int64_t>(field->get<std::uint64_t>())) {
      wrong(key, "a whole number below 2^63");
      return 0;
    }
    return field->get<std::int64_t>();
  }

  std::int64_t plausible(const char* key) {
    const std::int64_t ns = whole_number(key);
    if (is_plausible_ns(ns)) return ns;
    wrong(key, "nanoseconds within a hundred years");
    return 0;
  }

  template <class T, std::size_t N>
  void named(const char* key, const std::array<T, N>& known, T& value) {
    std::string text;
    get(key, text);
    std::string names;
    for (const T one : known) {
      if (name_of(one) == text) {
        value = one;
        return;
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name_of(one));
    }
    wrong(key, fmt::format("one of {}", names));
  }

  const Json& json_;
  Instant origin_;
  std::optional<std::string> problem_;
};

void get(Fields& fields, BootStarted& body) {
  fields.get("configuration", body.configuration);
  fields.get("bench", body.bench);
  fields.get("profile", body.profile);
  fields.get("after", body.after);
}
void get(Fields& fields, BootEnded& body) {
  fields.get("bytes", body.bytes);
}
void get(Fields& fields, PowerSwitched& body) {
  fields.get("wanted", body.wanted);
  fields.get("sent_ns", body.sent);
  fields.get("returned_ns", body.returned);
  fields.get("read_back", body.read_back);
  fields.get("attempt", body.attempt);
  fields.get("device_delay_ns", body.device_delay);
  std::optional<bool> aside;
  fields.get("aside", aside);
  body.aside = aside.value_or(false);
}
void get(Fields& fields, MediumPut& body) {
  fields.get("medium", body.medium);
  fields.get("image", body.image);
  fields.get("sha256", body.sha256);
  std::optional<Nanos> took;
  fields.get("took_ns", took);
  body.took = took.value_or(Nanos(0));
}
void get(Fields& fields, ChipWork& body) {
  fields.get("stage", body.stage);
}
void get(Fields& fields, FirmwarePut& body) {
  fields.get("image", body.image);
  fields.get("sha256", body.sha256);
  fields.get("version", body.version);
  fields.get("programmer", body.programmer);
  fields.get("chip", body.chip);
  fields.get("outcome", body.outcome);
  fields.get("read_back", body.read_back);
  fields.get("backup", body.backup);
  fields.get("log", body.log);
  fields.get("took_ns", body.took);
  fields.get("saved_ns", body.saved);
}
void get(Fields& fields, ConsoleOpened& body) {
  fields.get("console", body.console);
  fields.get("device", body.device);
  fields.get("line", body.line);
  fields.get("resolution_ns", body.resolution);
  fields.get("latency_ns", body.latency);
}
void get(Fields& fields, ConsoleLost& body) {
  fields.get("console", body.console);
  fields.get("what", body.what);
}
void get(Fields& fields, ConsoleErrors& body) {
  fields.get("console", body.console);
  fields.get("overruns", body.overruns);
  fields.get("buffer_overruns", body.buffer_overruns);
  fields.get("framing", body.framing);
  fields.get("parity", body.parity);
}
void get(Fields& fields, ConsoleSent& body) {
  fields.get("console", body.console);
  fields.get_bytes("bytes", body.bytes);
  fields.get("at_offset", body.at_offset);
}
void get(Fields& fields, CommandRun& body) {
  fields.get("argv", body.argv);
  fields.get("exit_status", body.exit_status);
  fields.get("output", body.output);
  fields.get("started_ns", body.started);
}
void get(Fields& fields, StepStarted& body) {
  fields.get("index", body.index);
  fields.get("what", body.what);
}
void get(Fields& fields, StepEnded& body) {
  fields.get("index", body.index);
  fields.get("verdict", body.verdict);
  std::optional<Fault> fault;
  fields.get("fault", fault);
  body.fault = fault.value_or(Fault());
}
void get(Fields& fields, FaultSeen& body) {
  fields.get("fault", body.fault);
}
void get(Fields& fields, StopRequested& body) {
  fields.get("by", body.by);
  fields.get("signal", body.signal);
}
void get(Fields& fields, MadeSafe& body) {
  fields.get("state", body.state);
  fields.get("done", body.done);
  fields.get("what", body.what);
}
void get(Fields& fields, HostLoad& body) {
  fields.get("processors_ns", body.processors);
  fields.get("busy_ns", body.busy);
  fields.get("stolen_ns", body.stolen);
  fields.get("waited_ns", body.waited);
}
void get(Fields& fields, Note& body) {
  fields.get("text", body.text);
}

template <class Body>
constexpr bool is_written = !std::is_same_v<Body, MarkerSeen> && !std::is_same_v<Body, FailureSeen>;

template <class Body>
bool read_as(std::string_view type, Fields& fields, EventBody& into) {
  if constexpr (is_written<Body>) {
    Body body;
    if (type_of(body) != type) return false;
    get(fields, body);
    into = std::move(body);
    return true;
  } else {
    return false;
  }
}

template <std::size_t... I>
bool read_body(std::string_view type, Fields& fields, EventBody& into, std::index_sequence<I...>) {
  return (read_as<std::variant_alternative_t<I, EventBody>>(type, fields, into) || ...);
}

Fault not_an_event(std::string_view line, std::string_view why) {
  return Fault(Cause::protocol, "", fmt::format("no event: {} in \"{}\"", why, printable_line(line, 120)));
}

}  // namespace

std::string encode_event(const Event& event, Instant origin) {
  Line line(event, origin);
  std::visit([&](const auto& body) { put(line, body); }, event.body);
  return line.text();
}

Result<Event> decode_event(std::string_view text, Instant origin) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return not_an_event(text, "expected one JSON object");
  Fields fields(json, origin);
  Event event;
  std::string type;
  fields.get("seq", event.seq);
  fields.get("t_ns", event.at);
  fields.get("boot", event.boot);
  fields.get("type", type);
  constexpr auto bodies = std::make_index_sequence<std::variant_size_v<EventBody>>();
  const bool known = read_body(type, fields, event.body, bodies);
  if (fields.problem()) return not_an_event(text, *fields.problem());
  if (!known) return not_an_event(text, "expected a known \"type\"");
  return event;
}

}  // namespace coldboot
