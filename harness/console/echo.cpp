#include "harness/console/echo.hpp"

#include <algorithm>
#include <utility>

#include "harness/console/text_cleaner.hpp"

namespace coldboot {
namespace {

struct TypedLines {
  std::vector<std::string> lines{1};
  void text(std::uint64_t, std::string_view run) { lines.back() += run; }
  void line_break(std::uint64_t) { lines.emplace_back(); }
};

std::vector<std::size_t> borders_of(const std::string& text) {
  std::vector<std::size_t> border(text.size(), 0);
  for (std::size_t i = 1; i < text.size(); ++i) {
    std::size_t length = border[i - 1];
    while (length > 0 && text[i] != text[length]) length = border[length - 1];
    border[i] = text[i] == text[length] ? length + 1 : 0;
  }
  return border;
}

}  // namespace

void EchoFinder::sent(std::string_view typed, std::uint64_t at_offset) {
  TypedLines typed_lines;
  TextCleaner().feed(0, typed, typed_lines);
  for (std::string& line : typed_lines.lines) await_line(std::move(line), at_offset);
}

void EchoFinder::await_line(std::string typed, std::uint64_t at_offset) {
  if (typed.size() < shortest) return;
  Awaited awaited;
  awaited.border = borders_of(typed);
  awaited.offsets.resize(typed.size());
  awaited.from = at_offset;
  awaited.typed = std::move(typed);
  awaited_.push_back(std::move(awaited));
}

void EchoFinder::text(std::uint64_t raw_offset, std::string_view run) {
  for (std::size_t i = 0; i < run.size() && !awaited_.empty(); ++i) take(raw_offset + i, run[i]);
}

void EchoFinder::advance(Awaited& awaited, std::uint64_t raw_offset, char byte) {
  awaited.offsets[awaited.seen % awaited.offsets.size()] = raw_offset;
  ++awaited.seen;
  while (awaited.matched > 0 && awaited.typed[awaited.matched] != byte) {
    awaited.matched = awaited.border[awaited.matched - 1];
  }
  if (awaited.typed[awaited.matched] == byte) ++awaited.matched;
}

void EchoFinder::take(std::uint64_t raw_offset, char byte) {
  auto complete = awaited_.end();
  for (auto awaited = awaited_.begin(); awaited != awaited_.end(); ++awaited) {
    if (raw_offset < awaited->from) continue;
    advance(*awaited, raw_offset, byte);
    if (awaited->matched < awaited->typed.size()) continue;
    if (complete == awaited_.end()) {
      complete = awaited;
      echoes_.push_back({awaited->begin(), raw_offset + 1});
    } else if (awaited->typed == complete->typed) {
      awaited->matched = 0;  // typed twice: this echo belongs to the first, the second is still to come
    } else {
      awaited->typed.clear();  // its echo ends with the same byte
      echoes_.push_back({awaited->begin(), raw_offset + 1});
    }
  }
  if (complete != awaited_.end()) complete->typed.clear();
  std::erase_if(awaited_, [](const Awaited& awaited) {
    return awaited.typed.empty() || awaited.seen - awaited.matched >= reach;
  });
}

EchoFinder::Verdict EchoFinder::judge(std::uint64_t begin, std::uint64_t end) const {
  for (const Range& echo : echoes_) {
    if (echo.begin <= begin && end <= echo.end) return Verdict::echo;
  }
  for (const Awaited& awaited : awaited_) {
    if (awaited.matched > 0 && awaited.begin() <= begin) return Verdict::undecided;
  }
  return Verdict::console;
}

void EchoFinder::forget_before(std::uint64_t raw_offset) {
  std::erase_if(echoes_, [&](const Range& echo) { return echo.end <= raw_offset; });
}

}  // namespace coldboot
