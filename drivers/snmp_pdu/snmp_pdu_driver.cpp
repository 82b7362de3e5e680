#include "drivers/snmp_pdu/snmp_pdu_driver.hpp"

#include <filesystem>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "drivers/snmp_pdu/snmp_relay.hpp"
#include "harness/io/secret.hpp"

namespace coldboot {
namespace {

constexpr int largest_value = std::numeric_limits<int>::max();
constexpr const char* usual_community = "private";  // what PDUs leave the factory with

struct PduKeys {
  std::string host;
  PduModel model;
  SnmpVersion version = SnmpVersion::v1;
  std::optional<std::string> community;
  std::optional<std::string> command;
  std::optional<std::string> state;
  std::optional<int> closed_value;
  std::optional<int> open_value;
  std::optional<int> closed_state;
  std::optional<int> open_state;
};

keys::Type<PduModel> model_type() {
  std::vector<keys::Word<PduModel>> words;
  for (const PduModel& model : pdu_models()) words.push_back({model.name, model, model.doc});
  words.push_back({"other", {.name = "other"}, "Any, by its objects and their values below."});
  return keys::word<PduModel>(words);
}

keys::Type<std::string> object_type(const char* example) {
  return keys::checked<std::string>(keys::text(example), "an object's numbers, with {channel} in them",
                                    [](const std::string& text) -> Result<void> {
                                      const PduModel tried{.close = text};
                                      const auto one = tried.object_for(1, Contact::closed);
                                      if (!one) return one.error();
                                      if (*one != *tried.object_for(2, Contact::closed)) return {};
                                      return Fault(Cause::mistake, "", "found no {channel} in the object's numbers");
                                    });
}

keys::Type<std::string> community_type() {
  return keys::checked<std::string>(keys::text("file:secrets/pdu"), "file:PATH, env:NAME or command:WORDS",
                                    check_secret_reference);
}

keys::Type<PduKeys> pdu_type() {
  const auto value = keys::integer(0, largest_value, "1");
  return keys::object<PduKeys>("snmp-pdu", "Outlets of a PDU that is switched by SNMP.")
      .required("host", &PduKeys::host, keys::text("192.0.2.9"), "Its address, with `:PORT` where that is not 161.")
      .required("model", &PduKeys::model, model_type(), "Which objects switch it.")
      .optional("version", &PduKeys::version,
                keys::word<SnmpVersion>({{"v1", SnmpVersion::v1, "every PDU knows it."},
                                         {"v2c", SnmpVersion::v2c, "says more when it refuses."}}),
                "Version of SNMP; 3 is not supported.", "`v1`")
      .optional("community", &PduKeys::community, community_type(),
                "Where the community is kept that may write: a file beside this one, or an environment variable.",
                "private")
      .optional("command", &PduKeys::command, object_type(".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{channel}"),
                "Object that is written, in place of the model's.")
      .optional("closed-value", &PduKeys::closed_value, value, "What is written to close an outlet.")
      .optional("open-value", &PduKeys::open_value, value, "What is written to open it.")
      .optional("state", &PduKeys::state, object_type(".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{channel}"),
                "Object that is read.")
      .optional("closed-state", &PduKeys::closed_state, value, "What it reads when the outlet is closed.")
      .optional("open-state", &PduKeys::open_state, value, "What it reads when it is open.");
}

/// The model with what the bench file says otherwise.
Result<PduModel> model_of(const PduKeys& keys, const Place& place) {
  PduModel model = keys.model;
  if (keys.command) model.close = model.open = *keys.command;
  if (keys.closed_value) model.close_value = *keys.closed_value;
  if (keys.open_value) model.open_value = *keys.open_value;
  if (keys.state) model.state = *keys.state;
  if (keys.closed_state) model.closed_states = {*keys.closed_state};
  if (keys.open_state) model.open_states = {*keys.open_state};
  if (model.close.empty() || model.state.empty() || model.closed_states.empty() || model.open_states.empty())
    return Fault(Cause::mistake, place.text(), "found the model other without its objects and states",
                 "give command, state, closed-state and open-state");
  if (model.close == model.open && model.close_value == model.open_value)
    return Fault(Cause::mistake, place.text(), "found one value for closed and open");
  if (model.closed_states == model.open_states)
    return Fault(Cause::mistake, place.text(), "found one state for closed and open");
  return model;
}

}  // namespace

keys::Table snmp_pdu_keys() {
  return keys::table<PduKeys>(pdu_type());
}

Result<std::unique_ptr<Relay>> open_snmp_pdu(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(pdu_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto model = model_of(*keys, entry.place);
  if (!model) return model.error();
  SnmpAgent agent{.host = keys->host, .version = keys->version, .community = usual_community};
  if (keys->community) {
    auto community =
        read_secret(*keys->community, std::filesystem::path(entry.place.file).parent_path(), context.where);
    if (!community) return community.error();
    agent.community = std::move(*community);
  }
  auto session = SnmpSession::open(agent, context.where);
  if (!session) return session.error();
  return std::make_unique<SnmpRelay>(std::move(*session), std::move(*model), context.clock, context.where);
}

}  // namespace coldboot
