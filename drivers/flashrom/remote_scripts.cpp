#include "drivers/flashrom/remote_scripts.hpp"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coldboot {
namespace {

constexpr std::string_view begin_mark = "coldboot: begin\n";
constexpr std::string_view end_mark = "\ncoldboot: end ";

// No line ends anywhere: csh, the login shell of root on older FreeBSD, takes none between quotes.

constexpr std::string_view hash_function =
    "h() { if command -v sha256sum >/dev/null 2>&1; then sha256sum; "
    "elif command -v sha256 >/dev/null 2>&1; then sha256 -q; else echo none; fi; }; ";

constexpr std::string_view short_pause = "{ sleep 0.2 2>/dev/null || sleep 1; }";

std::string variables(const RemoteStep& step) {
  return fmt::format("d={}; s=\"$d\"/{}; ", shell_quoted(step.folder), shell_quoted(step.name));
}

/// From the beginning of its output; `status` is looked for before the output is read, so that nothing is missed.
std::string follow_loop() {
  return fmt::format(
      "n=0; while :; do e=0; [ -f \"$s/status\" ] && e=1; "
      "if [ \"$e\" = 0 ] && ! kill -0 \"$(cat \"$d/keeper\" 2>/dev/null)\" 2>/dev/null && [ ! -f \"$s/status\" ]; "
      "then echo; echo \"{}\"; exit 0; fi; "
      "if [ -f \"$s/out\" ]; then m=$(($(wc -c < \"$s/out\"))); "
      "if [ \"$m\" -gt \"$n\" ]; then tail -c +$((n + 1)) \"$s/out\" | head -c $((m - n)); n=$m; fi; fi; "
      "[ \"$e\" = 1 ] && break; printf '\\000' || exit 1; {}; done; exit \"$(cat \"$s/status\")\"",
      answer_gone, short_pause);
}

/// What stays with flashrom and keeps its status. Files that others wait for appear whole.
std::string keeper(const std::vector<std::string>& command) {
  std::vector<std::string> words;
  for (const std::string& word : command) words.push_back(shell_quoted(word));
  return fmt::format(
      "echo $$ > \"$d/keeper.new\"; mv \"$d/keeper.new\" \"$d/keeper\"; {} > \"$s/out\" 2>&1 & "
      "echo $! > \"$s/pid.new\"; mv \"$s/pid.new\" \"$s/pid\"; wait $!; "
      "echo $? > \"$s/status.new\"; mv \"$s/status.new\" \"$s/status\"",
      fmt::join(words, " "));
}

constexpr std::string_view await_status =
    "i=0; while [ ! -f \"$s/status\" ] && [ \"$i\" -lt 20 ]; do i=$((i + 1)); sleep 0.2 2>/dev/null || sleep 1; done";

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    // csh looks for its history in single quotes too.
    if (c == '\'' || c == '!')
      word += fmt::format("'\\{}'", c);
    else
      word += c;
  }
  return word + "'";
}

std::string framed_command(std::string_view script) {
  return "sh -c " +
         shell_quoted(fmt::format("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL; "
                                  "printf \"coldboot: begin\\n\"; ({}); printf \"\\ncoldboot: end %s\\n\" \"$?\"",
                                  script));
}

FramedOutput framed_output(std::string_view bytes) {
  FramedOutput seen;
  const std::size_t begin = bytes.find(begin_mark);
  if (begin == std::string_view::npos) return seen;
  seen.has_begun = true;
  seen.payload = bytes.substr(begin + begin_mark.size());
  const std::size_t end = seen.payload.rfind(end_mark);
  if (end == std::string_view::npos) return seen;
  const std::string_view number = seen.payload.substr(end + end_mark.size());
  int status = 0;
  const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), status);
  if (error != std::errc() || last == number.data() + number.size() || *last != '\n') return seen;
  seen.status = status;
  seen.payload = seen.payload.substr(0, end);
  return seen;
}

std::string prepare_script(const std::string& folder) {
  // A number means the same process only until the DUT starts anew.
  return fmt::format(
      "umask 077; d={}; b=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null); "
      "if [ -d \"$d\" ] && [ \"$(cat \"$d/boot\" 2>/dev/null)\" = \"$b\" ] && p=$(cat \"$d/keeper\" 2>/dev/null) && "
      "kill -0 \"$p\" 2>/dev/null; then echo \"{}$p\"; exit 0; fi; "
      "rm -rf \"$d\" && mkdir \"$d\" && echo \"$b\" > \"$d/boot\" && echo {}",
      shell_quoted(folder), answer_busy, answer_ready);
}

std::string remove_script(const std::string& folder) {
  return fmt::format("rm -rf {}", shell_quoted(folder));
}

std::string upload_script(const std::string& file) {
  return fmt::format("{}umask 077; f={}; cat > \"$f\" && h < \"$f\"", hash_function, shell_quoted(file));
}

std::string download_script(const std::string& file) {
  return fmt::format("{}f={}; {{ h < \"$f\"; }} && cat \"$f\"", hash_function, shell_quoted(file));
}

std::string start_script(const RemoteStep& step, const std::vector<std::string>& command) {
  const std::string keep = shell_quoted(keeper(command));
  // Its folder can be made once: by this, or by a follower who came first and saw that nothing had been started.
  return fmt::format(
      "umask 077; trap '' HUP INT; {0}mkdir \"$s\" || {{ echo \"{1}\"; exit 0; }}; "
      "echo $$ > \"$d/keeper.new\"; mv \"$d/keeper.new\" \"$d/keeper\"; export d s; "
      "if command -v setsid >/dev/null 2>&1; then setsid sh -c {2}; else sh -c {2}; fi "
      "</dev/null >/dev/null 2>&1 & {3}",
      variables(step), answer_never, keep, follow_loop());
}

std::string follow_script(const RemoteStep& step) {
  return fmt::format(
      "{0}[ -d \"$d\" ] || {{ echo \"{1}\"; exit 0; }}; if mkdir \"$s\" 2>/dev/null; then echo \"{2}\"; exit 0; fi; "
      "{3}",
      variables(step), answer_gone, answer_never, follow_loop());
}

std::string cut_script(const RemoteStep& step) {
  // One second: it is halted long before that, and what it was about to do stands in its output by then.
  return fmt::format(
      "{}i=0; while [ ! -f \"$s/pid\" ] && [ \"$i\" -lt 20 ]; do i=$((i + 1)); {}; done; "
      "[ -f \"$s/pid\" ] || {{ echo unknown; exit 0; }}; p=$(cat \"$s/pid\"); "
      "if [ -f \"$s/status\" ] || ! kill -STOP \"$p\" 2>/dev/null; then echo {}; exit 0; fi; "
      "sleep 1; if grep -q \"Erasing and writing flash chip\" \"$s/out\"; then kill -CONT \"$p\"; echo {}; "
      "else kill -KILL \"$p\"; {}; echo {}; fi",
      variables(step), short_pause, answer_ended, answer_runs, await_status, answer_cut);
}

std::string kill_script(const RemoteStep& step) {
  return fmt::format("{}if [ -f \"$s/status\" ] || ! kill -KILL \"$(cat \"$s/pid\")\"; then echo {}; exit 0; fi; {}",
                     variables(step), answer_ended, await_status);
}

}  // namespace coldboot
