#include "harness/measure/console_lines.hpp"

#include "harness/console/text_cleaner.hpp"
#include "harness/core/text.hpp"

namespace coldboot {
namespace {

/// Takes cleaned text and keeps the lines that are not blank.
class LineCollector {
 public:
  void text(std::uint64_t raw_offset, std::string_view run) {
    if (line_.text.empty()) line_.begin = raw_offset;
    line_.text += run;
    line_.end = raw_offset + run.size();
  }

  void line_break(std::uint64_t /*raw_offset*/) {
    const std::size_t number = line_.number;
    if (line_.text.find_first_not_of(" \t") != std::string::npos) lines_.push_back(std::move(line_));
    line_ = ConsoleLine{.number = number + 1};
  }

  std::vector<ConsoleLine> take() {
    line_break(0);
    return std::move(lines_);
  }

 private:
  std::vector<ConsoleLine> lines_;
  ConsoleLine line_{.number = 1};
};

}  // namespace

std::vector<ConsoleLine> lines_of(std::string_view raw) {
  TextCleaner cleaner;
  LineCollector lines;
  cleaner.feed(0, raw, lines);
  return lines.take();
}

std::string tail_of(const std::vector<ConsoleLine>& lines, std::size_t most) {
  std::string tail;
  for (std::size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i) {
    tail += printable_line(lines[i].text) + "\n";
  }
  return tail;
}

}  // namespace coldboot
