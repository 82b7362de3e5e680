#pragma once

#include "harness/bench/catalog.hpp"

namespace coldboot {

/// Every driver coldboot has.
Catalog driver_catalog();

}  // namespace coldboot
