#include "harness/measure/guess_profile.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace coldboot {
namespace {

constexpr std::size_t text_looked_at = 4 * 1024 * 1024;  // a boot prints some ten KB, a debug build some hundred

/// The text as a boot whose times are not known.
BootRecord as_record(std::string_view text, const std::string& console) {
  ConsoleRecord said;
  said.name = console;
  said.raw = text;
  if (!text.empty()) {
    said.chunks.push_back(
        {.length = static_cast<std::uint32_t>(text.size()), .arrival = Instant::max(), .stamped = false});
  }
  BootRecord record;
  record.consoles.push_back(std::move(said));
  return record;
}

/// Places in the profile of the markers seen, each at its first hit, in order of text.
std::vector<std::size_t> places_of_first_hits(std::string_view text, const std::shared_ptr<const CompiledPlan>& plan) {
  std::map<std::string, std::size_t> unseen;
  for (const MarkerPlan& marker : plan->plan().markers) {
    unseen.emplace(marker.name, unseen.size());
  }
  std::vector<std::size_t> places;
  for (const Found& found : watch(as_record(text, plan->plan().console), plan)) {
    const auto* hit = std::get_if<MarkerHit>(&found.hit);
    if (hit == nullptr) {
      continue;
    }
    if (const auto marker = unseen.find(hit->marker); marker != unseen.end()) {
      places.push_back(marker->second);
      unseen.erase(marker);
    }
  }
  return places;
}

/// Length of the longest rising subsequence: `ends[n]` is the lowest place n + 1 markers in order can end at.
std::size_t most_in_order(const std::vector<std::size_t>& places) {
  std::vector<std::size_t> ends;
  for (const std::size_t place : places) {
    const auto at = std::lower_bound(ends.begin(), ends.end(), place);
    if (at == ends.end()) {
      ends.push_back(place);
    } else {
      *at = place;
    }
  }
  return ends.size();
}

std::size_t markers_with_text(const BootPlan& plan) {
  const auto count = std::count_if(plan.markers.begin(), plan.markers.end(),
                                   [](const MarkerPlan& marker) { return !marker.match.empty(); });
  return static_cast<std::size_t>(count);
}

}  // namespace

std::vector<ProfileGuess> guess_profile(std::string_view text,
                                        const std::vector<std::shared_ptr<const CompiledPlan>>& candidates) {
  text = text.substr(0, text_looked_at);
  std::vector<ProfileGuess> guesses;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto places = places_of_first_hits(text, candidates[i]);
    if (!places.empty()) {
      guesses.push_back({i, most_in_order(places), places.size(), markers_with_text(candidates[i]->plan())});
    }
  }
  const auto rank = [&](const ProfileGuess& guess) {
    const BootPlan& plan = candidates[guess.candidate]->plan();
    const std::size_t never_came = guess.known - guess.seen;
    const std::size_t says = plan.spans.size() + plan.failures.size();
    return std::tuple(~guess.in_order, never_came, ~says, guess.candidate);  // the lowest is the best
  };
  std::sort(guesses.begin(), guesses.end(),
            [&](const ProfileGuess& a, const ProfileGuess& b) { return rank(a) < rank(b); });
  return guesses;
}

}  // namespace coldboot
