#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "harness/event/run_folder.hpp"
#include "tests/event/sample_events.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

inline RunInfo sample_info() {
  RunInfo info;
  info.scenario = "xen-vs-bare";
  info.title = "Xen against bare metal";
  info.requirement = "ACC-014";
  info.host = "rack1";
  info.version = "0.1.0";
  info.anchor.utc =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(10) + Nanos(123456789);
  info.anchor.origin = run_origin;
  return info;
}

inline std::unique_ptr<RunFolder> create_run(const std::filesystem::path& parent,
                                             std::function<void(const Fault&)> on_fault = {}) {
  auto created =
      RunFolder::create({.parent = parent, .info = sample_info(), .input_files = {}, .on_fault = std::move(on_fault)});
  if (!created) ADD_FAILURE() << created.error().text();
  return created ? std::move(*created) : nullptr;
}

}  // namespace coldboot
