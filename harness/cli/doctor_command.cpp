#include <algorithm>

#include <fmt/format.h>

#include "drivers/catalog.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/project.hpp"
#include "harness/cli/stop_by_signal.hpp"
#include "harness/cli/telling.hpp"
#include "harness/doctor/doctor.hpp"
#include "harness/file/document.hpp"
#include "harness/measure/verdict.hpp"

namespace coldboot {
namespace {

int status_of(const std::vector<Diagnosis>& diagnoses) {
  const bool unreadable =
      std::ranges::any_of(diagnoses, [](const Diagnosis& d) { return d.check == "file" && d.health == Health::wrong; });
  if (unreadable) return exit_code::usage;
  return can_be_trusted(diagnoses) ? exit_code::pass : exit_code::error;
}

/// The last line, for people.
std::string summary(const std::vector<Diagnosis>& diagnoses) {
  const auto count = [&](Health health) { return std::ranges::count(diagnoses, health, &Diagnosis::health); };
  return fmt::format("{}: {} ok, {} to know, {} wrong\n",
                     can_be_trusted(diagnoses) ? "the bench can be trusted" : "the bench cannot be trusted",
                     count(Health::ok), count(Health::warning), count(Health::wrong));
}

}  // namespace

int doctor_command(const DoctorArguments& arguments) {
  const auto stop = StopBySignal::start([](int signal, int) {
    tell_note(signal_name(signal) + ": stopping; the DUT is left without power where it was being switched");
  });
  if (!stop) return exit_code::error;
  const auto file = find_file(Kind::bench, arguments.bench, ".", project_around(".").benches);
  if (!file) {
    tell(file.error());
    return exit_code::usage;
  }
  const DoctorOptions options{.runs = arguments.out,
                              .room = arguments.room,
                              .fix = arguments.fix,
                              .cycle_power = arguments.cycle_power,
                              .first_byte_within = arguments.first_byte_within,
                              .silent_for = arguments.silent_for,
                              .stop = stop->token()};
  bool shown = true;
  const auto show = [&](const Diagnosis& diagnosis) {
    if (!arguments.json) shown = print(diagnosis_text(diagnosis)) && shown;
  };
  const std::vector<Diagnosis> diagnoses = examine(*file, driver_catalog(), options, show);
  shown = print(arguments.json ? diagnoses_json(*file, diagnoses) : summary(diagnoses)) && shown;
  if (stop->signal() != 0) return exit_status(Verdict::aborted, stop->signal());
  return shown ? status_of(diagnoses) : exit_code::error;
}

}  // namespace coldboot
