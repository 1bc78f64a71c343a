#include "clustering.hpp"

#include <utility>

namespace multicut {

Clustering::Clustering(const Problem& problem, Labels labels)
    : problem_(&problem), labels_(std::move(labels)), size_(problem.nodes(), 0), activation_(problem.nodes(), 0.0) {
    for (Index node = 0; node < problem.nodes(); ++node) {
        ++size_[labels_[node]];
        activation_[labels_[node]] += problem.activation[node];
    }
    for (Index label = problem.nodes() - 1; label >= 0; --label)
        if (size_[label] == 0)
            empty_.push_back(label);
}

void Clustering::move(Index node, Index label) {
    const Index old = labels_[node];
    if (size_[label] == 0)
        empty_.pop_back();
    activation_[old] -= problem_->activation[node];
    activation_[label] += problem_->activation[node];
    ++size_[label];
    labels_[node] = label;
    if (--size_[old] == 0) {
        activation_[old] = 0;
        empty_.push_back(old);
    }
}

}  // namespace multicut
