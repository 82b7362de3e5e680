#pragma once

#include <string>

namespace coldboot {

/// The harness's end of one of the DUT's network cables: an interface in a network of our own, there while this lives.
class NetworkPort {
 public:
  virtual ~NetworkPort() = default;

  /// Its name in that network.
  [[nodiscard]] virtual std::string interface() const = 0;

  /// What the cable goes to, for people and for the record: "card lan of the virtual board", "enp3s0
  /// (a0:36:9f:11:22:33)".
  [[nodiscard]] virtual std::string description() const = 0;
};

}  // namespace coldboot
