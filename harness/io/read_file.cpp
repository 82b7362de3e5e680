#include "harness/io/read_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "harness/core/units.hpp"

namespace coldboot {

Result<std::string> read_file(const std::filesystem::path& file, std::size_t most) {
  std::error_code failed;
  if (std::filesystem::is_directory(file, failed)) {
    return Fault(Cause::mistake, file.string(), "found a folder, expected a file");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const int reason = errno;
    return Fault(reason == ENOENT ? Cause::missing : Cause::io, file.string(), std::strerror(reason));
  }
  std::string bytes;
  std::vector<char> piece(std::size_t{1} << 16U);
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) || stream.gcount() > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > most) {
      return Fault(Cause::mistake, file.string(),
                   fmt::format("found more than {}, which is no file of ours", size_text(most)));
    }
  }
  if (stream.bad()) return Fault(Cause::io, file.string(), "it could not be read to its end");
  return bytes;
}

}  // namespace coldboot
