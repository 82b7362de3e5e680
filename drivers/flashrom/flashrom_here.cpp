#include "drivers/flashrom/flashrom_here.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "drivers/flashrom/flashrom_process.hpp"

namespace coldboot {
namespace {

/// Parameters that say which device, not how to use it.
constexpr std::array<std::string_view, 8> identifying{"dev", "ip", "serial", "id", "device", "image", "address", "pci"};

/// A device node by its own name, whatever link it was named by; without what serprog puts behind it, the line rate.
std::string device_itself(std::string device) {
  if (!device.starts_with('/')) return device;
  std::error_code error;
  for (const std::size_t end : {std::string::npos, device.rfind(':')}) {
    const auto itself = std::filesystem::canonical(device.substr(0, end), error);
    if (!error) return itself;
  }
  return device;
}

/// The value of an identifying parameter, the same for all that name one thing.
std::string identity_of(std::string_view key, std::string value, const std::filesystem::path& directory) {
  return device_itself(key == "image" ? std::filesystem::absolute(directory / value).lexically_normal().string()
                                      : std::move(value));
}

}  // namespace

std::string programmer_lock_name(const std::string& programmer, const std::filesystem::path& directory) {
  const std::size_t colon = programmer.find(':');
  std::string name = programmer.substr(0, colon);
  std::string_view rest = colon == std::string::npos ? "" : std::string_view(programmer).substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view parameter = rest.substr(0, comma);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos &&
        std::ranges::find(identifying, parameter.substr(0, equals)) != identifying.end())
      name += "-" + identity_of(parameter.substr(0, equals), std::string(parameter.substr(equals + 1)), directory);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return fmt::format("flashrom-{}.lock", fit_for_a_file_name(name));
}

Result<std::unique_ptr<FlashromHost>> FlashromHere::open(FlashromConfig config) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  auto lock = LockFile::acquire(*folder / programmer_lock_name(config.programmer, config.directory), config.holder);
  if (!lock) {
    const Fault fault = lock.error();
    return Fault(fault.cause(), config.where, fmt::format("programmer {}: {}", config.programmer, fault.what()),
                 fault.hint());
  }
  return std::unique_ptr<FlashromHost>(new FlashromHere(std::move(config), std::move(*lock)));
}

FlashromHere::FlashromHere(FlashromConfig config, LockFile lock) : config_(std::move(config)), lock_(std::move(lock)) {}

std::string FlashromHere::description() const {
  return "flashrom on " + config_.programmer;
}

Result<void> FlashromHere::look_ahead(const std::string& chip, const Until& until) {
  std::vector<std::string> arguments{"--version"};
  if (!chip.empty()) arguments = {"-p", "dummy", "-c", chip};  // nothing answers there: it is for the name alone
  const auto end = run_flashrom({.task = FlashromTask::probe,
                                 .program = config_.program,
                                 .arguments = std::move(arguments),
                                 .directory = config_.directory,
                                 .limits = config_.limits},
                                until, {});
  if (!end) {
    const Fault fault = end.error();
    return Fault(fault.cause(), config_.where, fmt::format("flashrom: {}", fault.what()), fault.hint());
  }
  const auto outcome = outcome_of(*end);
  constexpr int did_not_start = 126;  // and above, as a shell has it
  const bool is_unknown = end->output.find("Unknown chip") != std::string::npos;
  if (outcome || (end->exit_status < did_not_start && !is_unknown)) return {};  // that nothing answers is no wonder
  return Fault(outcome.error().cause(), config_.where, fmt::format("{}: {}", config_.program, outcome.error().what()),
               outcome.error().hint());
}

Result<FlashromEnd> FlashromHere::run(const FlashromStep& step, const FlashRequest& request, const Until& until) {
  FlashromFiles files{.layout = {}, .log = flashrom_log(step, request), .content = {}};
  if (config_.layout == FlashLayout::file) files.layout = std::filesystem::absolute(config_.layout_file);
  if (!step.file.empty()) files.content = std::filesystem::absolute(step.file);
  FlashromLimits limits = config_.limits;
  limits.cut_after = request.cut_after;
  const FlashromCall call{
      .task = step.task,
      .program = config_.program,
      .arguments = flashrom_arguments(step, config_.programmer, config_.layout, request.regions, files),
      .directory = config_.directory,
      .limits = limits,
      .lock = lock_.descriptor()};
  auto end = run_flashrom(call, until, request.on_progress);
  if (end) return end;
  const Fault fault = end.error();
  return Fault(fault.cause(), config_.where, fmt::format("flashrom: {}", fault.what()), fault.hint());
}

}  // namespace coldboot
