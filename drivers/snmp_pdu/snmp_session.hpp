#pragma once

#include <memory>
#include <string>

#include "drivers/snmp_pdu/pdu_model.hpp"
#include "harness/core/clock.hpp"
#include "harness/core/result.hpp"

namespace coldboot {

enum class SnmpVersion { v1, v2c };

struct SnmpAgent {
  std::string host;  ///< "192.0.2.9", "pdu-3", "192.0.2.9:1161"
  SnmpVersion version = SnmpVersion::v1;
  std::string community;  ///< a secret: no fault shows it
};

/// Asks an SNMP agent over UDP. Requests and answers get lost there, so each is sent up to three times, a second apart.
///
/// Faults: `timeout` when no answer came, which a wrong community looks like too; `refused` when the agent says no, or
/// has no such object; `protocol` for an answer that is no number; `missing` (no such host), `stopped`, `io`.
class SnmpSession {
 public:
  static Result<SnmpSession> open(const SnmpAgent& agent, std::string where);

  SnmpSession(SnmpSession&& other) noexcept;
  SnmpSession& operator=(SnmpSession&&) = delete;
  SnmpSession(const SnmpSession&) = delete;
  SnmpSession& operator=(const SnmpSession&) = delete;
  ~SnmpSession();

  Result<long> get(const ObjectId& object, const Until& until);
  /// After a fault the agent may have taken it all the same.
  Result<void> set(const ObjectId& object, long value, const Until& until);

  [[nodiscard]] const std::string& host() const;

 private:
  class Parts;
  explicit SnmpSession(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace coldboot
