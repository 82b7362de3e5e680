#include "drivers/labgrid/labgrid_place.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/io/child_process.hpp"
#include "harness/io/kept_output.hpp"

namespace coldboot {
namespace {

constexpr int known_error = 1;  // any other is a traceback of the client
constexpr std::size_t most_kept = 64 * 1024;
constexpr std::string_view taken_words = " is already acquired by ";
constexpr std::string_view unreachable_words = "Could not connect to coordinator";

std::string last_line(const std::string& output) {
  KeptOutput kept(most_kept);
  kept.add(output);
  return printable_line(kept.last_line());
}

}  // namespace

Result<Contact> read_labgrid_power(std::string_view output, const std::string& place) {
  const std::string start = fmt::format("power for place {} is ", place);
  const std::size_t at = output.find(start);
  if (at != std::string_view::npos) {
    const std::string_view rest = output.substr(at + start.size());
    const std::string_view word = rest.substr(0, rest.find_first_of(" \r\n"));
    if (word == "on") return Contact::closed;
    if (word == "off") return Contact::open;
  }
  return Fault(Cause::protocol, "",
               fmt::format("the client wrote \"{}\", expected \"{}on\" or \"off\"", printable_line(output), start));
}

Result<std::unique_ptr<LabgridPlace>> LabgridPlace::open(LabgridConfig config) {
  std::unique_ptr<LabgridPlace> place(new LabgridPlace(std::move(config)));
  if (!place->config_.hold) return place;
  if (auto acquired = place->acquire(); !acquired) return acquired.error();
  return place;
}

LabgridPlace::~LabgridPlace() {
  if (is_ours_) (void)call({"release"}, Until());
}

Result<void> LabgridPlace::acquire() {
  const auto acquired = call({"acquire"}, Until());
  // Cut off in the middle, it may have taken it; then it is nobody's but ours to give back.
  is_ours_ = acquired || acquired.error().cause() == Cause::timeout;
  if (!acquired) return acquired.error();
  return {};
}

Result<void> LabgridPlace::check(int channel) const {
  if (channel == 1) return {};
  return Fault(Cause::refused, config_.where,
               fmt::format("found channel {} of place {}, which has one power", channel, config_.place));
}

Result<void> LabgridPlace::set(int channel, Contact wanted, const Until& until) {
  if (const auto good = check(channel); !good) return good;
  const auto done = call({"power", wanted == Contact::closed ? "on" : "off"}, until);
  if (!done) return done.error();
  return {};
}

Result<std::optional<Contact>> LabgridPlace::read(int channel, const Until& until) {
  if (const auto good = check(channel); !good) return good.error();
  const auto output = call({"power", "get"}, until);
  if (!output) return output.error();
  const auto contact = read_labgrid_power(*output, config_.place);
  if (contact) return std::optional(*contact);
  return Fault(contact.error().cause(), config_.where, contact.error().what());
}

std::string LabgridPlace::description() const {
  return fmt::format("labgrid place {}", config_.place);
}

Result<std::string> LabgridPlace::call(const std::vector<std::string>& command, const Until& until) const {
  std::vector<std::string> argv{config_.client};
  if (config_.coordinator) argv.insert(argv.end(), {"-x", *config_.coordinator});
  argv.insert(argv.end(), {"-p", config_.place});
  argv.insert(argv.end(), command.begin(), command.end());
  ChildOptions options;
  options.directory = config_.directory;
  options.most_output = most_kept;
  const Instant deadline = std::min(until.deadline, std::chrono::steady_clock::now() + config_.limit);
  const auto ended = run_child(argv, Until(deadline, until.stop), options);
  const std::string what = fmt::format("{} {}", config_.client, command[0]);
  if (!ended) {
    const Fault fault = ended.error();
    return Fault(fault.cause(), config_.where, fmt::format("{} {}", what, fault.what()), fault.hint());
  }
  if (ended->exit_status == 0) return ended->output;
  const std::string said =
      fmt::format("{} ended with status {}: \"{}\"", what, ended->exit_status, last_line(ended->output));
  if (ended->exit_status != known_error) return Fault(Cause::io, config_.where, said);
  if (ended->output.find(taken_words) != std::string::npos) return Fault(Cause::busy, config_.where, said);
  if (ended->output.find(unreachable_words) != std::string::npos) return Fault(Cause::lost, config_.where, said);
  return Fault(Cause::refused, config_.where, said, "does the same command work by hand?");
}

}  // namespace coldboot
