#include "harness/event/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "harness/event/disk_file.hpp"
#include "harness/event/file_name.hpp"
#include "harness/event/record_writer.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

/// Kept free so that the last events and the result fit on a disk that has run full.
constexpr off_t reserve_bytes = 256 * 1024;
/// Larger inputs (disk images) are named by their hash and not copied.
constexpr std::uint64_t most_copied_bytes = std::uint64_t{16} << 20U;

/// "20261122T102030Z-xen-vs-bare": sorts by time, needs no quoting in a shell.
std::string folder_stem(const RunInfo& info) {
  std::string time = utc_text(info.anchor.utc);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{}", time, file_name_of(info.scenario));
}

/// Creates the run's folder under the first name that is free: `stem`, `stem-2`, `stem-3`, ...
Result<fs::path> make_run_folder(const fs::path& parent, const std::string& stem) {
  std::error_code why;
  fs::create_directories(parent, why);
  if (why) return disk_fault(parent, "cannot be created", why.value());
  for (int number = 1;; ++number) {
    fs::path folder = parent / (number == 1 ? stem : fmt::format("{}-{}", stem, number));
    if (::mkdir(folder.c_str(), 0755) == 0) return folder;
    if (errno != EEXIST) return disk_fault(folder, "cannot be created", errno);
  }
}

/// The deepest folder all files lie in.
fs::path common_folder(const std::vector<fs::path>& files) {
  fs::path common;
  for (const fs::path& file : files) {
    const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
    if (common.empty()) common = folder;
    fs::path shared;
    for (auto a = common.begin(), b = folder.begin(); a != common.end() && b != folder.end() && *a == *b; ++a, ++b) {
      shared /= *a;
    }
    common = shared;
  }
  return common;
}

/// Inputs keep their places towards each other, so that the copies find each other as the files did.
Result<InputRecord> keep_input(const fs::path& folder, const fs::path& file, const fs::path& common) {
  InputRecord input;
  input.path = file.string();
  auto hash = sha256_of(file);
  if (!hash) return hash.error().within("an input of the run");
  input.sha256 = *hash;
  std::error_code why;
  input.bytes = fs::file_size(file, why);
  if (why) return disk_fault(file, "its size cannot be read", why.value());
  if (input.bytes > most_copied_bytes) return input;
  const fs::path place = "inputs" / fs::absolute(file).lexically_normal().lexically_relative(common);
  input.copy = place.generic_string();
  fs::create_directories((folder / place).parent_path(), why);
  if (why) return disk_fault((folder / place).parent_path(), "cannot be created", why.value());
  fs::copy_file(file, folder / input.copy, why);
  if (why) return disk_fault(folder / input.copy, "cannot be copied", why.value());
  return input;
}

Result<void> keep_inputs(const fs::path& folder, const std::vector<fs::path>& files, std::vector<InputRecord>& inputs) {
  std::error_code why;
  fs::create_directories(folder / "inputs", why);
  if (why) return disk_fault(folder / "inputs", "cannot be created", why.value());
  const fs::path common = common_folder(files);
  for (const fs::path& file : files) {
    const bool kept =
        std::ranges::any_of(inputs, [&](const InputRecord& known) { return known.path == file.string(); });
    if (kept) continue;
    auto input = keep_input(folder, file, common);
    if (!input) return input.error();
    inputs.push_back(std::move(*input));
  }
  return {};
}

Result<void> make_reserve(const fs::path& file) {
  auto fd = open_for_writing(file, O_TRUNC);
  if (!fd) return fd.error();
  const int why = ::posix_fallocate(fd->get(), 0, reserve_bytes);
  if (why != 0) return disk_fault(file, "no room for the reserve", why);
  return {};
}

/// Has the disk confirm one file, so that it survives a crash of the host. A disk that cannot says so at the end.
void confirm_file(const fs::path& file) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.is_open()) ::fsync(fd.get());
}

/// Has the disk confirm every file of the folder: one call for all of them, thousands in a long campaign.
Result<void> confirm_on_disk(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::syncfs(fd.get()) != 0)
    return disk_fault(folder, "the disk does not confirm the record", errno);
  return {};
}

}  // namespace

/// What exists once a folder has been created.
struct RunFolder::State {
  State(fs::path folder, RunInfo about, std::function<void(const Fault&)> on_fault)
      : path(std::move(folder)),
        info(std::move(about)),
        writer(path, path / "reserve", info.anchor.origin, std::move(on_fault)),
        confirming([this] { confirm_file(path / "run.json"); }) {}

  const fs::path path;
  RunInfo info;
  RecordWriter writer;
  bool closed = false;
  std::jthread confirming;  // a disk may take its time; power is not kept waiting
};

RunFolder::RunFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunFolder::~RunFolder() = default;

Result<std::unique_ptr<RunFolder>> RunFolder::create(const RunFolderOptions& options) {
  auto folder = make_run_folder(options.parent, folder_stem(options.info));
  if (!folder) return folder.error();
  RunInfo info = options.info;
  info.inputs.clear();
  if (auto kept = keep_inputs(*folder, options.input_files, info.inputs); !kept) return kept.error();
  if (auto reserved = make_reserve(*folder / "reserve"); !reserved) return reserved.error();
  if (auto written = replace_file(*folder / "run.json", encode_run_info(info), Confirm::later); !written)
    return written.error();
  auto state = std::make_unique<State>(*folder, std::move(info), options.on_fault);
  return std::unique_ptr<RunFolder>(new RunFolder(std::move(state)));
}

void RunFolder::write(const Event& event) {
  state_->writer.write(event);
}

void RunFolder::drain() {
  state_->writer.drain();
}

ChunkSink& RunFolder::open_boot(int number, std::string_view configuration) {
  return state_->writer.open_boot(number, configuration);
}

std::string RunFolder::boot_folder_name(int number, std::string_view configuration) {
  const std::string name = fmt::format("{:03}", number);
  return configuration.empty() ? name : fmt::format("{}-{}", name, file_name_of(configuration));
}

Result<void> RunFolder::put_file(std::string_view name, std::string_view content) {
  const fs::path file = state_->path / name;
  auto written = replace_file(file, content);
  if (written || written.error().cause() != Cause::disk_full) return written;
  state_->writer.release_reserve();
  return replace_file(file, content);
}

Result<void> RunFolder::close(Instant ended) {
  if (std::exchange(state_->closed, true)) return {};
  state_->writer.finish();
  state_->writer.release_reserve();
  if (const auto fault = state_->writer.fault()) return *fault;
  state_->info.ended = ended;
  if (auto noted = put_file("run.json", encode_run_info(state_->info)); !noted) return noted;
  return confirm_on_disk(state_->path);
}

std::optional<Fault> RunFolder::fault() const {
  return state_->writer.fault();
}

const fs::path& RunFolder::path() const {
  return state_->path;
}

const RunInfo& RunFolder::info() const {
  return state_->info;
}

}  // namespace coldboot
