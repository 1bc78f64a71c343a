// Greedy additive edge contraction.
#pragma once

#include "effort.hpp"
#include "problem.hpp"

namespace multicut {

// Joins the two clusters whose union saves most, again and again while anything is saved (Keuper et al., "Efficient
// decomposition of image and mesh graphs by lifted multicuts", ICCV 2015, algorithm 1), from every node alone. The
// price of a join is the cost between the clusters, plus the activation of each that was alone. Stops at the deadline.
Labels contracted_greedily(const Problem& problem, const Deadline& deadline);

}  // namespace multicut
