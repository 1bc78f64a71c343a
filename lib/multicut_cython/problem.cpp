#include "problem.hpp"

#include <numeric>

namespace multicut {

Labels each_alone(Index nodes) {
    Labels labels(nodes);
    std::iota(labels.begin(), labels.end(), 0);
    return labels;
}

double cost(const Problem& problem, const Labels& labels) {
    std::vector<Index> size(problem.nodes(), 0);
    for (const Index label : labels)
        ++size[label];
    double total = 0;
    for (Index node = 0; node < problem.nodes(); ++node) {
        if (size[labels[node]] > 1)
            total += problem.activation[node];
        for (const Arc& arc : problem.graph.arcs(node))
            if (arc.to < node && labels[arc.to] == labels[node])
                total += arc.cost;
    }
    return total;
}

Problem contracted(const Problem& problem, const Labels& labels, Index clusters) {
    std::vector<Index> size(clusters, 0);
    std::vector<double> activation(clusters, 0.0);
    std::vector<Edge> edges;
    for (Index node = 0; node < problem.nodes(); ++node) {
        const Index cluster = labels[node];
        activation[cluster] = ++size[cluster] == 1 ? problem.activation[node] : 0.0;
        for (const Arc& arc : problem.graph.arcs(node))
            if (arc.to < node && labels[arc.to] != cluster)
                edges.push_back({cluster, labels[arc.to], arc.cost});
    }
    return {Graph(clusters, simplified(clusters, std::move(edges), Parallel::add)), std::move(activation)};
}

Labels composed(const Labels& clusters, const Labels& labels_of_clusters) {
    Labels labels(clusters.size());
    for (std::size_t node = 0; node < clusters.size(); ++node)
        labels[node] = labels_of_clusters[clusters[node]];
    return labels;
}

void split_into_pieces(const Problem& problem, Labels& labels) {
    UnionFind pieces(problem.nodes());
    for (Index node = 0; node < problem.nodes(); ++node)
        for (const Arc& arc : problem.graph.arcs(node))
            if (arc.to < node && arc.cost < 0 && labels[arc.to] == labels[node])
                pieces.unite(node, arc.to);
    labels = pieces.roots();
    renumber(labels);
}

}  // namespace multicut
