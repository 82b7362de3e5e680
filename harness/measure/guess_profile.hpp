#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "harness/console/boot_watcher.hpp"

namespace coldboot {

/// How well one profile explains a log.
struct ProfileGuess {
  std::size_t candidate = 0;  ///< index into the candidates
  std::size_t in_order = 0;   ///< most markers that were seen in the order of the profile
  std::size_t seen = 0;       ///< markers that were seen at all
  std::size_t known = 0;      ///< markers of the profile that console text can show
  bool operator==(const ProfileGuess&) const = default;
};

/// Which profiles explain console text, best first; those with no marker in it are left out. The best has most markers
/// in the profile's order; of equals the one with fewer markers that never came, then the one with more spans and
/// failure signatures: it says more about the same text. Only the first 4 MiB are looked at.
std::vector<ProfileGuess> guess_profile(std::string_view text,
                                        const std::vector<std::shared_ptr<const CompiledPlan>>& candidates);

}  // namespace coldboot
