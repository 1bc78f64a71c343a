#include "local_search.hpp"

#include "greedy.hpp"
#include "hash_table.hpp"
#include "kernighan_lin.hpp"

namespace multicut {

namespace {

// A clustering of which single nodes move: into another cluster, or away from all (which suppresses a node that is not
// worth its unary).
class NodeMoves {
public:
    NodeMoves(const Problem& problem, const Labels& start)
        : problem_(problem), labels_(start), size_(problem.nodes(), 0), activation_(problem.nodes(), 0.0),
          slot_(problem.nodes(), 0) {
        for (Index node = 0; node < problem.nodes(); ++node) {
            ++size_[labels_[node]];
            activation_[labels_[node]] += problem.activation[node];
        }
        for (Index label = problem.nodes() - 1; label >= 0; --label)
            if (size_[label] == 0)
                empty_.push_back(label);
    }

    const Labels& labels() const { return labels_; }

    // Moves nodes to where they are cheapest until no move saves anything: first every node has its turn, then the
    // neighbours of those that moved.
    void descend(Budget& budget) {
        std::vector<Index> queue = each_alone(problem_.nodes());
        std::vector<char> queued(problem_.nodes(), true);
        for (std::size_t position = 0; position < queue.size(); ++position) {
            if (position % 1024 == 0 && budget.exhausted())
                break;
            const Index node = queue[position];
            const auto arcs = problem_.graph.arcs(node);
            queued[node] = false;
            budget.spend(static_cast<double>(arcs.size()));
            const Index label = best_label(node);
            if (label == labels_[node])
                continue;
            move(node, label);
            for (const Arc& arc : arcs)
                if (!queued[arc.to]) {
                    queued[arc.to] = true;
                    queue.push_back(arc.to);
                }
        }
    }

private:
    struct Option {
        Index label;
        double cost;  // of the edges between the node and this cluster
    };

    double& joint_cost(Index label) {
        const std::size_t slot = slot_[label];
        if (slot < options_.size() && options_[slot].label == label)
            return options_[slot].cost;
        slot_[label] = static_cast<Index>(options_.size());
        options_.push_back({label, 0.0});
        return options_.back().cost;
    }

    // The cluster that is cheapest for `node`: its own unless another, or an empty one, saves something.
    Index best_label(Index node) {
        const Index own = labels_[node];
        options_.clear();
        joint_cost(own);
        if (size_[own] > 1)
            joint_cost(empty_.back());
        for (const Arc& arc : problem_.graph.arcs(node))
            joint_cost(labels_[arc.to]) += arc.cost;
        Index best = own;
        double least = -tolerance;
        for (std::size_t slot = 1; slot < options_.size(); ++slot) {
            const Option& option = options_[slot];
            const double change = option.cost + (activation_change(node, option.label) - options_[0].cost);
            if (change < least) {
                best = option.label;
                least = change;
            }
        }
        return best;
    }

    // What the activations change by when `node` moves to the cluster `label`.
    double activation_change(Index node, Index label) const {
        const double activation = problem_.activation[node];
        return growth(labels_[node], -1, -activation) + growth(label, 1, activation);
    }

    // The change of a cluster's activations when it grows by `nodes` nodes of this activation.
    double growth(Index label, Index nodes, double activation) const {
        const double before = size_[label] > 1 ? activation_[label] : 0.0;
        const double after = size_[label] + nodes > 1 ? activation_[label] + activation : 0.0;
        return after - before;
    }

    void move(Index node, Index label) {
        const Index old = labels_[node];
        if (size_[label] == 0)
            empty_.pop_back();
        activation_[old] -= problem_.activation[node];
        activation_[label] += problem_.activation[node];
        ++size_[label];
        labels_[node] = label;
        if (--size_[old] == 0) {
            activation_[old] = 0;
            empty_.push_back(old);
        }
    }

    const Problem& problem_;
    Labels labels_;
    std::vector<Index> size_;         // of each label
    std::vector<double> activation_;  // sum over the nodes of each label
    std::vector<Index> empty_;        // labels that no node has; there is one unless all nodes are alone
    std::vector<Option> options_;     // of the node that is looked at, its own cluster first
    std::vector<Index> slot_;         // of a label in options_, valid if that option has this label
};

// Returns whether any clusters were joined.
bool join_greedily(const Problem& problem, Labels& labels, Budget& budget) {
    const Index clusters = renumber(labels);
    if (budget.deadline().passed())
        return false;
    budget.spend(static_cast<double>(problem.graph.arcs()));
    Labels joined = contracted_greedily(contracted(problem, labels, clusters), budget.deadline());
    labels = composed(labels, joined);
    return renumber(joined) < clusters;
}

// A label for every pair of labels that occurs.
Labels overlay(const Labels& first, const Labels& second) {
    HashTable<std::uint64_t, Index> number;
    Labels labels;
    for (std::size_t node = 0; node < first.size(); ++node) {
        const std::uint64_t pair = static_cast<std::uint64_t>(first[node]) * second.size() + second[node];
        labels.push_back(number.insert(pair, static_cast<Index>(number.size())));
    }
    return labels;
}

}  // namespace

Labels descended(const Problem& problem, const Labels& start, Budget& budget) {
    Labels labels = start;
    do {
        NodeMoves moves(problem, labels);
        moves.descend(budget);
        labels = moves.labels();
    } while (join_greedily(problem, labels, budget) && !budget.exhausted());
    split_into_pieces(problem, labels);
    return labels;
}

Labels descended_further(const Problem& problem, const Labels& start, Budget& budget) {
    Labels labels = descended(problem, start, budget);
    while (!budget.exhausted() && exchange_between_clusters(problem, labels, budget))
        labels = descended(problem, labels, budget);
    return labels;
}

Labels fused(const Problem& problem, const Labels& first, const Labels& second, Budget& budget) {
    Labels parts = overlay(first, second);
    const Index count = renumber(parts);
    const Problem mixture = contracted(problem, parts, count);
    Labels first_of_part(count);
    for (std::size_t node = 0; node < parts.size(); ++node)
        first_of_part[parts[node]] = first[node];
    renumber(first_of_part);
    const Labels from_first = descended(mixture, first_of_part, budget);
    const Labels from_parts = descended(mixture, contracted_greedily(mixture, budget.deadline()), budget);
    const bool second_better = cost(mixture, from_parts) < cost(mixture, from_first);
    return descended(problem, composed(parts, second_better ? from_parts : from_first), budget);
}

}  // namespace multicut
