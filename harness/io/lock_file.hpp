#pragma once

#include <filesystem>
#include <string>

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// Where locks lie when all users can see them.
inline const std::filesystem::path shared_lock_folder = "/run/lock/coldboot";

/// Where locks lie that everybody on this machine must see: /run/lock/coldboot, which is made open to all users;
/// where that cannot be, a folder of this user's own ($XDG_RUNTIME_DIR/coldboot or /tmp/coldboot-UID).
/// Faults: `refused` when not even that can be made.
Result<std::filesystem::path> lock_folder();

/// Holds a thing that only one process may use, for as long as this value lives. The kernel lets go of it when the
/// process ends, however it ends; a file left behind holds nothing.
///
/// The lock belongs to the open file: a process that was given a copy of the descriptor (the guardian) holds it on.
class LockFile {
 public:
  /// Takes the lock at once or not at all. `what` is what the holder does, for those who find it busy:
  /// "coldboot run xen-vs-bare.yaml". The file says who holds it, since when, and what for.
  /// Faults: `busy` naming the holder, `refused`, `io`.
  static Result<LockFile> acquire(const std::filesystem::path& path, const std::string& what);

  /// Closed on exec, like all of ours; whoever is to hold the lock on must be given a copy.
  [[nodiscard]] int descriptor() const { return file_.get(); }

 private:
  explicit LockFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

}  // namespace coldboot
