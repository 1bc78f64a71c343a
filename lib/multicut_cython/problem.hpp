// The problem in the form that the algorithms work on, and the way there from what the caller asks for and back.
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

#include <utility>
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

// How much a lower bound would rise if an edge were joined, or cut.
struct Rise {
    double joined = 0, cut = 0;
};

// A problem with what is known about its solution.
struct Part {
    Problem problem;
    std::vector<Index> nodes;  // merged node (see Instance) of each node of the problem
    Labels labels;
    double bound = 0;
    std::vector<Rise> rises;  // of each edge of the problem, above `dual_bound`
    double dual_bound = 0;

    // A better solution or bound from elsewhere.
    void improve(const Labels& other, double other_bound);
};

struct Constraints {
    std::vector<std::pair<Index, Index>> must_join, must_cut;
    std::vector<Index> must_keep;
    bool allow_suppression = true;
};

// What the caller asks for. Pairs that must be joined become one node; pairs that must be cut get an edge that no
// clustering can afford; nodes that must be kept get no activation. What remains falls into parts that attractive edges
// connect: no optimal cluster needs to reach across (it could be split for free), so each part is a problem of its own.
class Instance {
public:
    // Of parallel edges the last one counts; self edges are ignored. Throws std::invalid_argument if the constraints
    // contradict one another.
    Instance(std::vector<double> unary, std::vector<Edge> edges, const Constraints& constraints);

    std::vector<Part>& parts() { return parts_; }

    double objective() const;
    double bound() const;
    // Clusters 0, 1, ... in the order of their first nodes; -1 = suppressed.
    std::vector<Index> labels() const;

private:
    void merge(const Constraints& constraints);
    std::vector<Edge> merged_edges(const Constraints& constraints);
    void make_parts(const std::vector<Edge>& edges);
    std::vector<Index> clusters_of_merged() const;

    std::vector<double> unary_;
    std::vector<Edge> edges_;
    double scale_;                        // a power of two; costs of parts are costs divided by it
    std::vector<Index> merged_;           // of each node
    std::vector<double> merged_unary_;    // of each merged node
    std::vector<char> kept_;              // of each merged node: whether it must be kept
    double constant_ = 0;                 // the cost of all merged nodes alone, and of edges within them
    std::vector<Part> parts_;
};

}  // namespace multicut
