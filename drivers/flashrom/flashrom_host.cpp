#include "drivers/flashrom/flashrom_host.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

namespace coldboot {
namespace {

std::string_view option_of(FlashromTask task) {
  switch (task) {
    case FlashromTask::probe: return "";
    case FlashromTask::read: return "-r";
    case FlashromTask::write: return "-w";
    case FlashromTask::verify: return "-v";
    case FlashromTask::erase: return "-E";
  }
  return "";
}

}  // namespace

std::vector<std::string> flashrom_arguments(const FlashromStep& step, const std::string& programmer, FlashLayout layout,
                                            const std::vector<std::string>& regions, const FlashromFiles& files) {
  std::vector<std::string> arguments{"-p", programmer};
  const auto add = [&arguments](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
  if (!step.chip.empty()) add({"-c", step.chip});
  if (!files.log.empty()) add({"-o", files.log});
  if (step.task == FlashromTask::probe) return arguments;
  if (!regions.empty()) {
    if (layout == FlashLayout::file) add({"-l", files.layout});
    if (layout == FlashLayout::fmap_on_chip) add({"--fmap"});
    for (const std::string& region : regions) add({"-i", region});
  }
  add({std::string(option_of(step.task))});
  if (!step.file.empty()) add({files.content});
  return arguments;
}

std::filesystem::path flashrom_log(const FlashromStep& step, const FlashRequest& request) {
  if (request.log_folder.empty()) return {};
  return std::filesystem::absolute(request.log_folder / fmt::format("flashrom-{}{}{}.log", request.log_name,
                                                                    request.log_name.empty() ? "" : "-", step.log));
}

std::string fit_for_a_file_name(std::string text) {
  std::ranges::replace_if(
      text,
      [](char c) {
        return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_';
      },
      '-');
  return text;
}

}  // namespace coldboot
