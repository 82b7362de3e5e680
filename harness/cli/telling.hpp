#pragma once

#include <string>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/file/findings.hpp"

namespace coldboot {

// What a command says to people goes to standard error, one line each; results go to standard output.

void tell(const Fault& fault);  ///< "coldboot: error: where: what (hint)"
void tell_warning(const Fault& fault);
void tell_note(const std::string& note);
void tell_all(const std::vector<Fault>& mistakes, const std::vector<Fault>& warnings);

/// Writes to standard output and says whether that worked; a closed pipe is no reason to die.
bool print(const std::string& text);

}  // namespace coldboot
