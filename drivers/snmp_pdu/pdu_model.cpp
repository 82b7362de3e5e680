#include "drivers/snmp_pdu/pdu_model.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace coldboot {
namespace {

constexpr std::size_t longest_object_id = 128;  // RFC 2578
constexpr std::string_view channel_mark = "{channel}";

Result<ObjectId> object_of(std::string text, int channel) {
  for (std::size_t at = text.find(channel_mark); at != std::string::npos; at = text.find(channel_mark))
    text.replace(at, channel_mark.size(), std::to_string(channel));
  return parse_object_id(text);
}

}  // namespace

Result<ObjectId> parse_object_id(std::string_view text) {
  const auto wrong = [text] {
    return Fault(Cause::mistake, "",
                 fmt::format("found the object \"{}\", expected numbers with dots: .1.3.6.1", text));
  };
  std::string_view rest = text.starts_with('.') ? text.substr(1) : text;
  ObjectId object;
  while (true) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || object.size() == longest_object_id) return wrong();
    object.push_back(number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) break;
    if (!rest.starts_with('.')) return wrong();
    rest.remove_prefix(1);
  }
  if (object.size() < 2) return wrong();
  return object;
}

Result<ObjectId> PduModel::object_for(int channel, Contact wanted) const {
  return object_of(wanted == Contact::closed ? close : open, channel);
}

Result<ObjectId> PduModel::state_object(int channel) const {
  return object_of(state, channel);
}

std::optional<Contact> PduModel::contact_of(long state_value) const {
  if (std::ranges::find(closed_states, state_value) != closed_states.end()) return Contact::closed;
  if (std::ranges::find(open_states, state_value) != open_states.end()) return Contact::open;
  return std::nullopt;
}

const std::vector<PduModel>& pdu_models() {
  static const std::vector<PduModel> models{
      {.name = "apc-masterswitch",
       .doc = "APC MasterSwitch and Switched Rack PDU by sPDUOutletCtl.",
       .close = ".1.3.6.1.4.1.318.1.1.4.4.2.1.3.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.4.1.318.1.1.4.4.2.1.3.{channel}",
       .open_value = 2,
       .state = ".1.3.6.1.4.1.318.1.1.4.4.2.1.3.{channel}",
       .closed_states = {1},
       .open_states = {2}},
      {.name = "apc-rpdu",
       .doc = "APC Rack PDU of the first generation by rPDUOutletControlOutletCommand.",
       .close = ".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{channel}",
       .open_value = 2,
       .state = ".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{channel}",
       .closed_states = {1},
       .open_states = {2}},
      {.name = "apc-rpdu2",
       .doc = "APC Rack PDU of the second generation by rPDU2OutletSwitchedControlCommand.",
       .close = ".1.3.6.1.4.1.318.1.1.26.9.2.4.1.5.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.4.1.318.1.1.26.9.2.4.1.5.{channel}",
       .open_value = 2,
       .state = ".1.3.6.1.4.1.318.1.1.26.9.2.3.1.5.{channel}",
       .closed_states = {2},
       .open_states = {1}},
      {.name = "raritan",
       .doc = "Raritan PX2 and PX3 by PDU2-MIB.",
       .close = ".1.3.6.1.4.1.13742.6.4.1.2.1.2.1.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.4.1.13742.6.4.1.2.1.2.1.{channel}",
       .open_value = 0,
       .state = ".1.3.6.1.4.1.13742.6.4.1.2.1.3.1.{channel}",
       .closed_states = {7},
       .open_states = {8}},
      {.name = "eaton-epdu",
       .doc = "Eaton ePDU, which is closed by one object and opened by another.",
       .close = ".1.3.6.1.4.1.534.6.6.7.6.6.1.4.0.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.4.1.534.6.6.7.6.6.1.3.0.{channel}",
       .open_value = 1,
       .state = ".1.3.6.1.4.1.534.6.6.7.6.6.1.2.0.{channel}",
       .closed_states = {1},
       .open_states = {0}},
      {.name = "poe-port",
       .doc = "A port of a switch that feeds the DUT, by POWER-ETHERNET-MIB.",
       .close = ".1.3.6.1.2.1.105.1.1.1.3.1.{channel}",
       .close_value = 1,
       .open = ".1.3.6.1.2.1.105.1.1.1.3.1.{channel}",
       .open_value = 2,
       .state = ".1.3.6.1.2.1.105.1.1.1.3.1.{channel}",
       .closed_states = {1},
       .open_states = {2}},
  };
  return models;
}

}  // namespace coldboot
