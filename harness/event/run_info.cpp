#include "harness/event/run_info.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/core/digest.hpp"
#include "harness/event/time_line.hpp"

namespace coldboot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kind = "run/1";

std::string clock_text(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Json json_of(const InputRecord& input) {
  return Json{{"path", input.path}, {"copy", input.copy}, {"sha256", input.sha256}, {"bytes", input.bytes}};
}

/// A whole number that is a plausible time; a JSON exception otherwise, caught where the file is read.
std::int64_t time_field(const Json& json, const char* key) {
  const Json& field = json.at(key);
  if (!field.is_number_integer()) throw std::runtime_error(fmt::format("expected \"{}\" to be whole nanoseconds", key));
  const auto ns = field.get<std::int64_t>();
  if (!is_plausible_ns(ns)) throw std::runtime_error(fmt::format("\"{}\" is not within a hundred years", key));
  return ns;
}

InputRecord input_from(const Json& json) {
  InputRecord input;
  json.at("path").get_to(input.path);
  json.at("copy").get_to(input.copy);
  json.at("sha256").get_to(input.sha256);
  if (!json.at("bytes").is_number_unsigned()) throw std::runtime_error("expected \"bytes\" to be a whole number");
  json.at("bytes").get_to(input.bytes);
  return input;
}

RunInfo info_from(const Json& json) {
  if (json.at("coldboot") != kind) throw std::runtime_error(fmt::format("expected \"coldboot\" to be \"{}\"", kind));
  RunInfo info;
  json.at("scenario").get_to(info.scenario);
  json.at("title").get_to(info.title);
  json.at("requirement").get_to(info.requirement);
  json.at("host").get_to(info.host);
  json.at("version").get_to(info.version);
  info.boots = json.value("boots", 0);
  const Json& anchor = json.at("anchor");
  info.anchor.utc = UtcTime(Nanos(time_field(anchor, "utc_ns")));
  info.anchor.origin = Instant(Nanos(time_field(anchor, "monotonic_ns")));
  for (const Json& input : json.at("inputs")) info.inputs.push_back(input_from(input));
  if (json.contains("ended_ns")) info.ended = instant_at(info.anchor.origin, time_field(json, "ended_ns"));
  return info;
}

}  // namespace

std::string utc_text(UtcTime time) {
  return clock_text(time) + "Z";
}

std::string encode_run_info(const RunInfo& info) {
  const auto nanos =
      info.anchor.utc.time_since_epoch() - std::chrono::floor<std::chrono::seconds>(info.anchor.utc.time_since_epoch());
  Json json{{"coldboot", kind},  {"scenario", info.scenario}, {"title", info.title}, {"requirement", info.requirement},
            {"host", info.host}, {"version", info.version},   {"boots", info.boots}};
  json["anchor"] = Json{{"utc", fmt::format("{}.{:09}Z", clock_text(info.anchor.utc), nanos.count())},
                        {"utc_ns", info.anchor.utc.time_since_epoch().count()},
                        {"monotonic_ns", info.anchor.origin.time_since_epoch().count()}};
  json["inputs"] = Json::array();
  for (const InputRecord& input : info.inputs) json["inputs"].push_back(json_of(input));
  if (info.ended) json["ended_ns"] = ns_since(info.anchor.origin, *info.ended);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RunInfo> decode_run_info(std::string_view text) {
  // The library reports by exception what is absent or of another type; here they become a fault.
  try {
    return info_from(Json::parse(text));
  } catch (const Json::parse_error& wrong) {
    return Fault(Cause::protocol, "run.json", fmt::format("is no JSON from byte {} on", wrong.byte));
  } catch (const Json::exception& wrong) {
    const std::string_view what = wrong.what();  // "[json.exception.out_of_range.403] key 'host' not found"
    return Fault(Cause::protocol, "run.json",
                 fmt::format("is not as run.schema.json says: {}", what.substr(what.find(']') + 2)));
  } catch (const std::exception& wrong) {
    return Fault(Cause::protocol, "run.json", wrong.what());
  }
}

Result<std::string> sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const int why = errno;
    return Fault(why == ENOENT ? Cause::missing : Cause::io, file.string(), std::strerror(why));
  }
  Digest hash;
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    hash.add({reinterpret_cast<const std::uint8_t*>(block.data()), static_cast<std::size_t>(in.gcount())});
  }
  if (in.bad()) return Fault(Cause::io, file.string(), "could not be read to its end");
  return hash.take_hex();
}

}  // namespace coldboot
