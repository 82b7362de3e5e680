#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// Where locks lie when nothing else is said and all users may see them.
inline const std::filesystem::path shared_lock_folder = "/run/lock/coldboot";

/// Where locks lie that everybody on this machine must see: $COLDBOOT_LOCKS where that is set; /var/lib/coldboot where
/// that is there; else /run/lock/coldboot, which is made open to all users and does not outlive the host; where that
/// cannot be, a folder of this user's own ($XDG_RUNTIME_DIR/coldboot or /tmp/coldboot-UID).
/// Faults: `refused` when it may not be written, or not even that can be made.
Result<std::filesystem::path> lock_folder();

/// What a lock says to those who do not hold it.
struct LockView {
  bool held = false;
  std::string holder;  ///< who holds it, or held it last: "maria, process 4711, since 2026-11-22T10:20:30Z: ..."
  std::string notes;   ///< what the holder keeps beside its name
};

/// Faults: `missing` where there never was a lock, `refused`, `io`.
Result<LockView> look_at_lock(const std::filesystem::path& path);

/// Holds a thing that only one process may use, for as long as this value lives. The kernel lets go of it when the
/// process ends, however it ends; a file left behind holds nothing.
///
/// The lock belongs to the open file: a process that was given a copy of the descriptor (the guardian) holds it on.
class LockFile {
 public:
  /// Takes the lock at once or not at all (a look at it by somebody else may last a moment). `what` is what the holder
  /// does, for those who find it busy: "coldboot run xen-vs-bare.yaml". The file says who holds it, since when, and
  /// what for. Faults: `busy` naming the holder, `refused`, `io`.
  static Result<LockFile> acquire(const std::filesystem::path& path, const std::string& what);

  /// The lock whose descriptor somebody handed to us, who holds it too.
  static LockFile shared(Descriptor file) { return LockFile(std::move(file)); }

  /// Closed on exec, like all of ours; whoever is to hold the lock on must be given a copy.
  [[nodiscard]] int descriptor() const { return file_.get(); }

  /// What is kept beside the holder's name, to be read by whoever looks and by the next holder; at first what the
  /// holder before left. Any text without NUL.
  [[nodiscard]] std::string notes() const;

  /// Replaces the notes. With `survive`, they are on the disk when this returns. Faults: `disk_full`, `io`.
  enum class Survive { process, host };
  [[nodiscard]] Result<void> put_notes(std::string_view notes, Survive survive) const;

 private:
  explicit LockFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

}  // namespace coldboot
