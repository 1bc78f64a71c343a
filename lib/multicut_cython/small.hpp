// Small problems, solved exactly.
#pragma once

#include "problem.hpp"

namespace multicut {

// 3^12 is half a million pairs of a set and a subset: about as long as annealing.
constexpr Index most_small_nodes = 12;

// An optimal clustering, by dynamic programming over the sets of nodes: a best clustering of a set consists of the
// cluster of its first node and a best clustering of the rest.
Labels optimal_clustering(const Problem& problem);

}  // namespace multicut
