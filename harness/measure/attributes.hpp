#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/event/hit.hpp"
#include "harness/measure/record.hpp"

namespace coldboot {

/// Whether a declared and an observed text speak of the same thing. Both are cut into words (letters, digits and '.'),
/// case does not count, a `v` before a digit and the word "release" are dropped; then the words of one must stand in
/// the other, together and in order. "pfSense 2.4.4-p3" agrees with "2.4.4-RELEASE-p3" and "v4.10.0.2" with
/// "4.10.0.2", but "v4.10" does not agree with "v4.10.0.2", nor "pfSense 2.4.4" with "OPNsense 2.4.4".
bool attributes_agree(std::string_view declared, std::string_view observed);

/// Whether a line of a console names the version of a firmware image: the most particular part of it, which is its last
/// word: "BIOS version v4.15.0.1" names 4.15-v4.15.0.1.
bool names_version(std::string_view line, std::string_view version);

/// One row for each attribute that is declared or observed, by name. Observed is the first capture of that name among
/// the hits; `observe` says which capture tells which attribute.
std::vector<Attribute> attributes_of(const std::map<std::string, std::string>& declared,
                                     const std::map<std::string, std::string>& observe,
                                     std::span<const MarkerHit> hits);

}  // namespace coldboot
