#include "drivers/web/web_keys.hpp"

#include <string_view>

#include "harness/io/secret.hpp"

namespace coldboot {
namespace {

Result<void> check_address(const std::string& text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = std::string_view(text).substr(scheme.size());
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (host.find('@') != std::string_view::npos) {
      return Fault(Cause::mistake, "", "found a login inside the address, expected it beside it",
                   "use the keys user and password");
    }
    if (!host.empty() && rest.find_first_of(" ?#") == std::string_view::npos) return {};
  }
  return Fault(Cause::mistake, "", "found something else, expected http:// or https:// and the name of a host");
}

}  // namespace

keys::Type<std::string> web_address(std::string example) {
  return keys::checked<std::string>(keys::text(std::move(example)), "the address of a web server", check_address);
}

keys::Type<std::string> secret_reference() {
  return keys::checked<std::string>(keys::text("file:secrets/outlet"), "file:PATH, env:NAME or command:WORDS",
                                    check_secret_reference);
}

}  // namespace coldboot
