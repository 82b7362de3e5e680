#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/result.hpp"

struct pcre2_real_code_8;

namespace coldboot {

/// One PCRE2 pattern, compiled to machine code, for matching within a line. Immutable; any thread may use it.
class Regex {
 public:
  /// Faults: see check_pattern().
  static Result<Regex> compile(std::string_view regex);

  enum class Mode {
    open,   ///< more text may follow: what it could change is `partial`
    closed  ///< the text ends here
  };
  enum class Outcome {
    none,     ///< no match; none begins before the end of the subject, whatever follows
    match,    ///< and no later byte changes it
    partial,  ///< something begins at `begin` that later bytes decide
    gave_up   ///< the match limit was hit
  };
  struct Match {
    Outcome outcome = Outcome::none;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// The first match in `subject` that begins at `from` or later. `line_start`: the subject begins where its line does.
  [[nodiscard]] Match find(std::string_view subject, std::size_t from, Mode mode, bool line_start) const;

  /// The named groups that took part in the match this thread found last, with this regex in `subject`.
  [[nodiscard]] std::map<std::string, std::string> captures(std::string_view subject) const;

  [[nodiscard]] std::vector<std::string> capture_names() const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  struct Group {
    std::string name;
    std::size_t number = 0;
  };

  Regex() = default;
  void read_groups();

  std::unique_ptr<pcre2_real_code_8, Free> code_;
  std::vector<Group> groups_;  ///< named ones, in order of their numbers
  std::size_t captures_ = 0;   ///< all groups
};

}  // namespace coldboot
