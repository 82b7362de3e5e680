#pragma once

#include "harness/file/keys.hpp"
#include "harness/scenario/scenario.hpp"

namespace coldboot {

/// A step as written, with the place of the marker it waits for, where it waits for one.
struct StepDraft {
  Step step;
  Place subject;
};

/// How a step is written: one key that says what to do, and what it needs below it.
keys::Type<StepDraft> step_type();

}  // namespace coldboot
