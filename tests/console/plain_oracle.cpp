#include "tests/console/plain_oracle.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdexcept>

#include <pcre2.h>

namespace coldboot {
namespace {

struct Line {
  std::string text;
  std::vector<std::uint64_t> raw;
};

bool is_kept(unsigned char c) {
  return c == '\t' || c >= 0x80 || (c >= 0x20 && c < 0x7F);
}

/// Index after the escape sequence that begins at `i`.
std::size_t skip_escape(const std::string& raw, std::size_t i) {
  const auto at = [&](std::size_t k) { return static_cast<unsigned char>(raw[k]); };
  enum { begun, charset, csi, string } state = begun;
  for (++i; i < raw.size(); ++i) {
    const unsigned char c = at(i);
    if (c == '\r' || c == '\n' || c == 0x1B) return i;
    if (state == string) {
      if (c == 7) return i + 1;
      continue;
    }
    if (c >= 0x80 || c == '\t') return i;
    if (!is_kept(c)) continue;
    if (state == csi && c >= 0x40) return i + 1;
    if (state == charset && c >= 0x30) return i + 1;
    if (state != begun) continue;
    if (c == '[') {
      state = csi;
    } else if (std::string("]PX^_").find(raw[i]) != std::string::npos) {
      state = string;
    } else if (c < 0x30) {
      state = charset;
    } else {
      return i + 1;
    }
  }
  return i;
}

std::vector<Line> lines_of(const std::string& raw) {
  std::vector<Line> lines(1);
  bool after_cr = false;
  for (std::size_t i = 0; i < raw.size();) {
    const auto c = static_cast<unsigned char>(raw[i]);
    if (c == 0x1B) {
      i = skip_escape(raw, i);
      continue;
    }
    if (c == '\r' || c == '\n') {
      if (!after_cr) lines.emplace_back();
      after_cr = c == '\r';
    } else if (is_kept(c)) {
      lines.back().text += raw[i];
      lines.back().raw.push_back(i);
      after_cr = false;
    }
    ++i;
  }
  return lines;
}

class OracleRegex {
 public:
  explicit OracleRegex(const std::string& regex) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(regex.data()), regex.size(), 0, &error, &offset, nullptr);
    if (code_ == nullptr) throw std::invalid_argument(regex);
    data_ = pcre2_match_data_create_from_pattern(code_, nullptr);
  }
  ~OracleRegex() {
    pcre2_match_data_free(data_);
    pcre2_code_free(code_);
  }
  OracleRegex(const OracleRegex&) = delete;
  OracleRegex& operator=(const OracleRegex&) = delete;

  int run(const std::string& subject, std::size_t from, std::uint32_t options) {
    return pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), from, options, data_,
                       nullptr);
  }
  [[nodiscard]] std::size_t begin() const { return pcre2_get_ovector_pointer(data_)[0]; }
  [[nodiscard]] std::size_t end() const { return pcre2_get_ovector_pointer(data_)[1]; }

 private:
  pcre2_code* code_;
  pcre2_match_data* data_;
};

/// All matches of one line: windows of 8192 bytes, moved on by 4096; one that is open and begins at 4096 or before ends
/// with its window.
class LineSearch {
 public:
  LineSearch(OracleRegex& regex, const Line& line) : regex_(regex), line_(line) {}

  std::vector<OracleHit> all() {
    for (; line_.text.size() - base_ >= 8192; base_ += 4096) full_window();
    const std::string rest = line_.text.substr(base_);
    while (regex_.run(rest, from_ - base_, options()) >= 0) add();
    return std::move(hits_);
  }

 private:
  [[nodiscard]] std::uint32_t options() const { return base_ == 0 ? 0 : PCRE2_NOTBOL; }

  void full_window() {
    const std::string window = line_.text.substr(base_, 8192);
    for (;;) {
      int rc = regex_.run(window, from_ - base_, options() | PCRE2_PARTIAL_HARD);
      if (rc == PCRE2_ERROR_NOMATCH) {
        from_ = base_ + 8192;
        return;
      }
      if (rc == PCRE2_ERROR_PARTIAL) {
        const std::size_t begin = regex_.begin();
        if (begin > 4096) {
          from_ = base_ + begin;
          return;
        }
        rc = regex_.run(window, begin, options());
        if (rc < 0 || regex_.begin() > 4096) {
          from_ = base_ + 4097;
          return;
        }
      }
      add();
    }
  }

  void add() {
    OracleHit hit;
    const std::size_t begin = base_ + regex_.begin();
    const std::size_t end = base_ + regex_.end();
    hit.begin = line_.raw[begin];
    hit.end = line_.raw[end - 1] + 1;
    hit.text = line_.text.substr(begin, end - begin);
    hits_.push_back(hit);
    from_ = end;
  }

  OracleRegex& regex_;
  const Line& line_;
  std::size_t base_ = 0;
  std::size_t from_ = 0;
  std::vector<OracleHit> hits_;
};

}  // namespace

std::vector<OracleHit> oracle_hits(const std::vector<std::string>& regexes, const std::string& raw) {
  std::vector<OracleHit> all;
  const std::vector<Line> lines = lines_of(raw);
  for (std::size_t pattern = 0; pattern < regexes.size(); ++pattern) {
    OracleRegex regex(regexes[pattern]);
    for (std::size_t line = 0; line < lines.size(); ++line) {
      if (lines[line].text.empty()) continue;
      for (OracleHit& hit : LineSearch(regex, lines[line]).all()) {
        hit.pattern = pattern;
        hit.line = line + 1;
        all.push_back(std::move(hit));
      }
    }
  }
  return all;
}

}  // namespace coldboot
