#include "drivers/flashrom/flashrom_inside.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drivers/flashrom/remote_flashrom.hpp"
#include "harness/core/digest.hpp"
#include "harness/core/text.hpp"
#include "harness/io/atomic_file.hpp"
#include "harness/io/read_file.hpp"

namespace coldboot {
namespace {

constexpr std::size_t hash_digits = 64;

std::string sha256_hex(std::string_view bytes) {
  Digest digest;
  digest.add({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return digest.take_hex();
}

std::string lock_name_of(const FlashromInsideConfig& config) {
  return fmt::format("flashrom-inside-{}.lock", sha256_hex(fmt::format("{}", fmt::join(config.shell.through, " "))));
}

Fault no_hash_there() {
  return Fault(Cause::missing, "", "the DUT has neither sha256sum nor sha256: nothing there proves what arrived",
               "install one of them on the DUT");
}

/// What a script said when it did not do its work.
Fault failed_there(std::string_view doing, const RemoteAnswer& answer) {
  const bool is_full = answer.errors.find("No space left") != std::string::npos;
  return Fault(is_full ? Cause::disk_full : Cause::io, "",
               fmt::format("{} on the DUT failed with {}: {}", doing, answer.status, printable_line(answer.errors)),
               is_full ? "make room there, or name another folder" : "look at the folder of the DUT");
}

}  // namespace

Result<std::unique_ptr<FlashromHost>> FlashromInside::open(FlashromInsideConfig config) {
  const auto folder = lock_folder();
  if (!folder) return folder.error();
  auto lock = LockFile::acquire(*folder / lock_name_of(config), config.holder);
  if (!lock) {
    const Fault fault = lock.error();
    return Fault(fault.cause(), config.where, fmt::format("{}: {}", fmt::join(config.shell.through, " "), fault.what()),
                 fault.hint());
  }
  return std::unique_ptr<FlashromHost>(new FlashromInside(std::move(config), std::move(*lock)));
}

FlashromInside::FlashromInside(FlashromInsideConfig config, LockFile lock)
    : config_(std::move(config)), lock_(std::move(lock)), folder_(config_.folder + "/coldboot-flash") {}

std::string FlashromInside::description() const {
  return fmt::format("flashrom on the DUT itself, {}", config_.programmer);
}

Fault FlashromInside::placed(const Fault& fault) const {
  return Fault(fault.cause(), config_.where, fault.what(), fault.hint());
}

Result<void> FlashromInside::prepare(const Until& until) {
  if (is_prepared_) return {};
  const auto answer = run_there(config_.shell, prepare_script(folder_), until);
  if (!answer) return answer.error();
  const std::string said = answer->payload.substr(0, answer->payload.find('\n'));
  if (said.starts_with(answer_busy)) {
    return Fault(
        Cause::busy, "",
        fmt::format("a flashrom that was started over another connection still runs on the DUT, under process {}",
                    printable_line(said.substr(answer_busy.size()))),
        fmt::format("let it end; what it says is below {} there", folder_));
  }
  if (said != answer_ready) return failed_there(fmt::format("making {}", folder_), *answer);
  is_prepared_ = true;
  is_left_alone_ = false;
  return {};
}

Result<void> FlashromInside::upload(const std::filesystem::path& file, const std::string& there,
                                    const Until& until) const {
  auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  const std::string hash = sha256_hex(*bytes);
  const auto answer = run_there(config_.shell, upload_script(there), until, std::move(*bytes));
  if (!answer) return answer.error();
  if (answer->status != 0) return failed_there(fmt::format("keeping {}", there), *answer);
  if (answer->payload.starts_with(answer_no_hash)) return no_hash_there();
  if (answer->payload.starts_with(hash)) return {};
  return Fault(Cause::io, "",
               fmt::format("{} did not arrive as it was sent: SHA-256 {} there, expected {}", file.string(),
                           printable_line(answer->payload.substr(0, hash_digits)), hash),
               "try again; `through` must hand on every byte (ssh -T does)");
}

Result<std::string> FlashromInside::download(const std::string& there, const Until& until) const {
  auto answer = run_there(config_.shell, download_script(there), until);
  if (!answer) return answer.error();
  if (answer->status != 0) return failed_there(fmt::format("reading {}", there), *answer);
  if (answer->payload.starts_with(answer_no_hash)) return no_hash_there();
  const std::size_t line_end = answer->payload.find('\n');
  const std::string hash = answer->payload.substr(0, std::min(line_end, hash_digits));
  std::string bytes = line_end == std::string::npos ? "" : answer->payload.substr(line_end + 1);
  if (sha256_hex(bytes) == hash) return bytes;
  return Fault(Cause::io, "",
               fmt::format("{} did not arrive as it is on the DUT: {} bytes whose SHA-256 is not {}", there,
                           bytes.size(), printable_line(hash)),
               "try again; `through` must hand on every byte (ssh -T does)");
}

/// What flashrom needs there, and how it is called there.
Result<FlashromFiles> FlashromInside::bring(const FlashromStep& step, const RemoteStep& there,
                                            const FlashRequest& request, const Until& until) const {
  FlashromFiles files;
  if (!request.log_folder.empty()) files.log = there.path("log");
  if (step.task == FlashromTask::read) files.content = there.path("readout");
  if (step.task == FlashromTask::write || step.task == FlashromTask::verify) {
    files.content = folder_ + "/image";
    if (auto brought = upload(step.file, files.content, until); !brought) return brought.error();
  }
  if (!request.regions.empty() && config_.layout == FlashLayout::file) {
    files.layout = folder_ + "/layout";
    if (auto brought = upload(config_.layout_file, files.layout, until); !brought) return brought.error();
  }
  return files;
}

/// What it left there for us.
Result<void> FlashromInside::fetch(const FlashromStep& step, const RemoteStep& there, const FlashRequest& request,
                                   const Until& until) const {
  if (const auto log = flashrom_log(step, request); !log.empty()) {
    // It tells people more; whether the step succeeded does not hang on it.
    if (const auto text = download(there.path("log"), until)) (void)write_file_atomically(log, *text);
  }
  if (step.task != FlashromTask::read) return {};
  const auto bytes = download(there.path("readout"), until);
  if (!bytes) return bytes.error();
  return write_file_atomically(step.file, *bytes);
}

Result<FlashromEnd> FlashromInside::run(const FlashromStep& step, const FlashRequest& request, const Until& until) {
  if (auto ready = prepare(until); !ready) return placed(ready.error());
  const RemoteStep there{.folder = folder_, .name = fmt::format("{}-{}", ++steps_, step.log)};
  const auto files = bring(step, there, request, until);
  if (!files) return placed(files.error());
  std::vector<std::string> command{config_.program};
  for (std::string& argument : flashrom_arguments(step, config_.programmer, config_.layout, request.regions, *files))
    command.push_back(std::move(argument));
  FlashromWatch watch(step.task, side(), "flashrom", config_.limits, request.on_progress);
  RemoteFlashrom flashrom(config_.shell, there, watch, until);
  auto end = flashrom.run(command);
  is_left_alone_ = flashrom.may_still_run();
  if (!end) return placed(end.error());
  const bool is_read = step.task == FlashromTask::read;
  if (is_read && !outcome_of(*end)) return end;
  if (auto fetched = fetch(step, there, request, until); !fetched) return placed(fetched.error());
  return end;
}

void FlashromInside::tidy_up() {
  if (!std::exchange(is_prepared_, false) || is_left_alone_) return;
  // Not for those who ask to stop: nothing is to stay there. What stays all the same is removed by the next operation.
  (void)run_there(config_.shell, remove_script(folder_), Until());
}

}  // namespace coldboot
