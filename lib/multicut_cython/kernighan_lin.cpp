#include "kernighan_lin.hpp"

#include <algorithm>
#include <deque>

namespace multicut {

namespace {

// A sequence ends after this many moves without a new lowest total.
constexpr int patience = 20;

// A clustering with the nodes of each cluster.
class Clusters {
public:
    explicit Clusters(const Labels& labels) : labels_(labels), nodes_(labels.size()) {
        for (std::size_t node = 0; node < labels.size(); ++node)
            nodes_[labels[node]].push_back(static_cast<Index>(node));
        for (std::size_t label = labels.size(); label-- > 0;)
            if (nodes_[label].empty())
                empty_.push_back(static_cast<Index>(label));
    }

    const Labels& labels() const { return labels_; }
    const std::vector<Index>& nodes(Index label) const { return nodes_[label]; }
    Index empty_label() const { return empty_.back(); }  // there is one unless all nodes are alone

    // Each of these nodes goes to the other one of two clusters; `second` may be the empty label.
    void exchange(const std::vector<Index>& moving, Index first, Index second) {
        for (const Index node : moving)
            labels_[node] = labels_[node] == first ? second : first;
        if (nodes_[second].empty())
            empty_.pop_back();
        std::vector<Index> both;
        both.swap(nodes_[first]);
        both.insert(both.end(), nodes_[second].begin(), nodes_[second].end());
        nodes_[second].clear();
        for (const Index node : both)
            nodes_[labels_[node]].push_back(node);
        for (const Index label : {first, second})
            if (nodes_[label].empty())
                empty_.push_back(label);
    }

    // The clusters that an attractive edge leads to from this one, and an empty one.
    std::vector<Index> partners(Index label, const Graph& graph) const {
        std::vector<Index> partners;
        for (const Index node : nodes_[label])
            for (const Arc& arc : graph.arcs(node))
                if (arc.cost < 0 && labels_[arc.to] != label)
                    partners.push_back(labels_[arc.to]);
        std::sort(partners.begin(), partners.end());
        partners.erase(std::unique(partners.begin(), partners.end()), partners.end());
        if (nodes_[label].size() > 1)
            partners.push_back(empty_label());
        return partners;
    }

private:
    Labels labels_;
    std::vector<std::vector<Index>> nodes_;
    std::vector<Index> empty_;
};

class PairExchange {
public:
    PairExchange(const Problem& problem, Clusters& clusters, Budget& budget)
        : problem_(problem), clusters_(clusters), budget_(budget), position_(problem.nodes(), -1) {}

    // `second` may be the empty label. Returns whether nodes were moved.
    bool improve(Index first, Index second) {
        begin(clusters_.nodes(first), clusters_.nodes(second));
        const double join_change = size_[1] == 0 ? 0.0 : cost_between_ + activation_if_one() - activation_now();
        run_sequence();
        for (const Candidate& candidate : candidates_)
            position_[candidate.node] = -1;
        if (join_change < std::min(best_total_, -tolerance)) {
            moves_ = clusters_.nodes(second);
        } else if (best_total_ < -tolerance) {
            moves_.resize(best_length_);
        } else {
            return false;
        }
        clusters_.exchange(moves_, first, second);
        return true;
    }

private:
    struct Candidate {
        Index node;
        int side;       // 0 or 1: in which of the two clusters
        double change;  // of the costs of edges, if it moves to the other side
        double activation;
        bool moved;
    };

    void begin(const std::vector<Index>& first, const std::vector<Index>& second) {
        candidates_.clear();
        for (const int side : {0, 1}) {
            size_[side] = 0;
            activation_[side] = 0;
            for (const Index node : side ? second : first) {
                position_[node] = static_cast<Index>(candidates_.size());
                candidates_.push_back({node, side, 0.0, problem_.activation[node], false});
                ++size_[side];
                activation_[side] += candidates_.back().activation;
            }
        }
        cost_between_ = 0;
        for (Candidate& candidate : candidates_) {
            const auto arcs = problem_.graph.arcs(candidate.node);
            budget_.spend(static_cast<double>(arcs.size()));
            for (const Arc& arc : arcs)
                if (position_[arc.to] >= 0) {
                    const bool across = candidates_[position_[arc.to]].side != candidate.side;
                    candidate.change += across ? arc.cost : -arc.cost;
                    cost_between_ += across && candidate.side == 0 ? arc.cost : 0.0;
                }
        }
    }

    double activation_now() const {
        return (size_[0] > 1 ? activation_[0] : 0.0) + (size_[1] > 1 ? activation_[1] : 0.0);
    }
    double activation_if_one() const { return activation_[0] + activation_[1]; }

    double total_change(const Candidate& candidate) const {
        const int from = candidate.side, to = 1 - candidate.side;
        return candidate.change - activation_now() +
               (size_[from] > 2 ? activation_[from] - candidate.activation : 0.0) +
               (size_[to] > 0 ? activation_[to] + candidate.activation : 0.0);
    }

    void run_sequence() {
        moves_.clear();
        best_length_ = 0;
        best_total_ = 0;
        double total = 0;
        while (moves_.size() < best_length_ + patience && !budget_.exhausted()) {
            Candidate* next = nullptr;
            double change = 0;
            for (Candidate& candidate : candidates_)
                if (!candidate.moved && (!next || total_change(candidate) < change)) {
                    next = &candidate;
                    change = total_change(candidate);
                }
            if (!next)
                break;
            budget_.spend(static_cast<double>(candidates_.size() + problem_.graph.arcs(next->node).size()));
            total += change;
            moves_.push_back(next->node);
            perform(*next);
            if (total < best_total_ - tolerance) {
                best_total_ = total;
                best_length_ = moves_.size();
            }
        }
    }

    void perform(Candidate& candidate) {
        --size_[candidate.side];
        activation_[candidate.side] -= candidate.activation;
        candidate.side = 1 - candidate.side;
        candidate.moved = true;
        ++size_[candidate.side];
        activation_[candidate.side] += candidate.activation;
        for (const Arc& arc : problem_.graph.arcs(candidate.node))
            if (position_[arc.to] >= 0) {
                Candidate& other = candidates_[position_[arc.to]];
                other.change += (other.side == candidate.side ? -2 : 2) * arc.cost;
            }
    }

    const Problem& problem_;
    Clusters& clusters_;
    Budget& budget_;
    std::vector<Index> position_;  // of each node in candidates_, or -1
    std::vector<Candidate> candidates_;
    std::vector<Index> moves_;     // nodes
    Index size_[2];
    double activation_[2];
    double cost_between_, best_total_;
    std::size_t best_length_;
};

}  // namespace

bool exchange_between_clusters(const Problem& problem, Labels& labels, Budget& budget) {
    Clusters clusters(labels);
    PairExchange exchange(problem, clusters, budget);
    std::deque<Index> queue;
    std::vector<char> queued(problem.nodes(), false);
    const auto enqueue = [&](Index label) {
        if (!queued[label] && !clusters.nodes(label).empty()) {
            queued[label] = true;
            queue.push_back(label);
        }
    };
    for (Index label = 0; label < problem.nodes(); ++label)
        enqueue(label);

    bool improved = false;
    while (!queue.empty() && !budget.exhausted()) {
        const Index label = queue.front();
        queue.pop_front();
        queued[label] = false;
        for (Index other : clusters.partners(label, problem.graph)) {
            if (budget.deadline().passed())
                break;
            if (clusters.nodes(other).empty())
                other = clusters.empty_label();
            // Of two clusters that wait, the later one sees to the pair.
            if (queued[other] || clusters.nodes(label).empty() || !exchange.improve(label, other))
                continue;
            enqueue(label);
            enqueue(other);
            improved = true;
        }
    }
    labels = clusters.labels();
    return improved;
}

}  // namespace multicut
