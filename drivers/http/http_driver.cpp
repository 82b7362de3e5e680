#include "drivers/http/http_driver.hpp"

#include <memory>
#include <utility>

#include "drivers/http/http.hpp"
#include "drivers/web/web_outlet.hpp"

namespace coldboot {
namespace {

struct HttpKeys : WebKeys, HttpTemplates {
  HttpLogin::Scheme login = HttpLogin::Scheme::basic;
};

keys::Type<HttpKeys> http_type() {
  const auto path = [](const char* example) { return keys::text(example); };
  const auto of = [](auto HttpTemplates::* member) {
    return static_cast<std::remove_reference_t<decltype(std::declval<HttpTemplates>().*member)> HttpKeys::*>(member);
  };
  return with_web_keys(keys::object<HttpKeys>("http",
                                              "Any relay with a web server, by its requests. {channel} in them "
                                              "stands for the channel, {index} for the channel less one."),
                       "http://192.0.2.7")
      .required("closed", of(&HttpTemplates::closed), path("/switch/{index}/turn_on"), "Path that closes a channel.")
      .required("open", of(&HttpTemplates::open), path("/switch/{index}/turn_off"), "Path that opens it.")
      .optional("method", of(&HttpTemplates::method),
                keys::word<std::string>({{"GET", "GET", "for those two"},
                                         {"POST", "POST", "the same"},
                                         {"PUT", "PUT", "the same"},
                                         {"PATCH", "PATCH", "the same"}}),
                "Method of both.", "`GET`")
      .optional("closed-body", of(&HttpTemplates::closed_body), keys::text("{\"on\":true}"), "Body of the one.", "none")
      .optional("open-body", of(&HttpTemplates::open_body), keys::text("{\"on\":false}"), "Body of the other.", "none")
      .optional("content-type", of(&HttpTemplates::content_type), keys::text("application/json"),
                "What the bodies are.", "application/json")
      .optional("taken", of(&HttpTemplates::taken), keys::text("OK"),
                "What the answer to both must hold; its status must be 200 to 299 in any case.", "nothing")
      .optional("state", of(&HttpTemplates::state), path("/switch/{index}"),
                "Path that is asked (GET) whether the channel is closed.", "its state is assumed")
      .optional("closed-answer", of(&HttpTemplates::closed_answer), keys::text("\"value\":true"),
                "What that answer holds when it is, and only then.")
      .optional("open-answer", of(&HttpTemplates::open_answer), keys::text("\"value\":false"),
                "What it holds when it is open, and only then.")
      .optional("login", &HttpKeys::login,
                keys::word<HttpLogin::Scheme>({{"basic", HttpLogin::Scheme::basic, "the password goes along."},
                                               {"digest", HttpLogin::Scheme::digest, "it is proved when asked for."}}),
                "How it wants its password.", "`basic`");
}

}  // namespace

keys::Table http_keys() {
  return keys::table<HttpKeys>(http_type());
}

Result<std::unique_ptr<Relay>> open_http(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(http_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  if (const auto good = check_templates(*keys); !good)
    return Fault(good.error().cause(), entry.place.text(), good.error().what(), good.error().hint());
  auto device = WebDevice::open(*keys, keys->login, entry.place, context.where);
  if (!device) return device.error();
  return std::make_unique<WebOutlet>(std::move(*device), http_language(*keys));
}

}  // namespace coldboot
