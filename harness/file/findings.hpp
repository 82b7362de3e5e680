#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/file/place.hpp"

namespace coldboot {

/// Everything wrong with a user's files, collected so that all of it is told at once.
class Findings {
 public:
  /// Something that must be mended: what was found and expected, and what to do about it.
  void mistake(const Place& place, std::string what, std::string hint = {});
  /// Something allowed that will most likely not do what was meant.
  void warning(const Place& place, std::string what, std::string hint = {});

  /// All that another reader found.
  void add(const Findings& others);

  [[nodiscard]] bool any_mistake() const { return !mistakes_.empty(); }
  /// Sorted by file in order of appearance, then line and column; cause `mistake`, no doubles.
  [[nodiscard]] std::vector<Fault> mistakes() const;
  [[nodiscard]] std::vector<Fault> warnings() const;

 private:
  using Found = std::pair<Place, Fault>;
  std::vector<Found> mistakes_;
  std::vector<Found> warnings_;
};

/// What reading a file came to: a value where nothing was wrong, else all mistakes. Warnings come with both.
template <class T>
struct Reading {
  std::optional<T> value;
  std::vector<Fault> mistakes;
  std::vector<Fault> warnings;

  Reading() = default;
  explicit Reading(Fault fault) : mistakes{std::move(fault)} {}
  Reading(std::optional<T> read, const Findings& findings)
      : value(findings.any_mistake() ? std::nullopt : std::move(read)),
        mistakes(findings.mistakes()),
        warnings(findings.warnings()) {}

  explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
  const T& operator*() const { return *value; }
  T* operator->() { return &*value; }
  const T* operator->() const { return &*value; }
};

}  // namespace coldboot
