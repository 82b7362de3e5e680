#include "harness/console/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <pcre2.h>

namespace coldboot {
namespace {

// Steps of backtracking allowed in one call: a pattern that needs more is a mistake of its author, and must not stop
// the capture of all other consoles.
constexpr std::uint32_t match_limit = 100'000;
constexpr std::size_t jit_stack_most = 512 * 1024;

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

/// What one thread needs to match, reused for every call.
class MatchRoom {
 public:
  MatchRoom() : context_(pcre2_match_context_create(nullptr)) {
    pcre2_set_match_limit(context_, match_limit);
    stack_ = pcre2_jit_stack_create(32 * 1024, jit_stack_most, nullptr);
    pcre2_jit_stack_assign(context_, nullptr, stack_);
  }
  ~MatchRoom() {
    pcre2_match_data_free(data_);
    pcre2_jit_stack_free(stack_);
    pcre2_match_context_free(context_);
  }
  MatchRoom(const MatchRoom&) = delete;
  MatchRoom& operator=(const MatchRoom&) = delete;

  [[nodiscard]] pcre2_match_context* context() const { return context_; }
  [[nodiscard]] pcre2_match_data* data() const { return data_; }

  pcre2_match_data* data_for(std::size_t groups) {
    if (data_ == nullptr || groups > groups_) {
      pcre2_match_data_free(data_);
      groups_ = std::max<std::size_t>(groups, 16);
      data_ = pcre2_match_data_create(static_cast<std::uint32_t>(groups_), nullptr);
    }
    return data_;
  }

 private:
  pcre2_match_context* context_;
  pcre2_jit_stack* stack_ = nullptr;
  pcre2_match_data* data_ = nullptr;
  std::size_t groups_ = 0;
};

MatchRoom& room() {
  thread_local MatchRoom of_this_thread;
  return of_this_thread;
}

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

Fault refusal(std::string_view regex, std::size_t offset, std::string_view why, std::string hint = {}) {
  return Fault(Cause::mistake, "", fmt::format("in '{}' at offset {}: {}", regex, offset, why), std::move(hint));
}

/// Constructs whose meaning depends on where a search begins, so on how the bytes were split.
std::optional<Fault> split_dependent(std::string_view regex) {
  bool in_class = false;
  for (std::size_t i = 0; i + 1 < regex.size(); ++i) {
    const char next = regex[i + 1];
    if (regex[i] == '\\') {
      if (next == 'Q') {
        const std::size_t end = regex.find("\\E", i);
        if (end == std::string_view::npos) return {};
        i = end + 1;
        continue;
      }
      if (!in_class && next == 'A') return refusal(regex, i, "\\A is not supported", "write ^");
      if (!in_class && (next == 'G' || next == 'K')) {
        return refusal(regex, i, fmt::format("\\{} is not supported", next), "use a lookbehind: (?<=...)");
      }
      ++i;
    } else if (in_class && regex[i] == '[' && next == ':') {
      const std::size_t end = regex.find(":]", i);
      if (end != std::string_view::npos) i = end + 1;
    } else if (in_class) {
      in_class = regex[i] != ']';
    } else if (regex[i] == '[') {
      in_class = true;
      if (next == '^') ++i;
      if (i + 1 < regex.size() && regex[i + 1] == ']') ++i;  // a bracket that comes first is a member
    } else if (regex[i] == '(' && next == '*') {
      return refusal(regex, i, "(*VERB) is not supported");
    }
  }
  return {};
}

}  // namespace

void Regex::Free::operator()(pcre2_real_code_8* code) const {
  pcre2_code_free(code);
}

Result<Regex> Regex::compile(std::string_view regex) {
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Regex compiled;
  compiled.code_.reset(
      pcre2_compile(units(regex), regex.size(), PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &error, &offset, context.get()));
  if (!compiled.code_) return refusal(regex, offset, message_of(error));
  if (const auto fault = split_dependent(regex)) return *fault;
  std::uint32_t matches_empty = 0;
  pcre2_pattern_info(compiled.code_.get(), PCRE2_INFO_MATCHEMPTY, &matches_empty);
  if (matches_empty != 0) {
    return refusal(regex, 0, "it matches the empty string, so it would be found everywhere",
                   "make it need at least one character");
  }
  // Without machine code (a kernel that forbids writable code pages) pcre2_match() interprets: slower, same result.
  pcre2_jit_compile(compiled.code_.get(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
  compiled.read_groups();
  return compiled;
}

void Regex::read_groups() {
  std::uint32_t all = 0;
  std::uint32_t named = 0;
  std::uint32_t entry_size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &all);
  pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMECOUNT, &named);
  captures_ = all;
  if (named == 0) return;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
  pcre2_pattern_info(code_.get(), PCRE2_INFO_NAMETABLE, static_cast<void*>(&table));
  for (std::uint32_t i = 0; i < named; ++i, table += entry_size) {
    // An entry is the number, high byte first, and the name with a zero after it (pcre2api, PCRE2_INFO_NAMETABLE).
    groups_.push_back({reinterpret_cast<const char*>(table + 2), static_cast<std::size_t>(table[0] << 8 | table[1])});
  }
  std::sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) { return a.number < b.number; });
}

Regex::Match Regex::find(std::string_view subject, std::size_t from, Mode mode, bool line_start) const {
  if (from > subject.size()) return {};
  std::uint32_t options = line_start ? 0 : PCRE2_NOTBOL;
  if (mode == Mode::open) options |= PCRE2_PARTIAL_HARD;
  MatchRoom& here = room();
  pcre2_match_data* const data = here.data_for(captures_ + 1);
  const int rc = pcre2_match(code_.get(), units(subject), subject.size(), from, options, data, here.context());
  if (rc == PCRE2_ERROR_NOMATCH) return {};
  if (rc < 0 && rc != PCRE2_ERROR_PARTIAL) return {Outcome::gave_up, from, from};
  const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(data);
  return {rc == PCRE2_ERROR_PARTIAL ? Outcome::partial : Outcome::match, range[0], range[1]};
}

std::map<std::string, std::string> Regex::captures(std::string_view subject) const {
  std::map<std::string, std::string> found;
  if (groups_.empty()) return found;
  const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(room().data());
  const auto seen = pcre2_get_ovector_count(room().data());
  for (const Group& group : groups_) {
    if (group.number >= seen || range[2 * group.number] == PCRE2_UNSET) continue;
    const PCRE2_SIZE begin = range[2 * group.number];
    found.emplace(group.name, subject.substr(begin, range[2 * group.number + 1] - begin));
  }
  return found;
}

std::vector<std::string> Regex::capture_names() const {
  std::vector<std::string> names;
  for (const Group& group : groups_) {
    if (std::find(names.begin(), names.end(), group.name) == names.end()) names.push_back(group.name);
  }
  return names;
}

}  // namespace coldboot
