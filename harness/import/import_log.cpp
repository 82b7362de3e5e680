#include "harness/import/import_log.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "harness/core/units.hpp"
#include "harness/import/time_line.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

// Where origins are put on the line of time. Far from its zero, so that Instant{} as a lower bound means "unknown".
constexpr Instant origin_instant{Nanos(10 * 366 * 24h)};

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool starts_as_utf16(std::string_view bytes) {
  return bytes.substr(0, 2) == "\xff\xfe" || bytes.substr(0, 2) == "\xfe\xff";
}

/// The raw bytes and where each line went; fills the stamps met on the way.
struct Splitter {
  const StampScheme& scheme;
  ImportedLog& log;
  std::vector<LineStamp> stamps;
  std::uint64_t file_offset = 0;
  bool line_too_long = false;

  void take(std::string_view line, std::size_t skipped) {
    std::string& raw = log.record.consoles.front().raw;
    const PeeledLine peeled = peel(line.substr(skipped), scheme);
    const std::size_t prefix = skipped + peeled.prefix;
    line_too_long = line_too_long || line.size() > std::numeric_limits<std::uint32_t>::max();
    log.lines.push_back({file_offset, raw.size(), static_cast<std::uint32_t>(prefix)});
    if (peeled.source) {
      stamps.push_back({log.lines.size(), peeled.source->value});
    }
    raw.append(line.substr(prefix));
    file_offset += line.size();
  }
};

std::vector<LineStamp> split_lines(std::string_view bytes, ImportedLog& log, bool& line_too_long) {
  Splitter splitter{.scheme = log.scheme, .log = log};
  log.record.consoles.front().raw.reserve(bytes.size());
  std::size_t mark = bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  for_each_line(bytes, [&](std::string_view line) {
    splitter.take(line, mark);
    mark = 0;
  });
  line_too_long = splitter.line_too_long;
  return std::move(splitter.stamps);
}

/// Makes the chunks of the console, one for each line that has bytes of its own.
class ChunkMaker {
 public:
  ChunkMaker(ImportedLog& log, Instant lower_bound)
      : log_(log), console_(log.record.consoles.front()), last_(lower_bound) {}

  void stamped_line(std::size_t line, Instant at) {
    bound_waiting(at);
    add(line, {.arrival = at, .not_before = log_.stamped_byte == StampedByte::first ? at : last_, .stamped = true});
    last_ = at;
  }

  void bare_line(std::size_t line) { add(line, {.arrival = Instant::max(), .not_before = last_, .stamped = false}); }

 private:
  void add(std::size_t line, Chunk chunk) {
    const std::uint64_t begin = log_.lines[line - 1].raw_offset;
    const std::uint64_t end = line < log_.lines.size() ? log_.lines[line].raw_offset : console_.raw.size();
    if (begin == end) {
      return;
    }
    chunk.offset = begin;
    chunk.length = static_cast<std::uint32_t>(end - begin);
    console_.chunks.push_back(chunk);
    if (chunk.stamped) {
      waiting_from_ = console_.chunks.size();
    }
  }

  /// Lines without a stamp came before the next one that has.
  void bound_waiting(Instant at) {
    for (; waiting_from_ < console_.chunks.size(); ++waiting_from_) {
      console_.chunks[waiting_from_].arrival = at;
    }
  }

  ImportedLog& log_;
  ConsoleRecord& console_;
  Instant last_;
  std::size_t waiting_from_ = 0;  // the first chunk whose upper bound is not known yet
};

void make_chunks(ImportedLog& log, const std::vector<LineTime>& times, Nanos zero, Instant lower_bound) {
  ChunkMaker maker(log, lower_bound);
  auto next = times.begin();
  for (std::size_t line = 1; line <= log.lines.size(); ++line) {
    if (next != times.end() && next->line == line) {
      maker.stamped_line(line, origin_instant + (next->at - zero));
      ++next;
    } else {
      maker.bare_line(line);
    }
  }
}

void add_events(ImportedLog& log, bool power_at_origin) {
  const ConsoleRecord& console = log.record.consoles.front();
  const ConsoleOpened opened{
      .console = console.name, .device = log.name, .line = {}, .resolution = console.resolution, .latency = {}};
  std::vector<EventBody> bodies{BootStarted{}, opened};
  if (power_at_origin) {
    bodies.emplace_back(PowerSwitched{.wanted = Power::on, .sent = log.origin, .returned = log.origin});
  }
  for (EventBody& body : bodies) {
    const std::uint64_t seq = log.record.events.size() + 1;
    log.record.events.push_back({.seq = seq, .at = log.origin, .boot = log.record.number, .body = std::move(body)});
  }
}

Nanos resolution_of(int digits) {
  Nanos step = 1s;
  for (; digits > 0; --digits) {
    step /= 10;
  }
  return step;
}

/// What a stamp of the scheme looks like, for people.
std::string picture(const StampScheme& scheme) {
  const std::string text = scheme.since_previous ? fmt::format("{}, since the line before", name_of(scheme.source.form))
                                                 : std::string(name_of(scheme.source.form));
  return scheme.source.bracketed ? "[" + text + "]" : text;
}

std::string describe(const ImportedLog& log, const TimeLine& line) {
  const std::size_t lines = log.lines.size();
  if (log.scheme.source.form == StampForm::none) {
    return fmt::format("{} lines without times", lines);
  }
  std::string text = fmt::format("{} lines, {} with a time: {}, resolution {}", lines, line.times.size(),
                                 picture(log.scheme), duration_text(log.record.consoles.front().resolution));
  if (!line.times.empty()) {
    const Nanos length = line.times.back().at - line.times.front().at;
    text += fmt::format(", {} from line {} to line {}", seconds_text(length), line.times.front().line,
                        line.times.back().line);
  }
  if (is_dut_stamp(log.scheme.source.form)) {
    text += "; the DUT's own clock";
  }
  if (log.scheme.prefixes.size() > 1) {
    text += fmt::format("; {} stamps in front of each line, the first counts", log.scheme.prefixes.size());
  }
  return text;
}

StampedByte usual_byte(const StampStyle& source) {
  // ts reads whole lines and writes its stamp bare; terminal programs and grabserial write "[time] " as a line begins,
  // and a kernel stamps a message before it prints it.
  return source.bracketed || source.form == StampForm::none ? StampedByte::first : StampedByte::last;
}

void add_notes(ImportedLog& log, const ImportOptions& options, TimeLine& line) {
  log.notes = log.scheme.refused;
  std::move(line.notes.begin(), line.notes.end(), std::back_inserter(log.notes));
  if (log.scheme.since_previous) {
    log.notes.push_back(
        fmt::format("times are sums of {} rounded steps and drift by up to one resolution each", log.scheme.seen));
  }
  log.stopwatch = log.scheme.source.form == StampForm::clock && !line.times.empty() && line.times.front().at < 5min;
  if (log.stopwatch && options.origin == LogOrigin::first_stamp && line.times.front().at > 0s) {
    log.notes.push_back("the stamps look like a stopwatch's: with its zero as origin the boot is " +
                        seconds_text(line.times.front().at) + " longer");
  }
}

/// A stopwatch can have been started with the power. Dates have no such zero, and a kernel's clock starts when the
/// kernel does.
bool has_zero(const StampScheme& scheme, const TimeLine& line) {
  const StampForm form = scheme.source.form;
  const bool date = form == StampForm::date_time || form == StampForm::month_day;
  const bool epoch = !line.times.empty() && line.times.front().at > 366 * 24h;
  return scheme.since_previous || (form != StampForm::none && !date && !epoch && !is_dut_stamp(form));
}

}  // namespace

std::size_t ImportedLog::line_of(std::uint64_t offset) const {
  const auto after = std::upper_bound(lines.begin(), lines.end(), offset,
                                      [](std::uint64_t at, const ImportedLine& line) { return at < line.raw_offset; });
  return static_cast<std::size_t>(after - lines.begin());
}

std::string ImportedLog::place_of(std::uint64_t offset) const {
  return fmt::format("{}:{}", name, line_of(offset));
}

Result<ImportedLog> import_log(std::string_view bytes, std::string name, const ImportOptions& options) {
  if (starts_as_utf16(bytes)) {
    return Fault(Cause::mistake, name, "the log is UTF-16, expected the console's bytes or UTF-8",
                 "convert it: iconv -f UTF-16 -t UTF-8");
  }
  ImportedLog log;
  log.name = std::move(name);
  log.record.number = 1;
  const std::size_t mark = bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  log.scheme = vote_on_stamps(bytes.substr(mark), options.stamps);
  if (options.stamps.form && log.scheme.source.form != *options.stamps.form) {
    return Fault(Cause::mistake, log.name, fmt::format("no line begins with a {} stamp", name_of(*options.stamps.form)),
                 "leave the format out to have it found, or see docs/importing.md");
  }
  log.stamped_byte = options.stamped_byte.value_or(usual_byte(log.scheme.source));
  ConsoleRecord& console = log.record.consoles.emplace_back();
  console.name = options.console;
  console.resolution = log.scheme.source.form == StampForm::none ? Nanos{} : resolution_of(log.scheme.digits);

  bool line_too_long = false;
  TimeLine line = put_in_order(split_lines(bytes, log, line_too_long), log.scheme);
  if (line_too_long) {
    return Fault(Cause::mistake, log.name, "a line is longer than 4 GiB, expected the text of a console");
  }
  const bool from_zero = options.origin == LogOrigin::stamp_zero;
  if (from_zero && !has_zero(log.scheme, line)) {
    return Fault(Cause::mistake, log.name,
                 fmt::format("the origin cannot be the stamps' zero: {}", describe(log, line)),
                 "take the first line or a marker as origin");
  }
  const Nanos zero = from_zero || line.times.empty() ? Nanos{} : line.times.front().at;
  log.origin = origin_instant;
  make_chunks(log, line.times, zero, from_zero ? log.origin : Instant{});
  add_events(log, from_zero);
  log.description = describe(log, line);
  add_notes(log, options, line);
  return log;
}

}  // namespace coldboot
