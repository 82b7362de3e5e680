#include "harness/measure/attributes.hpp"

#include <algorithm>

namespace coldboot {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool in_word(char c) {
  return is_digit(c) || c == '.' || (lower(c) >= 'a' && lower(c) <= 'z');
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (word.size() > 1 && word[0] == 'v' && is_digit(word[1])) word.erase(0, 1);
    if (!word.empty() && word != "release") words.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (in_word(c)) {
      word += lower(c);
    } else {
      end_word();
    }
  }
  end_word();
  return words;
}

bool contains(const std::vector<std::string>& words, const std::vector<std::string>& wanted) {
  return !wanted.empty() && std::ranges::search(words, wanted).begin() != words.end();
}

std::string first_capture(std::span<const MarkerHit> hits, const std::string& name) {
  for (const MarkerHit& hit : hits) {
    const auto found = hit.captures.find(name);
    if (found != hit.captures.end() && !found->second.empty()) return found->second;
  }
  return "";
}

}  // namespace

bool names_version(std::string_view line, std::string_view version) {
  const std::vector<std::string> wanted = words_of(version);
  const std::vector<std::string> words = words_of(line);
  return !wanted.empty() && std::ranges::find(words, wanted.back()) != words.end();
}

bool attributes_agree(std::string_view declared, std::string_view observed) {
  if (declared == observed) return true;
  const std::vector<std::string> mine = words_of(declared);
  const std::vector<std::string> seen = words_of(observed);
  return contains(mine, seen) || contains(seen, mine);
}

std::vector<Attribute> attributes_of(const std::map<std::string, std::string>& declared,
                                     const std::map<std::string, std::string>& observe,
                                     std::span<const MarkerHit> hits) {
  std::map<std::string, Attribute> rows;
  for (const auto& [name, text] : declared) rows[name].declared = text;
  for (const auto& [name, capture] : observe) {
    const std::string observed = first_capture(hits, capture);
    if (!observed.empty()) rows[name].observed = observed;
  }
  std::vector<Attribute> table;
  for (auto& [name, row] : rows) {
    row.name = name;
    row.agrees = row.declared.empty() || row.observed.empty() || attributes_agree(row.declared, row.observed);
    table.push_back(row);
  }
  return table;
}

}  // namespace coldboot
