#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct hs_database;
struct hs_stream;

namespace coldboot {

/// Looks for many patterns at once in a stream of text whose lines end in \n, and says where one may have matched:
/// never too little, sometimes too much. Stands on Vectorscan. Immutable; any thread may use it.
class Prefilter {
 public:
  struct Candidate {
    std::uint64_t end = 0;  ///< a match may end at this offset of the text
    std::uint32_t pattern = 0;
  };

  /// A form of `regex` that matches wherever regex does, at the same end and without a byte more, in what Vectorscan
  /// takes: ends of line and word boundaries are left away. Nothing for constructs where that is in doubt.
  static std::optional<std::string> form_of(std::string_view regex);

  /// Takes those of `regexes` it can; taken() says which.
  explicit Prefilter(const std::vector<std::string>& regexes);
  Prefilter(const Prefilter&) = delete;
  Prefilter& operator=(const Prefilter&) = delete;

  [[nodiscard]] const std::vector<bool>& taken() const { return taken_; }

 private:
  friend class PrefilterStream;
  struct Entry {
    std::string form;
    unsigned id = 0;
  };
  void compile(std::vector<Entry> entries);

  struct FreeDatabase {
    void operator()(hs_database* database) const;
  };
  std::unique_ptr<hs_database, FreeDatabase> database_;  ///< nothing where no pattern could be taken
  std::vector<bool> taken_;
  std::uint64_t serial_;  ///< which prefilter this is, for the scratch of a thread
};

/// The state of one console's text. The prefilter must outlive it.
class PrefilterStream {
 public:
  explicit PrefilterStream(const Prefilter& prefilter);

  /// Scans the next text and appends to `found`.
  void scan(std::string_view text, std::vector<Prefilter::Candidate>& found);

 private:
  struct Close {
    void operator()(hs_stream* stream) const;
  };
  const Prefilter* prefilter_;
  std::unique_ptr<hs_stream, Close> stream_;
};

}  // namespace coldboot
