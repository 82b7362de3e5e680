#pragma once

#include "harness/core/result.hpp"
#include "harness/io/descriptor.hpp"

namespace coldboot {

/// Lets one thread end another's poll(): readable from ring() until clear().
class Wake {
 public:
  /// Faults: `io` when the process has no descriptor left.
  static Result<Wake> make();

  void ring() const;
  void clear() const;
  [[nodiscard]] int descriptor() const { return event_.get(); }

 private:
  explicit Wake(Descriptor event) : event_(std::move(event)) {}

  Descriptor event_;
};

}  // namespace coldboot
