#include "node_moves.hpp"

#include <algorithm>

namespace multicut {

NodeMoves::NodeMoves(Clustering& clustering)
    : clustering_(clustering),
      slot_(clustering.problem().nodes(), 0),
      queued_(clustering.problem().nodes(), false) {}

double& NodeMoves::joint_cost(Index label) {
    const std::size_t slot = slot_[label];
    if (slot < options_.size() && options_[slot].label == label)
        return options_[slot].change;
    slot_[label] = static_cast<Index>(options_.size());
    options_.push_back({label, 0.0});
    return options_.back().change;
}

const std::vector<NodeMoves::Move>& NodeMoves::options(Index node) {
    const Index own = clustering_.label(node);
    options_.clear();
    joint_cost(own);
    if (clustering_.size(own) > 1)
        joint_cost(clustering_.empty_label());
    for (const Arc& arc : clustering_.problem().graph.arcs(node))
        joint_cost(clustering_.label(arc.to)) += arc.cost;
    const double leave = -options_[0].change;
    options_[0].change = 0.0;
    for (std::size_t slot = 1; slot < options_.size(); ++slot)
        options_[slot].change += leave + clustering_.activation_change(node, options_[slot].label);
    return options_;
}

NodeMoves::Move NodeMoves::best(Index node) {
    Move best{clustering_.label(node), -tolerance};
    for (const Move& option : options(node))
        if (option.change < best.change)
            best = option;
    return best;
}

bool NodeMoves::descend(std::vector<Index> queue, Budget& budget) {
    bool improved = false;
    std::fill(queued_.begin(), queued_.end(), false);
    for (const Index node : queue)
        queued_[node] = true;
    for (std::size_t position = 0; position < queue.size(); ++position) {
        if (position % 1024 == 0 && budget.exhausted())
            break;
        const Index node = queue[position];
        queued_[node] = false;
        const Move move = best(node);
        budget.spend(static_cast<double>(clustering_.problem().graph.arcs(node).size()));
        if (move.label == clustering_.label(node))
            continue;
        clustering_.move(node, move.label);
        improved = true;
        for (const Arc& arc : clustering_.problem().graph.arcs(node))
            if (!queued_[arc.to]) {
                queued_[arc.to] = true;
                queue.push_back(arc.to);
            }
    }
    return improved;
}

}  // namespace multicut
