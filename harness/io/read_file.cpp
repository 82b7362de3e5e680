#include "harness/io/read_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace coldboot {

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::is_directory(file, failed)) {
    return Fault(Cause::mistake, file.string(), "found a folder, expected a file");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const int reason = errno;
    return Fault(reason == ENOENT ? Cause::missing : Cause::io, file.string(), std::strerror(reason));
  }
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  if (stream.bad()) return Fault(Cause::io, file.string(), "it could not be read to its end");
  return std::move(bytes).str();
}

}  // namespace coldboot
