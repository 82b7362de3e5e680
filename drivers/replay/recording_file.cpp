#include "drivers/replay/recording_file.hpp"

#include <limits>
#include <utility>

#include "harness/file/document.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;

keys::Type<ScriptLine> script_line_type() {
  return keys::object<ScriptLine>("script line", "Something the board prints, or waits to be typed.")
      .optional("at", &ScriptLine::at, keys::duration("6 s"),
                "When the text arrives, since power on or since the last `await`.", "0 s")
      .optional("text", &ScriptLine::text, keys::typed_text("SeaBIOS (version 1.12)\\r\\n"), "What is printed.")
      .optional("await", &ScriptLine::await, keys::typed_text("xl create pfsense.cfg\\r"),
                "The board goes on when this has been typed; the times that follow count from then.")
      .optional("console", &ScriptLine::console, keys::name("com1"), "Which console of the bench.",
                "the bench's main console")
      .optional("echo", &ScriptLine::echo, keys::boolean(), "Whether what is typed while waiting comes back.", "true")
      .exactly_one({"text", "await"})
      .at(&ScriptLine::place);
}

keys::Type<std::uint64_t> byte_position() {
  const keys::Type<int> number = keys::integer(0, std::numeric_limits<int>::max(), "1200");
  return {number.shape, [number](const Node& node, Findings& findings) -> std::optional<std::uint64_t> {
            const auto read = number.read(node, findings);
            return read ? std::optional(static_cast<std::uint64_t>(*read)) : std::nullopt;
          }};
}

keys::Type<std::uint32_t> byte_count(int least) {
  constexpr int most = 1 << 20;
  const keys::Type<int> number = keys::integer(least, most, "64");
  return {number.shape, [number](const Node& node, Findings& findings) -> std::optional<std::uint32_t> {
            const auto read = number.read(node, findings);
            return read ? std::optional(static_cast<std::uint32_t>(*read)) : std::nullopt;
          }};
}

keys::Type<ReplayFault> fault_type() {
  return keys::one_of<ReplayFault>("fault", "Something that goes wrong with the board.")
      .or_else("stop", keys::object<StopAtByte>("stop", "The board hangs: nothing comes after this many bytes.")
                           .required("at-byte", &StopAtByte::byte, byte_position(), "How many bytes still come."))
      .or_else("reset", keys::object<ResetAt>("reset", "The board resets by itself and starts again, once.")
                            .required("at", &ResetAt::at, keys::duration("40 s"), "When, since power on."))
      .or_else("garbage",
               keys::object<Garbage>("garbage", "Bytes appear that nobody sent.")
                   .required("at-byte", &Garbage::byte, byte_position(), "Before which byte.")
                   .optional("length", &Garbage::length, byte_count(1), "How many.", "64")
                   .optional("seed", &Garbage::seed, byte_count(0), "Which; the same seed gives the same bytes.", "1"))
      .or_else("loss", keys::object<Loss>("loss", "Bytes get lost.")
                           .required("at-byte", &Loss::byte, byte_position(), "The first lost byte.")
                           .optional("length", &Loss::length, byte_count(1), "How many.", "1"))
      .or_else(
          "stretch",
          keys::object<Stretch>("stretch", "A part of the boot takes longer.")
              .required("from", &Stretch::from, keys::duration("10 s"), "Where it begins, since power on.")
              .required("to", &Stretch::to, keys::duration("30 s"), "Where it ends, in the recording's own time.")
              .required("factor", &Stretch::factor, keys::number(0, 1000, "1.5"), "How many times as long it takes."));
}

}  // namespace

keys::Type<RecordingFile> recording_type() {
  return keys::object<RecordingFile>("recording", "A boot to be played back as a board: what it prints and when.")
      .optional("title", &RecordingFile::title, keys::text("pfSense on a bare apu2"), "What was recorded.")
      .optional("resolution", &RecordingFile::resolution, keys::duration("1 s"), "How coarse the times are.", "exact")
      .optional("delay", &RecordingFile::delay, keys::duration("300 ms"),
                "Added to every time before the first `await`.", "0 s")
      .optional("script", &RecordingFile::script, keys::list<ScriptLine>(script_line_type()), "What is printed when.")
      .optional("play", &RecordingFile::play, keys::path("../runs/2026-01-01T000000Z-nightly/boots/001-bare"),
                "Instead of a script: another recording, the folder of a recorded boot, or a log with time stamps.")
      .optional("faults", &RecordingFile::faults, keys::list<ReplayFault>(fault_type()), "What goes wrong, in order.")
      .exactly_one({"script", "play"});
}

Reading<RecordingFile> read_recording_file(std::string_view text, const std::filesystem::path& file) {
  Findings findings;
  auto read = read_document(Kind::recording, recording_type(), text, file, findings);
  if (read && !read->play.empty()) read->play = (file.parent_path() / read->play).lexically_normal();
  if (read && !read->play.empty() && (read->resolution != Nanos{} || read->delay != Nanos{})) {
    findings.mistake({file.string(), 0, 0},
                     "found `resolution` or `delay` beside `play`, expected them only with a `script`",
                     "what is played has its own");
  }
  for (const ReplayFault& fault : read ? read->faults : std::vector<ReplayFault>{}) {
    const auto* stretch = std::get_if<Stretch>(&fault);
    if (stretch != nullptr && stretch->to <= stretch->from) {
      findings.mistake({file.string(), 0, 0}, "found a stretch that ends before it begins, expected `to` after `from`");
    }
  }
  Nanos last{};
  for (const ScriptLine& line : read ? read->script : std::vector<ScriptLine>{}) {
    if (!line.await.empty()) {
      last = {};
      continue;
    }
    if (line.at < last) {
      findings.mistake(line.place, "this time is before the one of the line above",
                       "times of a script only grow, from power on or from the last `await`");
    }
    last = line.at;
  }
  return {std::move(read), findings};
}

Reading<RecordingFile> read_recording_file(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (text) return read_recording_file(*text, file);
  Findings findings;
  findings.mistake({file.string(), 0, 0}, text.error().what(), text.error().hint());
  return {std::nullopt, findings};
}

Recording compile_script(const RecordingFile& file) {
  Recording recording;
  recording.resolution = file.resolution;
  recording.segments.emplace_back();
  for (const ScriptLine& line : file.script) {
    if (!line.await.empty()) {
      recording.segments.push_back({.await = line.await, .console = line.console, .echo = line.echo, .emissions = {}});
      continue;
    }
    const Nanos delay = recording.segments.size() == 1 ? file.delay : 0ns;
    recording.segments.back().emissions.push_back({line.at + delay, line.console, line.text});
  }
  return recording;
}

}  // namespace coldboot
