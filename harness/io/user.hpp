#pragma once

#include <string>
#include <sys/types.h>

namespace coldboot {

/// "maria", or "user 1003" for one without a name.
std::string user_name(uid_t user);

}  // namespace coldboot
