#include "tests/reports/sample_runs.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace coldboot::sample {
namespace {

constexpr Instant t0{std::chrono::seconds(1000)};

Nanos from_seconds(double value) {
  return Nanos(std::llround(value * 1e9));
}

SpanTime span(const std::string& name, const std::string& from, const std::string& to, double value) {
  const Nanos duration = from_seconds(value);
  return {.name = name,
          .title = "",
          .from = from,
          .to = to,
          .duration = duration,
          .lower = duration - std::chrono::milliseconds(20),
          .upper = duration + std::chrono::milliseconds(20),
          .budget = {{"relay closes after the command", std::chrono::milliseconds(15)}},
          .missing = ""};
}

Summary summary(const std::string& name, const std::vector<const SpanTime*>& times, Nanos uncertainty) {
  Summary result{.name = name,
                 .title = times.empty() ? "" : times.front()->title,
                 .boots = static_cast<int>(times.size()),
                 .uncertainty = uncertainty};
  std::vector<Nanos> values;
  for (const SpanTime* time : times) {
    if (time->duration && !time->censored) values.push_back(*time->duration);
  }
  std::sort(values.begin(), values.end());
  result.seen = static_cast<int>(values.size());
  if (values.empty()) return result;
  const std::size_t middle = values.size() / 2;
  result.median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  result.lowest = values.front();
  result.highest = values.back();
  return result;
}

std::vector<Summary> summaries(const RunResult& run, const std::string& configuration,
                               std::vector<SpanTime> BootResult::* list, Nanos uncertainty) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<const SpanTime*>> times;
  for (const BootResult& boot : run.boots) {
    if (boot.configuration != configuration || boot.verdict == Verdict::error) continue;
    for (const SpanTime& each : boot.*list) {
      if (times.count(each.name) == 0) names.push_back(each.name);
      times[each.name].push_back(&each);
    }
  }
  std::vector<Summary> result;
  for (const std::string& name : names) result.push_back(summary(name, times[name], uncertainty));
  return result;
}

void compare(RunResult& run, const ConfigurationResult& other, std::vector<Summary> ConfigurationResult::* list,
             bool is_measurement) {
  const ConfigurationResult& base = run.configurations.front();
  for (const Summary& mine : other.*list) {
    const auto theirs = std::find_if((base.*list).begin(), (base.*list).end(),
                                     [&](const Summary& each) { return each.name == mine.name; });
    if (theirs == (base.*list).end()) continue;
    Comparison comparison{.name = mine.name,
                          .title = mine.title,
                          .base = base.name,
                          .other = other.name,
                          .base_time = theirs->median,
                          .other_time = mine.median,
                          .is_measurement = is_measurement};
    if (mine.median && theirs->median) {
      comparison.difference = *mine.median - *theirs->median;
      comparison.ratio = static_cast<double>(mine.median->count()) / static_cast<double>(theirs->median->count());
    }
    run.comparisons.push_back(comparison);
  }
}

RunResult frame(const std::string& scenario, const std::string& title) {
  RunResult run;
  run.scenario = scenario;
  run.title = title;
  run.requirement = "ACC-014";
  run.host = "rack1";
  run.version = "0.1.0";
  run.folder = "runs/20261122T102030Z-" + scenario;
  run.started_utc = "2026-11-22T10:20:30Z";
  run.took = std::chrono::milliseconds(412'345);
  run.verdict = Verdict::pass;
  return run;
}

void add_configuration(RunResult& run, const std::string& name, const std::string& bench,
                       std::vector<Attribute> attributes) {
  ConfigurationResult configuration;
  configuration.name = name;
  configuration.bench = bench;
  configuration.profile = "pfsense-2.4-" + name;
  configuration.attributes = std::move(attributes);
  run.configurations.push_back(std::move(configuration));
}

void title_stages(RunResult& run) {
  const std::map<std::string, std::string> titles{{"firmware", "Firmware"},
                                                  {"loader", "Loader"},
                                                  {"kernel", "Kernel to \"Bootup complete\""},
                                                  {"menu", "Banner and menu"},
                                                  {"menu-shown", "Power on to menu"},
                                                  {"article", "First byte to menu"}};
  for (BootResult& boot : run.boots) {
    for (auto* list : {&boot.spans, &boot.measurements}) {
      for (SpanTime& each : *list) each.title = titles.count(each.name) > 0 ? titles.at(each.name) : "";
    }
  }
}

void fail_with_panic(BootResult& boot) {
  boot.verdict = Verdict::fail;
  boot.reason = "panic on com1 line 812: Fatal trap 12: page fault while in kernel mode";
  boot.reason_type = "panic";
  boot.cut_off = true;
  boot.failures = {{"panic", "com1", 30'100, 30'145, 812, t0 + std::chrono::seconds(51), true,
                    "Fatal trap 12: page fault while in kernel mode"}};
  boot.tail = "KDB: current backend: ddb\nFatal trap 12: page fault while in kernel mode\ndb> ";
  for (auto* list : {&boot.spans, &boot.measurements}) {
    SpanTime& last = list->back();
    last.duration.reset();
    last.missing = "menu";
  }
  boot.steps.back().verdict = Verdict::fail;
  boot.steps.back().fault = Fault(Cause::dut, "apu2-07/com1", "no marker \"menu\" in 600 s, the DUT panicked");
}

void lose_to_relay(BootResult& boot) {
  boot.verdict = Verdict::error;
  boot.reason = "apu2-07/power: channel 1 reads open after closing it";
  boot.reason_type = "relay";
  boot.faults = {
      Fault(Cause::protocol, "apu2-07/power", "channel 1 reads open after closing it", "check the relay's supply")};
  boot.started.reset();
  boot.spans.clear();
  boot.measurements.clear();
  boot.steps = {{0, "power-cycle", Verdict::error, boot.faults.front(), std::chrono::seconds(11)},
                {1, "expect menu within 600 s", Verdict::skipped, Fault(), Nanos{}}};
}

/// Small, different for each boot, the same in every run of the test.
double scatter(int number) {
  return 0.07 * ((number * 7) % 11 - 5);
}

}  // namespace

BootResult boot(int number, const std::string& configuration, const std::string& bench,
                const std::vector<std::pair<std::string, double>>& stages) {
  BootResult result;
  result.number = number;
  result.configuration = configuration;
  result.bench = bench;
  result.profile = "pfsense-2.4-" + configuration;
  result.started = t0;
  result.off_for = std::chrono::seconds(10);
  result.folder = fmt::format("boots/{:03}-{}", number, configuration);
  result.console_bytes = {{"com1", 41'337}};
  std::string from = "power-on";
  double at = 0;
  for (const auto& [name, length] : stages) {
    const std::string to = name + "-end";
    result.spans.push_back(span(name, from, to, length));
    at += length;
    result.markers.push_back({to,
                              "com1",
                              static_cast<std::uint64_t>(at * 100),
                              static_cast<std::uint64_t>(at * 100) + 9,
                              17,
                              t0 + from_seconds(at),
                              t0 + from_seconds(at - 0.001),
                              true,
                              to,
                              {}});
    from = to;
  }
  result.measurements.push_back(span("menu-shown", "power-on", from, at));
  result.steps = {{0, "power-cycle", Verdict::pass, Fault(), std::chrono::seconds(10)},
                  {1, "expect menu within 600 s", Verdict::pass, Fault(), from_seconds(at)}};
  result.tail = "*** Welcome to pfSense 2.4.4-RELEASE-p3 (amd64) on pfSense ***\n 8) Shell\nEnter an option: ";
  return result;
}

void summarise(RunResult& run, Nanos uncertainty) {
  run.comparisons.clear();
  for (ConfigurationResult& configuration : run.configurations) {
    configuration.spans = summaries(run, configuration.name, &BootResult::spans, uncertainty);
    configuration.measurements = summaries(run, configuration.name, &BootResult::measurements, uncertainty);
    for (const BootResult& each : run.boots) {
      const bool forgiven = each.verdict == Verdict::error;
      if (each.configuration == configuration.name && !forgiven)
        configuration.verdict = std::max(configuration.verdict, each.verdict);
    }
    if (&configuration == &run.configurations.front()) continue;
    compare(run, configuration, &ConfigurationResult::spans, false);
    compare(run, configuration, &ConfigurationResult::measurements, true);
  }
}

RunResult article() {
  RunResult run = frame("xen-vs-bare", "Boot of a virtualised firewall against bare metal");
  add_configuration(run, "bare", "apu2-07",
                    {{"firewall", "pfSense 2.4.4-p3", "2.4.4-RELEASE-p3", true},
                     {"firmware", "v4.10.0.2", "v4.10.0.2", true},
                     {"drive", "SanDisk Ultra 16GB", "", true}});
  add_configuration(run, "xen", "apu2-07",
                    {{"firewall", "pfSense 2.4.4-p3", "2.4.4-RELEASE-p3", true},
                     {"firmware", "v4.10.0.2", "v4.10.0.1", false},
                     {"drive", "SanDisk Ultra 16GB", "", true},
                     {"hypervisor", "Xen 4.13", "Xen 4.13-unstable", true},
                     {"guests", "3", "", true}});
  run.boots = {boot(1, "bare", "apu2-07", {{"firmware", 6}, {"loader", 26}, {"kernel", 47}, {"menu", 3}}),
               boot(2, "xen", "apu2-07", {{"firmware", 6}, {"loader", 159}, {"kernel", 69}, {"menu", 4}})};
  run.boots[0].measurements.push_back(span("article", "first-byte", "menu-end", 82));
  run.boots[0].silences = {{"com1", t0 + std::chrono::seconds(11), std::chrono::seconds(19),
                            "/boot/kernel/kernel text=0x17def10", "/boot/entropy size=0x1000", 48, "loader"}};
  run.boots[1].silences = {
      {"com1", t0 + std::chrono::seconds(29), std::chrono::seconds(134), "Finish /boot/loader.conf.local",
       "/boot/kernel/kernel text=0x17def10", 31, "loader"},
      {"com1", t0 + std::chrono::seconds(10), std::chrono::seconds(14), "FreeBSD/x86 bootstrap loader, Revision 1.1",
       "Loading /boot/defaults/loader.conf", 22, "loader"}};
  title_stages(run);
  summarise(run, std::chrono::milliseconds(816));
  run.limits = {{"ACC-014.1", "median(xen.menu-shown) <= 240 s", true, Verdict::pass, 238.0, 237.2, 238.8, "s", 1, ""},
                {"ACC-014.2", "ratio(xen.menu-shown / bare.article) <= 1.25", true, Verdict::fail, 2.902, 2.867, 2.939,
                 "", 1, ""},
                {"INFO.1", "silence(*.loader) <= 10 s", false, Verdict::fail, 134.0, 133.2, 134.8, "s", 2,
                 "134.0 s in xen boot 2, after \"Finish /boot/loader.conf.local\""}};
  run.verdict = Verdict::fail;
  run.reason = "ACC-014.2 missed: ratio(xen.menu-shown / bare.article) is 2.902, allowed is 1.25";
  return run;
}

RunResult all_pass() {
  RunResult run = frame("bare-boot", "Bare metal boots");
  add_configuration(run, "bare", "apu2-07", {{"firmware", "v4.10.0.2", "v4.10.0.2", true}});
  for (int number = 1; number <= 3; ++number) {
    run.boots.push_back(
        boot(number, "bare", "apu2-07",
             {{"firmware", 5.91 + scatter(number)}, {"loader", 25.8}, {"kernel", 46.6 + scatter(number + 1)}}));
  }
  title_stages(run);
  summarise(run, std::chrono::milliseconds(12));
  run.limits = {{"ACC-014.1", "median(bare.menu-shown) <= 90 s", true, Verdict::pass, 78.31, 78.1, 78.5, "s", 3, ""}};
  return run;
}

RunResult campaign() {
  RunResult run = frame("xen-vs-bare", "Boot of a virtualised firewall against bare metal");
  run.took = std::chrono::milliseconds(9'412'345);
  add_configuration(run, "bare", "apu2-07", {{"firmware", "v4.10.0.2", "v4.10.0.2", true}});
  add_configuration(run, "xen", "apu2-07",
                    {{"firmware", "v4.10.0.2", "v4.10.0.1", false}, {"hypervisor", "Xen 4.13", "", true}});
  for (int number = 1; number <= 20; ++number) {
    const double s = scatter(number);
    run.boots.push_back(
        number % 2 == 1
            ? boot(number, "bare", "apu2-07",
                   {{"firmware", 5.91 + s}, {"loader", 25.8 - s / 2}, {"kernel", 46.6 + 3 * s}, {"menu", 2.9}})
            : boot(number, "xen", "apu2-07",
                   {{"firmware", 6.02 + s},
                    {"vm-create", 21.4 + 2 * s},
                    {"loader", 27.3 + s},
                    {"kernel", 51.2 - s},
                    {"menu", 3.1}}));
  }
  fail_with_panic(run.boots[3]);
  lose_to_relay(run.boots[6]);
  title_stages(run);
  summarise(run, std::chrono::milliseconds(31));
  run.limits = {{"ACC-014.1", "median(xen.menu-shown) <= 100 s", true, Verdict::fail, 108.98, 108.4, 109.3, "s", 9, ""},
                {"ACC-014.2", "ratio(xen.loader / bare.loader) <= 1.06", true, Verdict::inconclusive, 1.058, 1.049,
                 1.067, "", 18, "the interval 1.049..1.067 straddles 1.06; more boots would decide"},
                {"ACC-014.3",
                 "leaked(wan-to-lan) == 0",
                 true,
                 Verdict::error,
                 {},
                 {},
                 {},
                 "",
                 0,
                 "no probe answered, so nothing was measured"},
                {"INFO.1", "silence(*.loader) <= 10 s", false, Verdict::fail, 13.2, {}, {}, "s", 18, ""},
                {"INFO.2",
                 "median(bare.vm-create) <= 30 s",
                 true,
                 Verdict::skipped,
                 {},
                 {},
                 {},
                 "s",
                 0,
                 "bare has no vm-create"}};
  run.verdict = Verdict::error;
  run.reason = "ACC-014.3 could not be measured; xen boot 4 panicked";
  return run;
}

RunResult forgiven() {
  RunResult run = all_pass();
  lose_to_relay(run.boots[1]);
  summarise(run, std::chrono::milliseconds(12));
  return run;
}

RunResult fails_twice() {
  RunResult run = all_pass();
  fail_with_panic(run.boots[0]);
  run.boots[2].verdict = Verdict::fail;
  run.boots[2].reason = "no marker \"kernel-end\" in 600 s, last line \"Root mount waiting for: CAM\"";
  run.boots[2].reason_type = "deadline";
  run.boots[2].measurements[0].duration = std::chrono::seconds(600);
  run.boots[2].measurements[0].censored = true;
  run.boots[2].steps[1].verdict = Verdict::fail;
  run.boots[2].steps[1].fault = Fault(Cause::timeout, "apu2-07/com1", run.boots[2].reason, "see the console");
  run.boots[2].tail = "Root mount waiting for: CAM\nRoot mount waiting for: CAM\n";
  summarise(run, std::chrono::milliseconds(12));
  run.verdict = Verdict::fail;
  run.reason = "2 of 3 boots failed";
  return run;
}

RunResult hostile_console() {
  using namespace std::string_literals;
  RunResult run = fails_twice();
  run.boots[0].tail =
      "\x1b[2J\x1b[1;31mred\x1b[0m\r\nafter CR LF\rafter CR\n\x1b]0;title\x07shown\nNUL \0 BEL \x07 BS \x08 ESC \x1b\n"
      "]]> <![CDATA[ & < > \" '\nbytes \xff\xfe\x80 U+FFFE \xef\xbf\xbe surrogate \xed\xa0\x80 DEL \x7f\n"s;
  run.boots[0].reason = run.boots[0].tail;
  return run;
}

RunResult nothing() {
  RunResult run = frame("xen-vs-bare", "Boot of a virtualised firewall against bare metal");
  run.took = {};
  run.verdict = Verdict::skipped;
  run.reason = "no configuration was chosen";
  return run;
}

RunResult two_benches() {
  RunResult run = frame("two-boards", "The same image on two boards");
  add_configuration(run, "left", "apu2-07", {});
  add_configuration(run, "right", "apu2-08", {});
  run.boots = {boot(1, "left", "apu2-07", {{"firmware", 5.9}, {"loader", 25.8}}),
               boot(2, "right", "apu2-08", {{"firmware", 6.1}, {"loader", 26.4}})};
  title_stages(run);
  summarise(run, std::chrono::milliseconds(12));
  run.limits = {
      {"ACC-020", "ratio(right.menu-shown / left.menu-shown) <= 1.1", true, Verdict::pass, 1.025, {}, {}, "", 2, ""}};
  return run;
}

RunResult three_configurations() {
  RunResult run = frame("tuning", "What each change under Xen brought");
  add_configuration(run, "bare", "apu2-07", {{"firmware", "v4.10.0.2", "v4.10.0.2", true}});
  add_configuration(run, "xen-ide", "apu2-07",
                    {{"firmware", "v4.10.0.2", "v4.10.0.2", true}, {"disk", "hda", "hda", true}});
  add_configuration(run, "xen-scsi", "apu2-07",
                    {{"firmware", "v4.10.0.2", "v4.10.0.2", true}, {"disk", "sdb", "sdb", true}});
  run.boots = {boot(1, "bare", "apu2-07", {{"firmware", 6}, {"loader", 26}, {"kernel", 47}}),
               boot(2, "xen-ide", "apu2-07", {{"firmware", 6}, {"vm-create", 2}, {"loader", 157}, {"kernel", 69}}),
               boot(3, "xen-scsi", "apu2-07", {{"firmware", 6}, {"vm-create", 2}, {"loader", 28}, {"kernel", 64}})};
  run.boots[2].spans.back().duration.reset();
  run.boots[2].spans.back().missing = "kernel-end";
  title_stages(run);
  summarise(run, std::chrono::milliseconds(300));
  return run;
}

RunResult awkward_names() {
  RunResult run = all_pass();
  const std::string name = "<a href=\"x\">&'\" 😀 שלום ]]> ";
  run.scenario = name + std::string(300, 's');
  run.configurations[0].name = name;
  run.configurations[0].bench = name;
  for (BootResult& each : run.boots) {
    each.configuration = name;
    each.bench = name;
    each.measurements[0].name = name + std::string(300, 'm');
    each.steps[1].what = each.steps[0].what = "power-cycle";
  }
  summarise(run, std::chrono::milliseconds(12));
  run.limits[0].id = "boots";
  return run;
}

RunResult filled_with(const std::string& bytes) {
  RunResult run = campaign();
  for (std::string* field : {&run.scenario, &run.title, &run.requirement, &run.host, &run.version, &run.folder,
                             &run.started_utc, &run.reason})
    *field = bytes;
  for (ConfigurationResult& each : run.configurations) {
    each.bench = bytes;
    each.profile = bytes;
    each.name += bytes;
    for (Attribute& row : each.attributes) row.name = row.declared = row.observed = bytes;
  }
  for (BootResult& each : run.boots) {
    each.configuration += bytes;
    for (std::string* field : {&each.bench, &each.profile, &each.reason, &each.reason_type, &each.folder, &each.tail})
      *field = bytes;
    each.console_bytes[bytes] = 7;
    for (SpanTime& time : each.measurements) time.name = time.title = time.from = time.to = time.missing = bytes;
    for (SpanTime& time : each.spans) time.name += bytes;
    for (MarkerHit& hit : each.markers) hit.text = hit.marker = hit.captures[bytes] = bytes;
    each.silences = {{bytes, t0, std::chrono::seconds(20), bytes, bytes, 3, bytes}};
    for (FailureHit& hit : each.failures) hit.failure = hit.console = hit.text = bytes;
    for (StepOutcome& step : each.steps) {
      step.what = bytes;
      step.fault = Fault(step.fault.cause(), bytes, bytes, bytes);
    }
    for (Fault& fault : each.faults) fault = Fault(Cause::io, bytes, bytes, bytes);
  }
  for (LimitResult& limit : run.limits) limit.id = limit.that = limit.unit = limit.detail = bytes;
  summarise(run, std::chrono::milliseconds(31));
  return run;
}

}  // namespace coldboot::sample
