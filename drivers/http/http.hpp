#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "drivers/web/web_outlet.hpp"

namespace coldboot {

/// How a device that coldboot does not know is spoken to. In paths and bodies {channel} stands for the channel and
/// {index} for the channel less one.
struct HttpTemplates {
  std::string method = "GET";  ///< of changes
  std::string closed;          ///< path
  std::string open;
  std::string closed_body;
  std::string open_body;
  std::string content_type = "application/json";  ///< of the bodies
  std::optional<std::string> taken;               ///< in the answer to a change that was taken
  std::optional<std::string> state;               ///< path; nothing where it cannot be asked
  std::string closed_answer;                      ///< in the answer of a closed channel and in no other
  std::string open_answer;
};

/// A template with the channel in it.
std::string filled_in(std::string text, int channel);

/// Which of the two the answer holds. Faults: `protocol` where it is both or none.
Result<Contact> read_http(std::string_view answer, const HttpTemplates& templates, int channel);

/// What is wrong with templates that were put together by hand.
Result<void> check_templates(const HttpTemplates& templates);

OutletLanguage http_language(const HttpTemplates& templates);

}  // namespace coldboot
