#include "greedy.hpp"

#include <queue>
#include <tuple>

#include "hash_table.hpp"

namespace multicut {

namespace {

struct Join {
    double price;
    Index a, b;

    bool operator<(const Join& other) const {  // the cheapest on top of the queue
        return std::tie(other.price, other.a, other.b) < std::tie(price, a, b);
    }
};

class Contraction {
public:
    explicit Contraction(const Problem& problem)
        : clusters_(problem.nodes()), neighbours_(problem.nodes()), activation_(problem.activation) {
        std::vector<Join> joins;
        for (Index node = 0; node < problem.nodes(); ++node) {
            neighbours_[node].reserve(problem.graph.arcs(node).size());
            for (const Arc& arc : problem.graph.arcs(node)) {
                neighbours_[node].insert(arc.to, arc.cost);
                if (arc.to < node && price(node, arc.to, arc.cost) < -tolerance)
                    joins.push_back({price(node, arc.to, arc.cost), node, arc.to});
            }
        }
        queue_ = std::priority_queue<Join>(std::less<Join>(), std::move(joins));
    }

    Labels run(const Deadline& deadline) {
        while (!queue_.empty() && !deadline.passed()) {
            const Join join = queue_.top();
            queue_.pop();
            if (is_current(join))
                perform(join.a, join.b);
        }
        Labels labels = clusters_.roots();
        renumber(labels);
        return labels;
    }

private:
    double price(Index a, Index b, double cost) const { return cost + activation_[a] + activation_[b]; }

    // The queue keeps joins whose clusters or price have changed since; the current ones are there as well.
    bool is_current(const Join& join) const {
        const double* cost = neighbours_[join.a].find(join.b);
        return cost && price(join.a, join.b, *cost) == join.price;
    }

    void offer(Index a, Index b, double cost) {
        if (price(a, b, cost) < -tolerance)
            queue_.push({price(a, b, cost), a, b});
    }

    // The cluster with the longer list of neighbours takes in the other.
    void perform(Index a, Index b) {
        const Index kept = neighbours_[a].size() < neighbours_[b].size() ? b : a;
        const Index gone = kept == a ? b : a;
        const bool cheaper = activation_[kept] > 0;
        clusters_.unite(kept, gone);
        activation_[kept] = activation_[gone] = 0;
        neighbours_[kept].erase(gone);
        neighbours_[gone].erase(kept);
        neighbours_[gone].for_each([&](Index other, double cost) {
            neighbours_[other].erase(gone);
            const double sum = neighbours_[kept].insert(other, 0.0) += cost;
            neighbours_[other].insert(kept, 0.0) = sum;
            offer(kept, other, sum);
        });
        neighbours_[gone].clear();
        if (cheaper)
            neighbours_[kept].for_each([&](Index other, double cost) { offer(kept, other, cost); });
    }

    UnionFind clusters_;
    std::vector<HashTable<Index, double>> neighbours_;  // of each cluster, with the cost between the two
    std::vector<double> activation_;
    std::priority_queue<Join> queue_;
};

}  // namespace

Labels contracted_greedily(const Problem& problem, const Deadline& deadline) {
    return Contraction(problem).run(deadline);
}

}  // namespace multicut
