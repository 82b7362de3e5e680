#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/commands.hpp"
#include "harness/core/text.hpp"
#include "harness/core/units.hpp"
#include "harness/measure/verdict.hpp"
#include "harness/scenario/scenario.hpp"

namespace {

using namespace coldboot;

/// A command line that was understood: what to do.
using Action = std::function<int()>;

Nanos waiting_time(const std::string& time) {
  if (time.empty()) return Nanos::max();
  const auto length = parse_duration(time);
  if (!length) throw CLI::ValidationError("--wait", length.error().what());
  return *length;
}

/// An option with a unit: a duration or a size.
template <class Value, class Parse>
void add_measured(CLI::App& command, const std::string& name, Value& value, Parse parse, const std::string& what) {
  command.add_option_function<std::string>(
      name,
      [&value, parse](const std::string& text) {
        const auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(parsed.error().what());
        value = *parsed;
      },
      what);
}

void add_run(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Make every boot of a scenario, measure, judge and report");
  command->add_option("scenario", arguments->scenario, "Scenario file")->required();
  command->add_option("--bench", arguments->bench, "Bench file or its name, instead of the scenario's");
  command->add_option("--out", arguments->out, "Where the run folder is made")->capture_default_str();
  command->add_option("--boots", arguments->boots, "Boots of each configuration, instead of the scenario's")
      ->check(CLI::Range(1, most_boots));
  command->add_option("--junit", arguments->junit, "Also write the JUnit report to this file");
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->add_flag("--quiet", arguments->quiet, "No live progress");
  command
      ->add_option_function<std::string>(
          "--wait", [arguments](const std::string& time) { arguments->wait = waiting_time(time); },
          "Wait for whoever has the bench, at most this long; without TIME, for as long as it takes")
      ->type_name("TIME")
      ->expected(0, 1)
      ->default_str("");
  command->callback([&action, arguments] { action = [arguments] { return run_command(*arguments); }; });
}

void add_check(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand("check", "Read a scenario, say what is wrong with it and what it would do");
  command->add_option("scenario", arguments->scenario, "Scenario file")->required();
  command->add_option("--bench", arguments->bench, "Bench file or its name, instead of the scenario's");
  command->add_option("--against", arguments->against, "Logs to try the markers on: which would never match?");
  command->callback([&action, arguments] { action = [arguments] { return check_command(*arguments); }; });
}

void add_measure(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<MeasureArguments>();
  CLI::App* command = app.add_subcommand("measure", "Measure boots that other tools captured");
  command->add_option("log", arguments->logs, "Log files, one boot each; several are put side by side")->required();
  command->add_option("--profile", arguments->profile, "Profile, by name or file; guessed when left out");
  command->add_option("--origin", arguments->origin,
                      "Time counts from: first (stamp), zero (of the stamps), or a marker");
  command->add_option("--stamps", arguments->stamps,
                      "Form of the stamps, where the vote is wrong: clock, seconds, none, ...");
  command->add_option("--deltas", arguments->deltas, "Whether stamps count from the line before")
      ->check(CLI::IsMember({"yes", "no"}));
  command->add_option("--stamp-of", arguments->stamp_of, "Which byte of its line a stamp tells the time of")
      ->check(CLI::IsMember({"first", "last"}));
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->callback([&action, arguments] { action = [arguments] { return measure_command(*arguments); }; });
}

void add_report(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand("report", "Measure a recorded run again and report it");
  command->add_option("run", arguments->run, "Run folder")->required();
  command->add_option("--scenario", arguments->scenario,
                      "Judge by this scenario, instead of the one the run was made with");
  command->add_option("--junit", arguments->junit, "Write the JUnit report to this file");
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->add_flag("--write", arguments->write, "Renew result.json and junit.xml in the run folder");
  command->callback([&action, arguments] { action = [arguments] { return report_command(*arguments); }; });
}

void add_devices(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("devices", "List what is attached, ready to paste into a bench file");
  command->add_flag("--json", *json, "As JSON");
  command->callback([&action, json] { action = [json] { return devices_command(*json); }; });
}

void add_init(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = app.add_subcommand("init", "Write a bench file: by these options, or by asking on a terminal");
  command->add_option("bench", arguments->bench, "File to write")->required();
  command->add_option("--name", arguments->name, "Name of the bench; that of the file when left out");
  command->add_option("--power", arguments->power, "Driver and keys: \"hid-relay id=BITFT channel=2\"");
  command
      ->add_option("--console", arguments->consoles,
                   "Driver and keys: \"tty id=usb:0403:6001:A50285BI line=115200n8\"; once for each console")
      ->allow_extra_args(false);
  command->add_flag("--force", arguments->force, "Write over a file that is there");
  command->callback([&action, arguments] { action = [arguments] { return init_command(*arguments); }; });
}

void add_doctor(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<DoctorArguments>();
  CLI::App* command = app.add_subcommand("doctor", "Go through a bench, say what is wrong with it and what to do");
  command->add_option("bench", arguments->bench, "Bench file or its name")->required();
  command->add_flag("--switch", arguments->cycle_power,
                    "Really cut power, give it and cut it again, without asking the DUT's system");
  command->add_flag("--fix", arguments->fix, "Put right what can be without harm, and say what was done");
  command->add_option("--out", arguments->out, "Where run folders are made")->capture_default_str();
  add_measured(*command, "--room", arguments->room, parse_size, "Room that must be free there (1 GiB)");
  add_measured(*command, "--within", arguments->first_byte_within, parse_duration,
               "With --switch: time for the first byte after power came (30 s)");
  add_measured(*command, "--silent-for", arguments->silent_for, parse_duration,
               "With --switch: how long to listen to a DUT without power (3 s)");
  command->add_flag("--json", arguments->json, "Print what was found as JSON");
  command->callback([&action, arguments] { action = [arguments] { return doctor_command(*arguments); }; });
}

void add_reference(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ReferenceArguments>();
  CLI::App* command = app.add_subcommand("reference", "Write the schemas and reference pages of all files");
  command->add_option("--root", arguments->root, "Project folder; they go to docs/ in it")->capture_default_str();
  command->add_flag("--check", arguments->check, "Write nothing; say which are stale");
  command->callback([&action, arguments] { action = [arguments] { return reference_command(*arguments); }; });
}

void add_status(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<StatusArguments>();
  CLI::App* command = app.add_subcommand("status", "Say of each bench who has it, and how its power stands");
  command->add_option("bench", arguments->benches, "Names or bench files; all that are known here when left out");
  command->add_flag("--json", arguments->json, "As JSON");
  command->callback([&action, arguments] { action = [arguments] { return status_command(*arguments); }; });
}

void add_power(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<PowerArguments>();
  CLI::App* command = app.add_subcommand("power", "Switch a bench's DUT, or say how its power stands");
  command->add_option("what", arguments->what, "on, off, cycle or status")
      ->required()
      ->check(CLI::IsMember({"on", "off", "cycle", "status"}));
  command->add_option("bench", arguments->bench, "Bench file or its name")->required();
  command->callback([&action, arguments] { action = [arguments] { return power_command(*arguments); }; });
}

void add_media(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<MediaArguments>();
  CLI::App* command =
      app.add_subcommand("media", "Switch a DUT off, and write an image to what it boots from, or compare the two");
  command->add_option("what", arguments->what, "write and read back, or verify: compare, and write nothing")
      ->required()
      ->check(CLI::IsMember({"write", "verify"}));
  command->add_option("bench", arguments->bench, "Bench file or its name")->required();
  command->add_option("medium", arguments->medium, "Its name in the bench file, below `media`: sd")->required();
  command->add_option("image", arguments->image, "Image: raw, or packed by xz, zstd or gzip")->required();
  command->callback([&action, arguments] { action = [arguments] { return media_command(*arguments); }; });
}

void add_console(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ConsoleArguments>();
  CLI::App* command = app.add_subcommand(
      "console", "Show a DUT's console, also while a run goes on, and type on it where nobody else has the bench");
  command->add_option("bench", arguments->bench, "Bench file or its name")->required();
  command->add_option("console", arguments->console, "Which of its consoles; the first when left out");
  command->add_flag("--write", arguments->write, "Type on it although a run has the bench; the record tells who did");
  command->add_option("--escape", arguments->escape, "Control key that leaves the console")->capture_default_str();
  command->callback([&action, arguments] { action = [arguments] { return console_command(*arguments); }; });
}

void add_flash(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<FlashArguments>();
  CLI::App* command = app.add_subcommand("flash", "Read, write, verify, erase or recover a bench's firmware chip");
  command
      ->add_option("what", arguments->what,
                   "read, write, verify, erase; or recover: put the golden image there and see it boot")
      ->required()
      ->check(CLI::IsMember({"read", "write", "verify", "erase", "recover"}));
  command->add_option("bench", arguments->bench, "Bench file or its name")->required();
  command->add_option("file", arguments->file,
                      "Image, or the file to read into; without it the bench's golden image is written or verified");
  command->add_option("--region", arguments->regions, "Write or verify this region of the chip's layout alone");
  command->add_option("--logs", arguments->logs, "Folder to keep full logs in");
  arguments->backups = "runs/firmware-backups";
  command->add_option("--backups", arguments->backups, "Folder for what the chip held before it was written or erased")
      ->capture_default_str();
  auto no_backup = std::make_shared<bool>(false);
  command->add_flag("--no-backup", *no_backup,
                    "Write or erase without reading what the chip holds: it is worth nothing, or blank");
  command->callback([&action, arguments, no_backup] {
    if (*no_backup) arguments->backups.clear();
    action = [arguments] { return flash_command(*arguments); };
  });
}

/// For runs alone: nobody is told of it.
void add_guard(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("guard", "Makes a bench safe when its run dies; started by coldboot run");
  command->group("");
  command->callback([&action] { action = guard_command; });
}

void add_version(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("version", "Say which coldboot this is");
  command->add_flag("--json", *json, "As JSON");
  command->callback([&action, json] { action = [json] { return version_command(*json); }; });
}

/// What to say where the command is none; CLI11 itself only asks for one.
std::optional<std::string> unknown_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  if (word.starts_with('-') || std::ranges::find(known, word) != known.end()) return std::nullopt;
  std::erase(known, "guard");  // nobody is told of it
  const std::string meant = closest(word, known);
  return fmt::format("found the command {}, expected one of {}{}", printable_line(word), fmt::join(known, ", "),
                     meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures how long boards take to boot, and how sure that is.", "coldboot");
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 pass, 1 fail, 2 mistake in a file or on the command line, 3 the bench let us down,\n"
      "4 inconclusive, 5 nothing ran, 75 the bench is busy, 128+n ended by signal n.");
  Action action;
  add_run(app, action);
  add_check(app, action);
  add_measure(app, action);
  add_report(app, action);
  add_devices(app, action);
  add_init(app, action);
  add_doctor(app, action);
  add_status(app, action);
  add_power(app, action);
  add_media(app, action);
  add_console(app, action);
  add_flash(app, action);
  add_reference(app, action);
  add_version(app, action);
  add_guard(app, action);
  try {
    if (const auto unknown = argc > 1 ? unknown_command(app, argv[1]) : std::nullopt) {
      fmt::print(stderr, "coldboot: {}\n", *unknown);
      return exit_code::usage;
    }
    app.parse(argc, argv);
    return action();
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? exit_code::pass : exit_code::usage;
  } catch (const std::exception& thrown) {
    fmt::print(stderr, "coldboot: error: {}: this is a bug, please report it\n", thrown.what());
    return exit_code::error;
  }
}
