#include "drivers/labgrid/labgrid_driver.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "drivers/labgrid/labgrid_place.hpp"

namespace coldboot {
namespace {

struct LabgridKeys {
  std::string place;
  std::optional<std::string> coordinator;
  std::string client = LabgridConfig().client;
  bool hold = true;
  Nanos limit = LabgridConfig().limit;
};

keys::Type<LabgridKeys> labgrid_type() {
  return keys::object<LabgridKeys>("labgrid",
                                   "The power of a place of the lab's labgrid, through the lab's own client.")
      .required("place", &LabgridKeys::place, keys::text("apu2-3"), "The place.")
      .optional("coordinator", &LabgridKeys::coordinator, keys::text("lab:20408"), "Address of the coordinator.",
                "as the client's environment says")
      .optional("client", &LabgridKeys::client, keys::text("labgrid-client"), "Its client, of the version the lab has.",
                "labgrid-client")
      .optional("hold", &LabgridKeys::hold, keys::boolean(),
                "Acquire the place when the bench is opened and release it when it is closed; otherwise somebody has "
                "acquired it for us.",
                "`true`")
      .optional("limit", &LabgridKeys::limit, keys::time_limit("30 s"), "How long a call of the client may take.",
                "30 s");
}

}  // namespace

keys::Table labgrid_keys() {
  return keys::table<LabgridKeys>(labgrid_type());
}

Result<std::unique_ptr<Relay>> open_labgrid(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(labgrid_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto place = LabgridPlace::open({.client = keys->client,
                                   .place = keys->place,
                                   .coordinator = keys->coordinator,
                                   .hold = keys->hold,
                                   .limit = keys->limit,
                                   .where = context.where,
                                   .directory = std::filesystem::path(entry.place.file).parent_path()});
  if (!place) return place.error();
  return std::move(*place);
}

}  // namespace coldboot
