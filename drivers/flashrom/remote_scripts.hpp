#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldboot {

// What is run on a DUT over a remote shell, for any sh: Debian's, busybox', FreeBSD's. README.md, "From inside", says
// why it is done so. Nothing here starts anything.

/// Text that sh, bash and csh take as one word, whatever is in it but line ends and NUL.
std::string shell_quoted(std::string_view text);

/// The one word that a remote shell is given so that its sh runs `script`; what the script writes stands between marks.
std::string framed_command(std::string_view script);

/// What a framed command has written so far, seen through its marks.
struct FramedOutput {
  bool has_begun = false;     ///< sh runs there; what came before are greetings of the login shell's
  std::string_view payload;   ///< what the script wrote
  std::optional<int> status;  ///< of the script; nothing before its end
};
FramedOutput framed_output(std::string_view bytes);

/// One flashrom on the DUT: a folder with all that is known of it.
struct RemoteStep {
  std::string folder;  ///< for all steps of an operation: "/tmp/coldboot-flash"
  std::string name;    ///< "2-write"

  [[nodiscard]] std::string path(std::string_view file) const { return folder + "/" + name + "/" + std::string(file); }
};

// Answers of the scripts below.
inline constexpr std::string_view answer_ready = "ready";   ///< the folder is there and empty
inline constexpr std::string_view answer_busy = "busy ";    ///< a flashrom of ours still runs; its number follows
inline constexpr std::string_view answer_no_hash = "none";  ///< nothing there computes SHA-256
inline constexpr std::string_view answer_never = "coldboot: never started";
inline constexpr std::string_view answer_gone = "coldboot: gone";
inline constexpr std::string_view answer_cut = "cut";      ///< it was killed before it changed the chip
inline constexpr std::string_view answer_ended = "ended";  ///< it had ended before that
inline constexpr std::string_view answer_runs = "runs";    ///< it changes the chip and goes on

/// Makes the folder. One that is there is removed, unless its flashrom still runs.
std::string prepare_script(const std::string& folder);
std::string remove_script(const std::string& folder);

/// Keeps standard input in a file, and answers with the SHA-256 of what the file holds then.
std::string upload_script(const std::string& file);

/// The SHA-256 of a file, a line end, and its bytes.
std::string download_script(const std::string& file);

/// Starts flashrom so that it outlives the connection, and follows it as follow_script() does.
std::string start_script(const RemoteStep& step, const std::vector<std::string>& command);

/// All that flashrom wrote, from its beginning, and what it writes until it ends, with its status as the script's own.
/// NUL bytes between show that the connection lives. One that was not started yet never will be.
std::string follow_script(const RemoteStep& step);

/// Halts flashrom, sees whether it has begun to change the chip, and ends it if not.
std::string cut_script(const RemoteStep& step);

/// Ends it whatever it does, unless it has ended.
std::string kill_script(const RemoteStep& step);

}  // namespace coldboot
