#include "harness/file/findings.hpp"

#include <algorithm>
#include <map>

namespace coldboot {
namespace {

std::vector<Fault> sorted(std::vector<std::pair<Place, Fault>> found) {
  std::map<std::string, std::size_t> file_order;
  for (const auto& [place, fault] : found) file_order.emplace(place.file, file_order.size());
  const auto order = [&](const std::pair<Place, Fault>& one) {
    return std::tuple(file_order[one.first.file], one.first.line, one.first.column);
  };
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  std::vector<Fault> faults;
  for (auto& [place, fault] : found) {
    if (std::find(faults.begin(), faults.end(), fault) == faults.end()) faults.push_back(std::move(fault));
  }
  return faults;
}

Fault fault_at(const Place& place, std::string what, std::string hint) {
  return {Cause::mistake, place.text(), std::move(what), std::move(hint)};
}

}  // namespace

void Findings::mistake(const Place& place, std::string what, std::string hint) {
  mistakes_.emplace_back(place, fault_at(place, std::move(what), std::move(hint)));
}

void Findings::warning(const Place& place, std::string what, std::string hint) {
  warnings_.emplace_back(place, fault_at(place, std::move(what), std::move(hint)));
}

void Findings::add(const Findings& others) {
  mistakes_.insert(mistakes_.end(), others.mistakes_.begin(), others.mistakes_.end());
  warnings_.insert(warnings_.end(), others.warnings_.begin(), others.warnings_.end());
}

std::vector<Fault> Findings::mistakes() const {
  return sorted(mistakes_);
}

std::vector<Fault> Findings::warnings() const {
  return sorted(warnings_);
}

}  // namespace coldboot
