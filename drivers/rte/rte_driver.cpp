#include "drivers/rte/rte_driver.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "drivers/rte/rte_relay.hpp"
#include "drivers/web/web_keys.hpp"

namespace coldboot {
namespace {

constexpr int last_output = 12;
constexpr int longest_press_seconds = 60;

struct RteKeys : WebKeys {
  int gpio = 0;
  std::optional<int> let_go_seconds;
};

keys::Type<int> whole_seconds() {
  // parsed as a duration so that it carries a unit like every other time in a bench file
  const keys::Type<Nanos> duration = keys::checked<Nanos>(
      keys::duration("10 s"), "a duration of whole seconds, from 1 s to 60 s", [](const Nanos& value) -> Result<void> {
        const auto whole = std::chrono::floor<std::chrono::seconds>(value);
        if (whole == value && whole.count() >= 1 && whole.count() <= longest_press_seconds) return {};
        return Fault(Cause::mistake, "",
                     fmt::format("found {}, expected whole seconds from 1 s to 60 s", duration_text(value)));
      });
  return {duration.shape, [read = duration.read](const Node& node, Findings& findings) -> std::optional<int> {
            const auto value = read(node, findings);
            if (!value) return std::nullopt;
            return static_cast<int>(std::chrono::floor<std::chrono::seconds>(*value).count());
          }};
}

keys::Type<RteKeys> relay_type() {
  return with_web_keys(keys::object<RteKeys>("rte relay", "An output of a 3mdeb RTE, switched through RteCtrl."),
                       "http://rte-07:8000")
      .required(
          "gpio", &RteKeys::gpio, keys::integer(0, last_output, "0"),
          "The output, by RteCtrl's number: 0 is its relay, 1 to 12 are its open collectors. What is wired to which "
          "differs from rack to rack.")
      .optional("let-go", &RteKeys::let_go_seconds, whole_seconds(),
                "Of an output across a button: the RTE itself lets go after this long, should we be cut off in the "
                "middle of a press. Longer than any press.",
                "never");
}

}  // namespace

keys::Table rte_relay_keys() {
  return keys::table<RteKeys>(relay_type());
}

Result<std::unique_ptr<Relay>> open_rte_relay(const DeviceEntry& entry, const std::string&, OpenContext& context) {
  const auto keys = keys::from_kept(relay_type(), entry.keys, entry.place);
  if (!keys) return keys.error();
  auto rte = WebDevice::open(*keys, HttpLogin::Scheme::basic, entry.place, context.where);
  if (!rte) return rte.error();
  return std::make_unique<RteRelay>(std::move(*rte), RteRelay::Output{keys->gpio, keys->let_go_seconds}, context.clock);
}

}  // namespace coldboot
