#include "drivers/http/http.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "drivers/web/json_answer.hpp"

namespace coldboot {
namespace {

bool holds(std::string_view answer, const std::string& text, int channel) {
  return answer.find(filled_in(text, channel)) != std::string_view::npos;
}

}  // namespace

std::string filled_in(std::string text, int channel) {
  for (const auto& [name, value] : {std::pair<std::string, int>("{channel}", channel), {"{index}", channel - 1}}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, name.size(), std::to_string(value));
  }
  return text;
}

Result<Contact> read_http(std::string_view answer, const HttpTemplates& templates, int channel) {
  const bool closed = holds(answer, templates.closed_answer, channel);
  const bool open = holds(answer, templates.open_answer, channel);
  if (closed != open) return closed ? Contact::closed : Contact::open;
  return unexpected_answer(answer,
                           fmt::format("either \"{}\" or \"{}\" in it", filled_in(templates.closed_answer, channel),
                                       filled_in(templates.open_answer, channel)));
}

Result<void> check_templates(const HttpTemplates& templates) {
  for (const std::string& path : {templates.closed, templates.open, templates.state.value_or("/")}) {
    if (!path.starts_with('/') || path.find(' ') != std::string::npos)
      return Fault(Cause::mistake, "",
                   fmt::format("found the path \"{}\", expected one that starts with / and has no "
                               "blank; %20 is one",
                               path));
  }
  if (templates.closed == templates.open && templates.closed_body == templates.open_body)
    return Fault(Cause::mistake, "", "found the same request for closed and open");
  if (templates.method == "GET" && !(templates.closed_body.empty() && templates.open_body.empty()))
    return Fault(Cause::mistake, "", "found a body with the method GET, which has none", "use POST or PUT");
  if (templates.state && (templates.closed_answer.empty() || templates.open_answer.empty()))
    return Fault(Cause::mistake, "",
                 "found state without what its answers mean, expected closed-answer and open-answer");
  return {};
}

OutletLanguage http_language(const HttpTemplates& templates) {
  OutletLanguage language{.family = "web relay"};
  language.change = [templates](const WebDevice& device, int channel, Contact wanted) {
    const bool close = wanted == Contact::closed;
    HttpRequest request =
        device.request(templates.method, filled_in(close ? templates.closed : templates.open, channel),
                       filled_in(close ? templates.closed_body : templates.open_body, channel));
    if (!request.body.empty()) request.headers = {"Content-Type: " + templates.content_type};
    return request;
  };
  language.taken = [templates](std::string_view answer, int channel, Contact) -> Result<void> {
    if (!templates.taken || holds(answer, *templates.taken, channel)) return {};
    return unexpected_answer(answer, fmt::format("\"{}\" in it", filled_in(*templates.taken, channel)));
  };
  if (!templates.state) return language;
  language.question = [templates](const WebDevice& device, int channel) {
    return device.request("GET", filled_in(*templates.state, channel));
  };
  language.state = [templates](std::string_view answer, int channel) { return read_http(answer, templates, channel); };
  return language;
}

}  // namespace coldboot
