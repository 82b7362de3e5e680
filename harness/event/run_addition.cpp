#include "harness/event/run_addition.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "harness/event/disk_file.hpp"
#include "harness/event/event_codec.hpp"
#include "harness/event/run_info.hpp"

namespace coldboot {
namespace {

namespace fs = std::filesystem;

constexpr const char* events_file = "events.jsonl";

std::string text_in(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The highest number among the events of a file; 0 where there is none.
std::uint64_t last_number(const std::string& events, Instant origin) {
  std::uint64_t last = 0;
  for (std::size_t begin = 0; begin < events.size();) {
    const std::size_t end = std::min(events.find('\n', begin), events.size());
    if (const auto event = decode_event(std::string_view(events).substr(begin, end - begin), origin))
      last = std::max(last, event->seq);
    begin = end + 1;
  }
  return last;
}

std::uint64_t last_number_of_run(const fs::path& folder, Instant origin) {
  std::uint64_t last = last_number(text_in(folder / events_file), origin);
  std::error_code none;
  for (fs::directory_iterator boot(folder / "boots", none), end; !none && boot != end; boot.increment(none)) {
    last = std::max(last, last_number(text_in(boot->path() / events_file), origin));
  }
  return last;
}

}  // namespace

Result<void> add_to_run(const fs::path& folder, const std::vector<AddedEvent>& events) {
  const auto info = decode_run_info(text_in(folder / "run.json"));
  if (!info) return info.error().within((folder / "run.json").string());
  const Instant origin = info->anchor.origin;
  std::uint64_t number = last_number_of_run(folder, origin);
  const std::string before = text_in(folder / events_file);
  std::string text = before.empty() || before.back() == '\n' ? "" : "\n";
  for (const AddedEvent& event : events) {
    text += encode_event({.seq = ++number, .at = event.at, .boot = 0, .body = event.body}, origin);
    text += '\n';
  }
  const auto file = open_for_writing(folder / events_file, O_APPEND);
  if (!file) return file.error();
  const Written written = write_all(file->get(), text);
  if (written.bytes < text.size()) return disk_fault(folder / events_file, "cannot be written", written.error_number);
  ::fsync(file->get());
  return {};
}

}  // namespace coldboot
