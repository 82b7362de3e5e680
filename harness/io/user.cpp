#include "harness/io/user.hpp"

#include <array>
#include <pwd.h>

#include <fmt/format.h>

namespace coldboot {

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : fmt::format("user {}", user);
}

}  // namespace coldboot
