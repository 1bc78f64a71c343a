#include "kernighan_lin.hpp"

#include <algorithm>
#include <deque>

namespace multicut {

namespace {

// A sequence ends after this many moves without a new lowest total.
constexpr int patience = 20;

class PairExchange {
public:
    PairExchange(Clustering& clustering, Budget& budget)
        : clustering_(clustering), problem_(clustering.problem()), budget_(budget), position_(problem_.nodes(), -1) {}

    // `first` and `second` are the nodes of two clusters, `second` perhaps none. Returns whether nodes were moved.
    bool improve(const std::vector<Index>& first, const std::vector<Index>& second) {
        label_[0] = clustering_.label(first[0]);
        label_[1] = second.empty() ? clustering_.empty_label() : clustering_.label(second[0]);
        begin(first, second);
        const double join_change = second.empty() ? 0.0 : cost_between_ + activation_if_one() - activation_now();
        run_sequence();
        const bool join = join_change < std::min(best_total_, -tolerance);
        const bool exchange = !join && best_total_ < -tolerance;
        if (join)
            for (const Index node : second)
                clustering_.move(node, label_[0]);
        if (exchange)
            for (std::size_t step = 0; step < best_length_; ++step)
                clustering_.move(moves_[step].node, moves_[step].side ? label_[0] : label_[1]);
        for (const Candidate& candidate : candidates_)
            position_[candidate.node] = -1;
        return join || exchange;
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
            moves_.push_back(*next);
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

    Clustering& clustering_;
    const Problem& problem_;
    Budget& budget_;
    std::vector<Index> position_;  // in candidates_, or -1
    std::vector<Candidate> candidates_, moves_;
    Index label_[2], size_[2];
    double activation_[2];
    double cost_between_, best_total_;
    std::size_t best_length_;
};

// The nodes of each cluster.
class ClusterNodes {
public:
    explicit ClusterNodes(const Clustering& clustering)
        : clustering_(clustering), nodes_(clustering.problem().nodes()) {
        for (Index node = 0; node < clustering.problem().nodes(); ++node)
            nodes_[clustering.label(node)].push_back(node);
    }

    const std::vector<Index>& of(Index label) const { return nodes_[label]; }

    // After nodes have moved between two clusters.
    void update(Index first, Index second) {
        std::vector<Index> both;
        both.swap(nodes_[first]);
        both.insert(both.end(), nodes_[second].begin(), nodes_[second].end());
        nodes_[second].clear();
        for (const Index node : both)
            nodes_[clustering_.label(node)].push_back(node);
    }

private:
    const Clustering& clustering_;
    std::vector<std::vector<Index>> nodes_;
};

// The clusters that an attractive edge leads to from these nodes of one cluster, and an empty one.
std::vector<Index> partners(const Clustering& clustering, const std::vector<Index>& nodes) {
    std::vector<Index> labels;
    for (const Index node : nodes)
        for (const Arc& arc : clustering.problem().graph.arcs(node))
            if (arc.cost < 0 && clustering.label(arc.to) != clustering.label(node))
                labels.push_back(clustering.label(arc.to));
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    if (nodes.size() > 1)
        labels.push_back(clustering.empty_label());
    return labels;
}

}  // namespace

bool exchange_between_clusters(Clustering& clustering, Budget& budget) {
    ClusterNodes nodes(clustering);
    PairExchange exchange(clustering, budget);
    std::deque<Index> queue;
    std::vector<char> queued(clustering.problem().nodes(), false);
    const auto enqueue = [&](Index label) {
        if (!queued[label] && !nodes.of(label).empty()) {
            queued[label] = true;
            queue.push_back(label);
        }
    };
    for (Index label = 0; label < clustering.problem().nodes(); ++label)
        enqueue(label);

    bool improved = false;
    while (!queue.empty() && !budget.exhausted()) {
        const Index label = queue.front();
        queue.pop_front();
        queued[label] = false;
        for (Index other : partners(clustering, nodes.of(label))) {
            if (budget.deadline().passed())
                break;
            if (nodes.of(other).empty())
                other = clustering.empty_label();
            // Of two clusters that wait, the later one sees to the pair.
            if (queued[other] || nodes.of(label).empty() || !exchange.improve(nodes.of(label), nodes.of(other)))
                continue;
            nodes.update(label, other);
            enqueue(label);
            enqueue(other);
            improved = true;
        }
    }
    return improved;
}

}  // namespace multicut
