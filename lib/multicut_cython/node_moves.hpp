// Moves of single nodes: into another cluster, or away from all (which suppresses a node that is not worth its unary).
#pragma once

#include <vector>

#include "clustering.hpp"
#include "effort.hpp"

namespace multicut {

class NodeMoves {
public:
    explicit NodeMoves(Clustering& clustering);

    struct Move {
        Index label;
        double change;
    };

    // All clusters that `node` may join, its own first and an empty one included, with the change of the cost.
    const std::vector<Move>& options(Index node);

    // The cheapest of them; its own cluster unless another saves something.
    Move best(Index node);

    // Makes improving moves until there is none, at first for the nodes of `queue`, then for the neighbours of moved
    // ones. Returns whether there were any.
    bool descend(std::vector<Index> queue, Budget& budget);

private:
    double& joint_cost(Index label);

    Clustering& clustering_;
    std::vector<Move> options_;
    std::vector<Index> slot_;  // of a label in options_, valid if that option has this label
    std::vector<char> queued_;
};

}  // namespace multicut
