#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "harness/file/keys.hpp"

namespace coldboot {

/// How a bench file says where a device's web server is and how to log in.
struct WebKeys {
  std::string url;
  std::optional<std::string> user;
  std::optional<std::string> password;  ///< where it is kept
  std::optional<std::filesystem::path> trust;
};

/// "http://192.0.2.7:8000": a server, perhaps a folder on it, no login and no query.
keys::Type<std::string> web_address(std::string example);

/// "file:secrets/outlet", "env:OUTLET_PASSWORD".
keys::Type<std::string> secret_reference();

/// Adds the keys of WebKeys, from which T inherits.
template <class T>
keys::Object<T>&& with_web_keys(keys::Object<T>&& object, std::string example) {
  return std::move(object)
      .required("url", static_cast<std::string T::*>(&T::url), web_address(std::move(example)),
                "Where its web server is.")
      .optional("user", static_cast<std::optional<std::string> T::*>(&T::user), keys::text("admin"),
                "Whom to log in as; with `password`.", "`admin`")
      .optional("password", static_cast<std::optional<std::string> T::*>(&T::password), secret_reference(),
                "Where its password is kept: a file beside this one, or an environment variable.", "no login")
      .optional("trust", static_cast<std::optional<std::filesystem::path> T::*>(&T::trust), keys::path("outlet.pem"),
                "Certificate (PEM) to trust, for a device behind https that has signed its own.",
                "those the system trusts");
}

}  // namespace coldboot
