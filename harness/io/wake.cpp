#include "harness/io/wake.hpp"

#include <cerrno>
#include <sys/eventfd.h>

#include <fmt/format.h>

#include "harness/core/text.hpp"

namespace coldboot {

Result<Wake> Wake::make() {
  Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.is_open()) {
    return Fault(Cause::io, "this process", fmt::format("eventfd: {}", errno_text(errno)));
  }
  return Wake(std::move(event));
}

void Wake::ring() const {
  (void)::eventfd_write(event_.get(), 1);
}

void Wake::clear() const {
  eventfd_t rung = 0;
  (void)::eventfd_read(event_.get(), &rung);
}

}  // namespace coldboot
