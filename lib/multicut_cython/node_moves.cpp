#include "node_moves.hpp"

namespace multicut {

NodeMoves::NodeMoves(Clustering& clustering)
    : clustering_(clustering), slot_(clustering.problem().nodes(), 0) {}

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

Index NodeMoves::best_label(Index node) {
    Move best{clustering_.label(node), -tolerance};
    for (const Move& option : options(node))
        if (option.change < best.change)
            best = option;
    return best.label;
}

void NodeMoves::descend(Budget& budget) {
    const Graph& graph = clustering_.problem().graph;
    std::vector<Index> queue = each_alone(graph.nodes());
    std::vector<char> queued(graph.nodes(), true);
    for (std::size_t position = 0; position < queue.size(); ++position) {
        if (position % 1024 == 0 && budget.exhausted())
            break;
        const Index node = queue[position];
        queued[node] = false;
        budget.spend(static_cast<double>(graph.arcs(node).size()));
        const Index label = best_label(node);
        if (label == clustering_.label(node))
            continue;
        clustering_.move(node, label);
        for (const Arc& arc : graph.arcs(node))
            if (!queued[arc.to]) {
                queued[arc.to] = true;
                queue.push_back(arc.to);
            }
    }
}

}  // namespace multicut
