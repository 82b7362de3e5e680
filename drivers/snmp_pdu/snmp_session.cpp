#include "drivers/snmp_pdu/snmp_session.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <utility>

// First of its own, as net-snmp wants it.
#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/io/wake.hpp"

namespace coldboot {
namespace {

constexpr long microseconds_between = 1'000'000;
constexpr int sent_again = 2;

/// What came of one request.
struct Outcome {
  enum class Kind { none, answer, silence };
  Kind kind = Kind::none;
  long error = SNMP_ERR_NOERROR;
  unsigned char type = ASN_NULL;
  std::optional<long> number;
};

std::string text_of(const ObjectId& object) {
  return fmt::format(".{}", fmt::join(object, "."));
}

int milliseconds_until(Instant at) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

class SnmpSession::Parts {
 public:
  Parts(void* session, std::string of_host, std::string at)
      : host(std::move(of_host)), where(std::move(at)), session_(session) {}
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() { snmp_sess_close(session_); }

  Result<Outcome> ask(int command, const ObjectId& object, std::optional<long> value, const Until& until);
  [[nodiscard]] Fault fault(Cause cause, const ObjectId& object, const std::string& seen, std::string hint = {}) const {
    return Fault(cause, where, fmt::format("PDU {}, object {}: {}", host, text_of(object), seen), std::move(hint));
  }
  [[nodiscard]] Fault silence(const ObjectId& object) const {
    return fault(Cause::timeout, object, "no answer", "is it on, and is this its address and its community?");
  }
  [[nodiscard]] Fault refusal(const ObjectId& object, long error) const {
    return fault(Cause::refused, object, fmt::format("it refused: {}", snmp_errstring(static_cast<int>(error))),
                 "is it the model and the channel the bench file says, and may this community write?");
  }

  std::string host;
  std::string where;

 private:
  static int take(int operation, netsnmp_session* session, int request, netsnmp_pdu* answer, void* parts);
  Result<void> send(int command, const ObjectId& object, std::optional<long> value);
  Result<void> await(const ObjectId& object, const Until& until);
  [[nodiscard]] Instant next_sending() const;
  void serve(bool readable);

  void* session_;
  int request_ = 0;  // the one that is waited for; others were given up, and are answered late or never
  Outcome outcome_;
};

int SnmpSession::Parts::take(int operation, netsnmp_session*, int request, netsnmp_pdu* answer, void* parts) {
  auto& self = *static_cast<Parts*>(parts);
  if (request != self.request_) return 1;
  self.outcome_.kind = Outcome::Kind::silence;
  if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) return 1;
  self.outcome_.kind = Outcome::Kind::answer;
  self.outcome_.error = answer->errstat;
  const netsnmp_variable_list* value = answer->variables;
  if (value == nullptr) return 1;
  self.outcome_.type = value->type;
  if (value->type == ASN_INTEGER && value->val_len == sizeof(long)) self.outcome_.number = *value->val.integer;
  return 1;
}

Result<void> SnmpSession::Parts::send(int command, const ObjectId& object, std::optional<long> value) {
  netsnmp_pdu* request = snmp_pdu_create(command);
  const long number = value.value_or(0);
  const bool built = value ? snmp_pdu_add_variable(request, object.data(), object.size(), ASN_INTEGER, &number,
                                                   sizeof number) != nullptr
                           : snmp_add_null_var(request, object.data(), object.size()) != nullptr;
  outcome_ = {};
  request_ = built ? snmp_sess_async_send(session_, request, &Parts::take, this) : 0;
  if (request_ != 0) return {};
  snmp_free_pdu(request);
  return fault(Cause::io, object, "the request could not be sent");
}

/// When net-snmp has something to do by itself: send once more, or give up.
Instant SnmpSession::Parts::next_sending() const {
  netsnmp_large_fd_set ready;
  netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
  int count = 0;
  int for_ever = 1;
  timeval left{};
  snmp_sess_select_info2(session_, &count, &ready, &left, &for_ever);
  netsnmp_large_fd_set_cleanup(&ready);
  const auto now = std::chrono::steady_clock::now();
  if (for_ever != 0) return now + std::chrono::seconds(1);
  return now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

void SnmpSession::Parts::serve(bool readable) {
  if (!readable) {
    snmp_sess_timeout(session_);
    return;
  }
  netsnmp_large_fd_set ready;
  netsnmp_large_fd_set_init(&ready, FD_SETSIZE);
  netsnmp_large_fd_setfd(snmp_sess_transport(session_)->sock, &ready);
  snmp_sess_read2(session_, &ready);
  netsnmp_large_fd_set_cleanup(&ready);
}

Result<void> SnmpSession::Parts::await(const ObjectId& object, const Until& until) {
  const auto stop = Wake::make();
  if (!stop) return stop.error();
  const std::stop_callback on_stop(until.stop, [&stop] { stop->ring(); });
  while (outcome_.kind == Outcome::Kind::none) {
    std::array<pollfd, 2> waiting{pollfd{snmp_sess_transport(session_)->sock, POLLIN, 0},
                                  pollfd{stop->descriptor(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), milliseconds_until(std::min(until.deadline, next_sending())));
    if (waiting[1].revents != 0) return fault(Cause::stopped, object, "given up, we were asked to stop");
    serve(waiting[0].revents != 0);
    if (outcome_.kind == Outcome::Kind::none && std::chrono::steady_clock::now() >= until.deadline)
      return silence(object);
  }
  return {};
}

Result<Outcome> SnmpSession::Parts::ask(int command, const ObjectId& object, std::optional<long> value,
                                        const Until& until) {
  if (until.stop.stop_requested()) return fault(Cause::stopped, object, "not sent, we were asked to stop");
  if (const auto sent = send(command, object, value); !sent) return sent.error();
  const auto awaited = await(object, until);
  request_ = 0;
  if (!awaited) return awaited.error();
  if (outcome_.kind == Outcome::Kind::silence) return silence(object);
  if (outcome_.error != SNMP_ERR_NOERROR) return refusal(object, outcome_.error);
  return outcome_;
}

SnmpSession::SnmpSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SnmpSession::SnmpSession(SnmpSession&& other) noexcept = default;
SnmpSession::~SnmpSession() = default;

Result<SnmpSession> SnmpSession::open(const SnmpAgent& agent, std::string where) {
  snmp_disable_log();  // it would write to our standard error
  netsnmp_session wanted{};
  snmp_sess_init(&wanted);
  std::string peer = "udp:" + agent.host;
  std::string community = agent.community;
  wanted.peername = peer.data();
  wanted.version = agent.version == SnmpVersion::v1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
  wanted.community = reinterpret_cast<unsigned char*>(community.data());
  wanted.community_len = community.size();
  wanted.retries = sent_again;
  wanted.timeout = microseconds_between;
  void* session = snmp_sess_open(&wanted);
  if (session == nullptr) {
    return Fault(Cause::missing, std::move(where), fmt::format("PDU {}: no such host or port", agent.host),
                 "is its name right?");
  }
  return SnmpSession(std::make_unique<Parts>(session, agent.host, std::move(where)));
}

const std::string& SnmpSession::host() const {
  return parts_->host;
}

Result<long> SnmpSession::get(const ObjectId& object, const Until& until) {
  const auto outcome = parts_->ask(SNMP_MSG_GET, object, std::nullopt, until);
  if (!outcome) return outcome.error();
  if (outcome->number) return *outcome->number;
  if (outcome->type == SNMP_NOSUCHOBJECT || outcome->type == SNMP_NOSUCHINSTANCE)
    return parts_->refusal(object, SNMP_ERR_NOSUCHNAME);
  return parts_->fault(Cause::protocol, object, "its answer is no number", "is it the model the bench file says?");
}

Result<void> SnmpSession::set(const ObjectId& object, long value, const Until& until) {
  const auto outcome = parts_->ask(SNMP_MSG_SET, object, value, until);
  if (!outcome) return outcome.error();
  return {};
}

}  // namespace coldboot
