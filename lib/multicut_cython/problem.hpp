// The problem in the form that the algorithms work on.
//
// Suppressing a node costs nothing, keeping it costs its unary u. So a node with u <= 0 is always kept (at worst
// alone), and a node with u > 0 is kept only in company. Up to the constant sum of the negative unaries this is a plain
// multicut with an *activation* cost max(u, 0) that a node pays as soon as it is not alone:
//
//     minimise  sum over clusters C of at least two nodes:  activation of C's nodes + costs of C's inner edges
//
// Suppressed nodes are then just nodes alone with u > 0. Connectedness needs no care either: splitting a cluster into
// its pieces removes no edge and can only save activations.
#pragma once

#include <vector>

#include "graph.hpp"

namespace multicut {

// One cluster label within 0..n-1 a node.
using Labels = std::vector<Index>;

struct Problem {
    Graph graph;
    std::vector<double> activation;  // [n], >= 0

    Index nodes() const { return graph.nodes(); }
};

// Gains below this are rounding errors; the largest cost of a problem is between 1 and 2 (see Instance).
constexpr double tolerance = 1e-10;

Labels each_alone(Index nodes);

double cost(const Problem& problem, const Labels& labels);

// The problem whose nodes are the clusters 0..clusters-1 of `labels`. Its costs count from the cost of `labels`.
Problem contracted(const Problem& problem, const Labels& labels, Index clusters);

// The labels of nodes given labels of their clusters.
Labels composed(const Labels& clusters, const Labels& labels_of_clusters);

// Splits clusters into the pieces that attractive edges hold together, which never costs anything; renumbers.
void split_into_pieces(const Problem& problem, Labels& labels);

}  // namespace multicut
