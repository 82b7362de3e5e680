#include "harness/scenario/step.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"

namespace coldboot {
namespace {

using What = decltype(Step::what);

struct ExpectDraft {
  keys::Placed<std::string> marker;
  Nanos within{};
};

/// What a step does, and where the marker stands that it names.
struct WhatDraft {
  What what;
  std::optional<Place> subject;

  template <class Known>
  explicit WhatDraft(Known step) : what(std::move(step)) {}
  explicit WhatDraft(ExpectDraft expect)
      : what(ExpectStep{std::move(expect.marker.value), expect.within}), subject(expect.marker.place) {}
};

keys::Type<bool> when_type() {
  return keys::word<bool>({{"always", false, "each time."},
                           {"changed", true, "only where something else is known to be there, or nothing is known."}});
}

keys::Type<WhatDraft> what_type() {
  return keys::one_of<WhatDraft>("step", "One thing done or waited for in each boot.")
      .or_else("power-on", keys::object<PowerOnStep>("step power-on", "Switches power on."))
      .or_else(
          "power-off",
          keys::object<PowerOffStep>("step power-off", "Switches power off.")
              .optional("how", &PowerOffStep::how,
                        keys::word<PowerOff>({{"cut", PowerOff::cut, "power is cut at once."},
                                              {"clean", PowerOff::clean,
                                               "the system is brought down first, as the profile's `shutdown` says."}}),
                        "How power is taken away.", "`cut`"))
      .or_else("power-cycle",
               keys::object<PowerCycleStep>("step power-cycle", "Switches power off, waits, switches it on.")
                   .optional("off-for", &PowerCycleStep::off, keys::duration("10 s"), "How long power stays off.",
                             "the bench's `off-min`"))
      .or_else("expect",
               keys::object<ExpectDraft>("step expect", "Waits for a marker; the boot fails when it does not come.")
                   .required("marker", &ExpectDraft::marker, keys::placed(keys::name("menu")), "Marker to wait for.")
                   .required("within", &ExpectDraft::within, keys::time_limit("600 s"),
                             "Deadline, from the beginning of the step. Limits judge how long it took; a deadline "
                             "only gives up."))
      .or_else("send", keys::object<SendStep>("step send", "Types on a console.")
                           .required("text", &SendStep::text, keys::typed_text("'reboot\\r'"), "What to type.")
                           .optional("console", &SendStep::console, keys::name("com1"), "Console to type on.",
                                     "the profile's console"))
      .or_else("wait", keys::object<WaitStep>("step wait", "Lets time pass.")
                           .required("for", &WaitStep::length, keys::time_limit("5 s"), "How long."))
      .or_else("run",
               keys::object<RunStep>("step run", "Runs a command of the host; the boot fails unless it ends with 0.")
                   .required("command", &RunStep::command, keys::list(keys::text("ping")),
                             "Program and arguments, `[ping, \"-c\", \"1\", 192.168.1.1]`; never a shell.")
                   .required("within", &RunStep::within, keys::time_limit("30 s"), "How long it may take."))
      .or_else(
          "flash",
          keys::object<FlashStep>("step flash",
                                  "Puts an image on the DUT's firmware chip, with power off, and reads it back. "
                                  "The boot that follows has to show the image's version, where it names one.")
              .required("image", &FlashStep::image, keys::path("apu2_v4.15.0.2.rom"), "Image, as large as the chip.")
              .optional("regions", &FlashStep::regions, keys::list(keys::text("COREBOOT")),
                        "Regions of the chip's layout that are written; the rest stays as it is.", "the whole chip")
              .optional("if", &FlashStep::if_changed, when_type(), "When it is written.", "`always`")
              .optional("by", &FlashStep::by,
                        keys::word<FirmwareKnownBy>(
                            {{"chip", FirmwareKnownBy::chip, "the chip is read, and its hash compared."},
                             {"banner", FirmwareKnownBy::banner,
                              "the version that the DUT showed last in this run; the chip where there is none."}}),
                        "With `if: changed`: what tells whether the image is there already.", "`chip`")
              .optional("backup", &FlashStep::backup, keys::boolean(),
                        "What the chip held is read, twice, and kept before it is written.", "`true`")
              .optional("cut-after", &FlashStep::cut_after, keys::time_limit("200 ms"),
                        "Kills the programmer on purpose, this long after it began to change the chip. The step "
                        "passes when the golden image was put back and boots.",
                        "not cut"))
      .or_else("recover", keys::object<RecoverStep>(
                              "step recover", "Puts the bench's golden image on the firmware chip and sees it boot."))
      .or_else("media", keys::object<MediaStep>("step media", "Puts an image on something the DUT boots from.")
                            .required("medium", &MediaStep::medium, keys::name("sd"), "Medium, as the bench calls it.")
                            .required("image", &MediaStep::image, keys::path("bare.img.zst"), "What to put there.")
                            .optional("if", &MediaStep::if_changed, when_type(), "When it is written.", "`always`"));
}

std::string describe(const PowerOnStep&) {
  return "power on";
}

std::string describe(const PowerOffStep& step) {
  return step.how == PowerOff::clean ? "shut down cleanly and power off" : "power off";
}

std::string describe(const PowerCycleStep& step) {
  return step.off ? fmt::format("power cycle, off for {}", duration_text(*step.off)) : "power cycle";
}

std::string describe(const ExpectStep& step) {
  return fmt::format("expect {} within {}", step.marker, duration_text(step.within));
}

std::string describe(const SendStep& step) {
  const std::string where = step.console.empty() ? std::string() : fmt::format(" on {}", step.console);
  return fmt::format("send \"{}\"{}", printable_line(step.text, 60), where);
}

std::string describe(const WaitStep& step) {
  return fmt::format("wait {}", duration_text(step.length));
}

std::string describe(const RunStep& step) {
  return fmt::format("run {} within {}", printable_line(fmt::format("{}", fmt::join(step.command, " ")), 80),
                     duration_text(step.within));
}

std::string describe(const FlashStep& step) {
  const std::string regions = step.regions.empty() ? "" : fmt::format(", {} only", fmt::join(step.regions, " and "));
  return fmt::format("flash {}{}{}", printable_line(step.image.filename().string(), 60), regions,
                     step.if_changed  ? " if changed"
                     : step.cut_after ? ", cut on purpose"
                                      : "");
}

std::string describe(const RecoverStep&) {
  return "put the golden firmware back";
}

std::string describe(const MediaStep& step) {
  return fmt::format("put {} on {}{}", printable_line(step.image.filename().string(), 60), step.medium,
                     step.if_changed ? " if changed" : "");
}

}  // namespace

std::string describe(const Step& step) {
  return std::visit([](const auto& what) { return describe(what); }, step.what);
}

keys::Type<StepDraft> step_type() {
  const keys::Type<WhatDraft> type = what_type();
  return {type.shape, [read = type.read](const Node& node, Findings& findings) -> std::optional<StepDraft> {
            auto draft = read(node, findings);
            if (!draft) return std::nullopt;
            Step step;
            step.what = std::move(draft->what);
            step.place = node.place;
            return StepDraft{std::move(step), draft->subject.value_or(node.place)};
          }};
}

}  // namespace coldboot
