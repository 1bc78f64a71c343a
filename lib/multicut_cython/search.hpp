// The search for good clusterings, and for a proof of how good they are.
#pragma once

#include <cstdint>

#include "problem.hpp"

namespace multicut {

struct Options {
    double effort = 1;  // how long to look for improvements of the first local optimum; 0 = not at all
    std::uint64_t seed = 0;
};

// Finds labels and bounds of all parts, until there is no gap or as long as `options` and `seconds` (no limit if
// negative) allow.
void solve(Instance& instance, const Options& options, double seconds);

}  // namespace multicut
