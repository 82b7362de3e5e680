#pragma once

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// Lets one thread end another's poll(): readable from the first ring() on.
class Wake {
 public:
  /// Faults: `io` when the process has no descriptor left.
  static Result<Wake> make();

  void ring() const;
  [[nodiscard]] int descriptor() const { return event_.get(); }

 private:
  explicit Wake(Descriptor event) : event_(std::move(event)) {}

  Descriptor event_;
};

}  // namespace coldboot
