#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/result.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// The number of an object, as SNMP names it: {1, 3, 6, 1}.
using ObjectId = std::vector<unsigned long>;

/// Reads ".1.3.6.1" (the first dot may be left out). Faults: `mistake`.
Result<ObjectId> parse_object_id(std::string_view text);

/// Which objects switch and show a PDU's outlets, and with which numbers. In their names {channel} is the outlet.
struct PduModel {
  std::string name;  ///< as in a bench file: "apc-rpdu2"
  std::string doc;
  std::string close;  ///< object that is written to close a channel
  long close_value = 1;
  std::string open;  ///< the same object with most PDUs
  long open_value = 2;
  std::string state;  ///< object that is read
  std::vector<long> closed_states;
  std::vector<long> open_states;

  [[nodiscard]] Result<ObjectId> object_for(int channel, Contact wanted) const;
  [[nodiscard]] Result<ObjectId> state_object(int channel) const;
  [[nodiscard]] long value_for(Contact wanted) const { return wanted == Contact::closed ? close_value : open_value; }
  /// Nothing for a number that means neither.
  [[nodiscard]] std::optional<Contact> contact_of(long state) const;
};

/// The PDUs we have numbers of. Source: README.md.
const std::vector<PduModel>& pdu_models();

}  // namespace coldboot
