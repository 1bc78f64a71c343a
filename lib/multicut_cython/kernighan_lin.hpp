// Moves of many nodes between two clusters at once.
#pragma once

#include "effort.hpp"
#include "problem.hpp"

namespace multicut {

// For every two clusters that attract each other somewhere, and for every cluster and an empty one: the best of joining
// them and of a sequence of single moves between them, each node at most once, the cheapest first even if it costs, cut
// off where the total is lowest (Kernighan and Lin; Keuper et al., ICCV 2015, algorithm 2, "KLj"). Goes on with the
// clusters that changed until none does or the budget is spent. Returns whether anything was improved.
bool exchange_between_clusters(const Problem& problem, Labels& labels, Budget& budget);

}  // namespace multicut
