#include "small.hpp"

#include <vector>

namespace multicut {

namespace {

using Set = std::uint32_t;  // of nodes, one bit each

Index first_node(Set set) { return __builtin_ctz(set); }
bool is_single(Set set) { return (set & (set - 1)) == 0; }

// The cost of each set of nodes as a cluster.
std::vector<double> costs_of_sets(const Problem& problem) {
    const Set sets = Set(1) << problem.nodes();
    std::vector<double> edges(sets, 0.0), activation(sets, 0.0), cost(sets, 0.0);
    for (Set set = 1; set < sets; ++set) {
        const Index node = first_node(set);
        const Set rest = set & (set - 1);
        edges[set] = edges[rest];
        for (const Arc& arc : problem.graph.arcs(node))
            if (rest >> arc.to & 1)
                edges[set] += arc.cost;
        activation[set] = activation[rest] + problem.activation[node];
        cost[set] = is_single(set) ? 0.0 : edges[set] + activation[set];
    }
    return cost;
}

}  // namespace

Labels optimal_clustering(const Problem& problem) {
    const Set sets = Set(1) << problem.nodes();
    const std::vector<double> cost = costs_of_sets(problem);
    std::vector<double> best(sets, 0.0);
    std::vector<Set> cluster_of_first(sets, 0);
    for (Set set = 1; set < sets; ++set) {
        const Set rest = set & (set - 1), first = set ^ rest;
        best[set] = best[rest];
        cluster_of_first[set] = first;
        for (Set others = rest; others; others = (others - 1) & rest) {
            const double total = cost[first | others] + best[rest ^ others];
            if (total < best[set] - tolerance) {
                best[set] = total;
                cluster_of_first[set] = first | others;
            }
        }
    }
    Labels labels(problem.nodes());
    for (Set left = sets - 1; left; left ^= cluster_of_first[left])
        for (Set cluster = cluster_of_first[left]; cluster; cluster &= cluster - 1)
            labels[first_node(cluster)] = first_node(left);
    return labels;
}

}  // namespace multicut
