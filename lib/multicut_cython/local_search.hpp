// From a clustering to a local optimum.
#pragma once

#include "effort.hpp"
#include "problem.hpp"

namespace multicut {

// Moves of nodes and joins of clusters (greedy contraction of the graph of clusters) until neither saves anything.
// Never raises the cost. The result is split into connected pieces.
Labels descended(const Problem& problem, const Labels& start, Budget& budget);

// The same, and exchanges between clusters as well (kernighan_lin.hpp).
Labels descended_further(const Problem& problem, const Labels& start, Budget& budget);

// The best mixture of two clusterings that descent finds: nodes that are together in both stay together (Beier,
// Hamprecht and Kappes, "Fusion moves for correlation clustering", CVPR 2015). Never costs more than the first.
Labels fused(const Problem& problem, const Labels& first, const Labels& second, Budget& budget);

}  // namespace multicut
