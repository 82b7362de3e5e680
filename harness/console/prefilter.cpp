#include "harness/console/prefilter.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <new>

#include <hs/hs.h>

namespace coldboot {
namespace {

/// Memory Vectorscan works in; one per thread, grown to the prefilter in use.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch() { hs_free_scratch(scratch_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  hs_scratch_t* for_prefilter(const hs_database_t* database, std::uint64_t serial) {
    if (serial != fits_) {
      if (hs_alloc_scratch(database, &scratch_) != HS_SUCCESS) throw std::bad_alloc();
      fits_ = serial;
    }
    return scratch_;
  }

 private:
  hs_scratch_t* scratch_ = nullptr;
  std::uint64_t fits_ = 0;
};

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

int remember(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  static_cast<std::vector<Prefilter::Candidate>*>(context)->push_back({to, id});
  return 0;
}

/// Reads a regex and writes its prefilter form; stops at the first construct that is in doubt.
class FormWriter {
 public:
  explicit FormWriter(std::string_view regex) : in_(regex) {}

  std::optional<std::string> write() {
    while (at_ < in_.size()) {
      if (!take_one()) return {};
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  [[nodiscard]] bool starts(std::string_view with) const { return in_.substr(at_).starts_with(with); }

  void copy(std::size_t count) {
    out_ += in_.substr(at_, count);
    at_ += count;
  }

  bool take_one() {
    switch (peek()) {
      case '\\': return take_escape();
      case '[': return take_class();
      case '(': return take_group();
      case '$': return leave_away(1);
      case '*':
      case '+':
      case '?':
      case '{': return take_quantifier();
      default: copy(1); return true;
    }
  }

  /// An assertion; where it is repeated or made optional, what is left would mean something else.
  bool leave_away(std::size_t count) {
    at_ += count;
    return std::string_view("*+?{").find(peek()) == std::string_view::npos || at_ == in_.size();
  }

  bool take_quantifier() {
    if (starts("{,")) return false;
    copy(1);
    if (out_.back() == '{') {
      const std::size_t close = in_.find('}', at_);
      if (close == std::string_view::npos) return false;
      copy(close + 1 - at_);
    }
    if (peek() == '+') return false;  // possessive
    if (peek() == '?') copy(1);
    return true;
  }

  bool take_escape() {
    const char what = peek(1);
    if (what == 'b' || what == 'B' || what == 'z' || what == 'Z') return leave_away(2);
    return take_character_escape();
  }

  bool take_character_escape() {
    const char what = peek(1);
    if (what == 'x') {
      if (std::isxdigit(static_cast<unsigned char>(peek(2))) == 0 ||
          std::isxdigit(static_cast<unsigned char>(peek(3))) == 0) {
        return false;
      }
      copy(4);
      return true;
    }
    const bool known = std::string_view("dDwWsSt").find(what) != std::string_view::npos;
    if (what == '\0' || (std::isalnum(static_cast<unsigned char>(what)) != 0 && !known)) return false;
    copy(2);
    return true;
  }

  bool take_class() {
    copy(1);
    if (peek() == '^') copy(1);
    if (peek() == ']') copy(1);
    while (at_ < in_.size() && peek() != ']') {
      if (peek() == '\\') {
        if (!take_character_escape()) return false;
      } else if (starts("[:")) {
        const std::size_t close = in_.find(":]", at_);
        if (close == std::string_view::npos) return false;
        copy(close + 2 - at_);
      } else if (starts("[.") || starts("[=")) {
        return false;
      } else {
        copy(1);
      }
    }
    if (peek() != ']') return false;
    copy(1);
    return true;
  }

  bool take_group() {
    if (peek(1) == '*') return false;
    if (peek(1) != '?') {
      copy(1);
      return true;
    }
    if (starts("(?:")) {
      copy(3);
      return true;
    }
    return take_named_group() || take_options();
  }

  /// The name goes: it may be one that only PCRE2 allows.
  bool take_named_group() {
    const std::size_t name = starts("(?P<") ? 4 : starts("(?<") || starts("(?'") ? 3 : 0;
    if (name == 0 || peek(name) == '=' || peek(name) == '!') return false;
    const std::size_t close = in_.find(in_[at_ + name - 1] == '\'' ? '\'' : '>', at_ + name);
    if (close == std::string_view::npos) return false;
    at_ = close + 1;
    out_ += '(';
    return true;
  }

  /// (?i) and (?i:...) and the like; only letters that mean the same to both libraries.
  bool take_options() {
    std::size_t count = 2;
    while (std::string_view("ims").find(peek(count)) != std::string_view::npos && peek(count) != '\0') ++count;
    if (count == 2 || (peek(count) != ')' && peek(count) != ':')) return false;
    copy(count + 1);
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

void Prefilter::FreeDatabase::operator()(hs_database* database) const {
  hs_free_database(database);
}

void PrefilterStream::Close::operator()(hs_stream* stream) const {
  hs_close_stream(stream, nullptr, nullptr, nullptr);
}

std::optional<std::string> Prefilter::form_of(std::string_view regex) {
  return FormWriter(regex).write();
}

Prefilter::Prefilter(const std::vector<std::string>& regexes) : taken_(regexes.size(), false), serial_(next_serial()) {
  if (hs_valid_platform() != HS_SUCCESS) return;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < regexes.size(); ++i) {
    if (auto form = form_of(regexes[i])) entries.push_back({*std::move(form), static_cast<unsigned>(i)});
  }
  compile(std::move(entries));
}

/// Compiles what Vectorscan accepts; each expression it names as too much for it is left out and the rest tried again.
void Prefilter::compile(std::vector<Entry> entries) {
  while (!entries.empty()) {
    std::vector<const char*> forms;
    std::vector<unsigned> flags(entries.size(), HS_FLAG_MULTILINE);
    std::vector<unsigned> ids;
    for (const Entry& entry : entries) {
      forms.push_back(entry.form.c_str());
      ids.push_back(entry.id);
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(forms.data(), flags.data(), ids.data(), static_cast<unsigned>(forms.size()), HS_MODE_STREAM,
                         nullptr, &database, &error) == HS_SUCCESS) {
      database_.reset(database);
      for (const Entry& entry : entries) taken_[entry.id] = true;
      return;
    }
    const int culprit = error->expression;
    hs_free_compile_error(error);
    if (culprit < 0) return;
    entries.erase(entries.begin() + culprit);
  }
}

PrefilterStream::PrefilterStream(const Prefilter& prefilter) : prefilter_(&prefilter) {
  if (!prefilter.database_) return;
  hs_stream_t* stream = nullptr;
  if (hs_open_stream(prefilter.database_.get(), 0, &stream) != HS_SUCCESS) throw std::bad_alloc();
  stream_.reset(stream);
}

void PrefilterStream::scan(std::string_view text, std::vector<Prefilter::Candidate>& found) {
  thread_local Scratch scratch;
  if (!stream_ || text.empty()) return;
  hs_scan_stream(stream_.get(), text.data(), static_cast<unsigned>(text.size()), 0,
                 scratch.for_prefilter(prefilter_->database_.get(), prefilter_->serial_), &remember, &found);
}

}  // namespace coldboot
