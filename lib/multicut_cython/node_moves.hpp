// Moves of single nodes: into another cluster, or away from all (which suppresses a node that is not worth its unary).
#pragma once

#include <vector>

#include "clustering.hpp"
#include "effort.hpp"

namespace multicut {

class NodeMoves {
public:
    explicit NodeMoves(Clustering& clustering);

    // Moves nodes to where they are cheapest until no move saves anything: first every node has its turn, then the
    // neighbours of those that moved.
    void descend(Budget& budget);

private:
    struct Move {
        Index label;
        double change;  // of the cost
    };

    // All clusters that `node` may join, its own first and an empty one included.
    const std::vector<Move>& options(Index node);
    double& joint_cost(Index label);
    // The cheapest option: its own cluster unless another saves something.
    Index best_label(Index node);

    Clustering& clustering_;
    std::vector<Move> options_;
    std::vector<Index> slot_;  // of a label in options_, valid if that option has this label
};

}  // namespace multicut
