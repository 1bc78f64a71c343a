// Simulated annealing.
#pragma once

#include "effort.hpp"
#include "problem.hpp"
#include "random.hpp"

namespace multicut {

// Visits all nodes `sweeps` times and lets each choose anew between being alone and its neighbours' clusters (a cluster
// counts once for every neighbour in it), a choice of price d with odds exp(-d / temperature). The temperature falls
// geometrically, from `heat` times what an average node of `start` gains by its cluster.
Labels annealed(const Problem& problem, const Labels& start, double heat, int sweeps, Random& random, Budget& budget);

}  // namespace multicut
