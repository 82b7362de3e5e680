#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

keys::Table snmp_pdu_keys();
Result<std::unique_ptr<Relay>> open_snmp_pdu(const DeviceEntry& entry, const std::string& name, OpenContext& context);

}  // namespace coldboot
