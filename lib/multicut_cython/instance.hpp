// What the caller asks for, and its way to problems that the search can work on and back.
//
// Pairs that must be joined become one node; pairs that must be cut get an edge that no clustering can afford; nodes
// that must be kept get no activation. What remains falls into parts that attractive edges connect: no optimal cluster
// needs to reach across (it could be split for free), so each part is a problem of its own.
#pragma once

#include <utility>
#include <vector>

#include "problem.hpp"
#include "search.hpp"

namespace multicut {

struct Constraints {
    std::vector<std::pair<Index, Index>> must_join, must_cut;
    std::vector<Index> must_keep;
    bool allow_suppression = true;
};

class Instance {
public:
    // Of parallel edges the last one counts; self edges are ignored. Throws std::invalid_argument if the constraints
    // contradict one another.
    Instance(std::vector<double> unary, std::vector<Edge> edges, const Constraints& constraints);

    // A part with what is known about its solution, in the scale of the part's costs.
    struct Part {
        Problem problem;
        std::vector<Index> nodes;  // merged node of each node of the problem
        Labels labels;
        double bound = 0;
        std::vector<Relaxation::Rise> rises;  // of the problem's edges by (a, b), a < b: above `dual_bound`
        double dual_bound = 0;
    };

    const std::vector<Part>& parts() const { return parts_; }
    void solve(const Options& options, double seconds);
    // A better solution or bound from elsewhere.
    void improve(Index part, const Labels& labels, double bound);

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
