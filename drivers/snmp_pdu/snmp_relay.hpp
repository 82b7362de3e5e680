#pragma once

#include <string>

#include "drivers/snmp_pdu/pdu_model.hpp"
#include "drivers/snmp_pdu/snmp_session.hpp"
#include "harness/device/relay.hpp"

namespace coldboot {

/// The outlets of a PDU that is switched by SNMP.
class SnmpRelay final : public Relay {
 public:
  SnmpRelay(SnmpSession session, PduModel model, Clock& clock, std::string where);

  /// PDUs answer before they act, and show it one to three seconds later. It returns when the outlet shows it, or
  /// after five seconds without a word: whoever reads back then finds out.
  Result<void> set(int channel, Contact wanted, const Until& until) override;
  /// Besides the faults of Relay: `protocol` for a state that means neither open nor closed.
  Result<std::optional<Contact>> read(int channel, const Until& until) override;
  [[nodiscard]] std::string description() const override;

 private:
  void await(int channel, Contact wanted, const Until& until);

  SnmpSession session_;
  PduModel model_;
  Clock& clock_;
  std::string where_;
};

}  // namespace coldboot
