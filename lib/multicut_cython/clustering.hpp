// A clustering that is changed node by node.
#pragma once

#include <vector>

#include "problem.hpp"

namespace multicut {

class Clustering {
public:
    Clustering(const Problem& problem, Labels labels);

    const Problem& problem() const { return *problem_; }
    const Labels& labels() const { return labels_; }
    Index label(Index node) const { return labels_[node]; }
    Index size(Index label) const { return size_[label]; }

    // A label that no node has. There is one unless all nodes are alone.
    Index empty_label() const { return empty_.back(); }

    // What the activations change by when `node` moves to the cluster `label`.
    double activation_change(Index node, Index label) const {
        return active(labels_[node], -1, -problem_->activation[node]) + active(label, 1, problem_->activation[node]);
    }

    void move(Index node, Index label);

private:
    // The change of a cluster's activations when it grows by `nodes` nodes of this activation.
    double active(Index label, Index nodes, double activation) const {
        const double before = size_[label] > 1 ? activation_[label] : 0.0;
        const double after = size_[label] + nodes > 1 ? activation_[label] + activation : 0.0;
        return after - before;
    }

    const Problem* problem_;
    Labels labels_;
    std::vector<Index> size_;           // of each label
    std::vector<double> activation_;    // sum over the nodes of each label
    std::vector<Index> empty_;
};

}  // namespace multicut
