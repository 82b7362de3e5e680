#include "drivers/replay/faults.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace coldboot {
namespace {

std::uint64_t length_of(const Segment& segment) {
  std::uint64_t length = 0;
  for (const Emission& emission : segment.emissions) length += emission.bytes.size();
  return length;
}

std::uint64_t length_of(const Recording& recording) {
  std::uint64_t length = 0;
  for (const Segment& segment : recording.segments) length += length_of(segment);
  return length;
}

/// Where a fault that counts in bytes begins.
std::optional<std::uint64_t> byte_of(const ReplayFault& fault) {
  return std::visit(
      [](const auto& kind) -> std::optional<std::uint64_t> {
        if constexpr (requires { kind.byte; }) {
          return kind.byte;
        } else {
          return std::nullopt;
        }
      },
      fault);
}

/// Calls `visit` for each emission with the number of bytes before it, until it returns false.
template <class Visit>
void each_emission(Recording& recording, Visit visit) {
  std::uint64_t before = 0;
  for (Segment& segment : recording.segments) {
    for (Emission& emission : segment.emissions) {
      const std::uint64_t length = emission.bytes.size();
      if (!visit(emission, before)) return;
      before += length;
    }
  }
}

void apply(Recording& recording, const StopAtByte& fault) {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < recording.segments.size() && before <= fault.byte; ++i) {
    before += length_of(recording.segments[i]);
    if (before > fault.byte) recording.segments.resize(i + 1);  // it hangs in this one: no typing leads on
  }
  each_emission(recording, [&](Emission& emission, std::uint64_t sent) {
    const std::uint64_t room = fault.byte > sent ? fault.byte - sent : 0;
    if (emission.bytes.size() > room) emission.bytes.resize(room);
    return true;
  });
}

void apply(Recording& recording, const ResetAt& fault) {
  if (recording.segments.empty()) return;
  std::vector<Emission>& emissions = recording.segments.front().emissions;
  std::vector<Emission> again = emissions;
  std::erase_if(emissions, [&](const Emission& emission) { return emission.at >= fault.at; });
  for (Emission& emission : again) {
    emission.at += fault.at;
    emissions.push_back(std::move(emission));
  }
}

void apply(Recording& recording, const Garbage& fault) {
  std::mt19937 random(fault.seed);
  std::string bytes;
  for (std::uint32_t i = 0; i < fault.length; ++i) bytes += static_cast<char>(random() & 0xFFU);
  each_emission(recording, [&](Emission& emission, std::uint64_t before) {
    if (fault.byte < before || fault.byte > before + emission.bytes.size()) return true;
    emission.bytes.insert(fault.byte - before, bytes);
    return false;
  });
}

void apply(Recording& recording, const Loss& fault) {
  const std::uint64_t end = fault.byte + fault.length;
  each_emission(recording, [&](Emission& emission, std::uint64_t before) {
    const std::uint64_t size = emission.bytes.size();
    const std::uint64_t first = std::clamp(fault.byte, before, before + size) - before;
    const std::uint64_t last = std::clamp(end, before, before + size) - before;
    emission.bytes.erase(first, last - first);
    return true;
  });
}

void apply(Recording& recording, const Stretch& fault) {
  if (recording.segments.empty() || fault.to <= fault.from) return;
  for (Emission& emission : recording.segments.front().emissions) {
    const Nanos inside = std::clamp(emission.at, fault.from, fault.to) - fault.from;
    emission.at += Nanos(static_cast<std::int64_t>(static_cast<double>(inside.count()) * (fault.factor - 1)));
  }
}

}  // namespace

Result<Recording> with_faults(Recording recording, const std::vector<ReplayFault>& faults, const std::string& where) {
  for (const ReplayFault& fault : faults) {
    const std::uint64_t length = length_of(recording);
    if (const auto byte = byte_of(fault); byte && *byte > length) {
      return Fault(Cause::mistake, where,
                   fmt::format("found a fault at byte {}, expected one within the {} bytes it plays", *byte, length));
    }
    std::visit([&](const auto& kind) { apply(recording, kind); }, fault);
  }
  for (Segment& segment : recording.segments) {
    std::erase_if(segment.emissions, [](const Emission& emission) { return emission.bytes.empty(); });
  }
  return recording;
}

}  // namespace coldboot
