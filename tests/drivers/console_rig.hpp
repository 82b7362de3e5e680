#pragma once

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/bench/catalog.hpp"
#include "harness/console/capture.hpp"
#include "harness/event/event_log.hpp"
#include "tests/soon.hpp"

namespace coldboot {

/// What a bench gives a console: a clock, a log, the capture loop and a boot that records.
class ConsoleRig {
 public:
  ConsoleRig() : capture_(std::make_unique<Capture>(log_)) {}

  /// Opens a console as a bench file's entry would.
  Result<std::unique_ptr<ByteStream>> open(
      Result<std::unique_ptr<ByteStream>> (*driver)(const DeviceEntry&, const std::string&, OpenContext&),
      std::map<std::string, std::string> keys, std::optional<LineRate> line = std::nullopt) {
    OpenContext context{.clock = clock_,
                        .virtual_clock = nullptr,
                        .parts = parts_,
                        .bench = "bench",
                        .where = "bench/com1",
                        .line = line,
                        .tell = tell()};
    return driver({.driver = "tested", .keys = std::move(keys), .place = {}}, "com1", context);
  }

  [[nodiscard]] std::function<void(EventBody)> tell() {
    return [this](EventBody event) { log_.append(std::move(event)); };
  }

  /// Records it as com1 of boot 1 from now on.
  void record(ByteStream& stream) {
    const auto added = capture_->add("com1", stream);
    ASSERT_TRUE(added) << added.error().text();
    ASSERT_TRUE(capture_->begin_boot(1, *CompiledPlan::compile({}), record_));
  }
  void stop_recording() { capture_.reset(); }
  [[nodiscard]] Capture& capture() { return *capture_; }
  [[nodiscard]] EventLog& log() { return log_; }

  /// All that was recorded, once it ends with `text`; what there is after half a minute.
  std::string recorded(std::string_view text) { return record_.wait_until_it_ends_with(text); }

  /// The first event of its kind, after number `since`, for which `wanted` holds; once there is one.
  template <class Body>
  std::optional<Body> wait_for(
      const std::function<bool(const Body&)>& wanted = [](const Body&) { return true; }, std::uint64_t since = 0) {
    const auto found = log_.wait_for(
        since,
        [&](const Event& event) {
          const auto* const body = std::get_if<Body>(&event.body);
          return body != nullptr && wanted(*body);
        },
        soon());
    if (!found) return std::nullopt;
    return std::get<Body>(found->body);
  }

  template <class Body>
  std::vector<Body> all() {
    std::vector<Body> bodies;
    for (const Event& event : log_.after(0)) {
      if (const auto* const body = std::get_if<Body>(&event.body)) bodies.push_back(*body);
    }
    return bodies;
  }

 private:
  class Record final : public ChunkSink {
   public:
    void add(const std::string&, const Chunk& chunk, std::string_view bytes) override {
      const std::lock_guard lock(mutex_);
      EXPECT_EQ(chunk.offset, raw_.size());
      EXPECT_LE(chunk.not_before, chunk.arrival);
      raw_ += bytes;
      changed_.notify_all();
    }
    std::string wait_until_it_ends_with(std::string_view text) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(30), [&] { return raw_.ends_with(text); });
      return raw_;
    }

   private:
    std::mutex mutex_;  // guards raw_
    std::condition_variable changed_;
    std::string raw_;
  };

  SteadyClock clock_;
  SharedParts parts_;
  EventLog log_{clock_};
  Record record_;
  std::unique_ptr<Capture> capture_;
};

}  // namespace coldboot
