#include "problem.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

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

void Part::improve(const Labels& other, double other_bound) {
    if (cost(problem, other) < cost(problem, labels))
        labels = other;
    bound = std::max(bound, other_bound);
}

namespace {

double magnitude(const std::vector<double>& unary, const std::vector<Edge>& edges) {
    double largest = 0;
    for (const double cost : unary)
        largest = std::max(largest, std::abs(cost));
    for (const Edge& edge : edges)
        largest = std::max(largest, std::abs(edge.cost));
    return largest;
}

std::string pair_name(std::pair<Index, Index> pair) {
    return "(" + std::to_string(pair.first) + ", " + std::to_string(pair.second) + ")";
}

}  // namespace

Instance::Instance(std::vector<double> unary, std::vector<Edge> edges, const Constraints& constraints)
    : unary_(std::move(unary)),
      edges_(simplified(static_cast<Index>(unary_.size()), std::move(edges), Parallel::last_wins)) {
    const double largest = magnitude(unary_, edges_);
    scale_ = largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
    merge(constraints);
    make_parts(merged_edges(constraints));
}

void Instance::merge(const Constraints& constraints) {
    UnionFind joined(static_cast<Index>(unary_.size()));
    for (const auto& pair : constraints.must_join)
        joined.unite(pair.first, pair.second);
    merged_ = joined.roots();
    const Index count = renumber(merged_);

    merged_unary_.assign(count, 0.0);
    kept_.assign(count, !constraints.allow_suppression);
    for (std::size_t node = 0; node < unary_.size(); ++node)
        merged_unary_[merged_[node]] += unary_[node];
    for (const Index node : constraints.must_keep)
        kept_[merged_[node]] = true;
    for (const auto& pair : constraints.must_join)
        kept_[merged_[pair.first]] = true;
    for (Index node = 0; node < count; ++node)
        constant_ += kept_[node] ? merged_unary_[node] : std::min(merged_unary_[node], 0.0);
}

std::vector<Edge> Instance::merged_edges(const Constraints& constraints) {
    std::vector<Edge> merged;
    merged.reserve(edges_.size());
    double unaffordable = 1;
    for (const Edge& edge : edges_) {
        const Index a = merged_[edge.a], b = merged_[edge.b];
        unaffordable += std::abs(edge.cost / scale_);
        if (a == b)
            constant_ += edge.cost;
        else
            merged.push_back({a, b, edge.cost / scale_});
    }
    for (const auto& pair : constraints.must_cut) {
        if (merged_[pair.first] == merged_[pair.second])
            throw std::invalid_argument("the pair " + pair_name(pair) +
                                        " must be cut, but must_join puts both in one cluster");
        merged.push_back({merged_[pair.first], merged_[pair.second], unaffordable});
    }
    return simplified(static_cast<Index>(merged_unary_.size()), std::move(merged), Parallel::add);
}

void Instance::make_parts(const std::vector<Edge>& edges) {
    const Index nodes = static_cast<Index>(merged_unary_.size());
    UnionFind attracted(nodes);
    for (const Edge& edge : edges)
        if (edge.cost < 0)
            attracted.unite(edge.a, edge.b);
    std::vector<Index> part_of = attracted.roots(), place(nodes);
    parts_.resize(renumber(part_of));
    std::vector<std::vector<Edge>> part_edges(parts_.size());
    for (Index node = 0; node < nodes; ++node) {
        Part& part = parts_[part_of[node]];
        place[node] = static_cast<Index>(part.nodes.size());
        part.nodes.push_back(node);
        part.problem.activation.push_back(kept_[node] ? 0.0 : std::max(merged_unary_[node] / scale_, 0.0));
    }
    for (const Edge& edge : edges)
        if (part_of[edge.a] == part_of[edge.b])
            part_edges[part_of[edge.a]].push_back({place[edge.a], place[edge.b], edge.cost});
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        Part& part = parts_[i];
        part.problem.graph = Graph(static_cast<Index>(part.nodes.size()), part_edges[i]);
        part.labels = each_alone(part.problem.nodes());
    }
}

double Instance::bound() const {
    double bound = 0;
    for (const Part& part : parts_)
        bound += part.bound;
    // Where the bound is reached, rounding must not lift it above the objective.
    return std::min(constant_ + scale_ * bound, objective());
}

std::vector<Index> Instance::clusters_of_merged() const {
    std::vector<Index> cluster(merged_unary_.size());
    Index used = 0;
    for (const Part& part : parts_) {
        Labels pieces = part.labels;
        split_into_pieces(part.problem, pieces);
        Index count = 0;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            cluster[part.nodes[i]] = used + pieces[i];
            count = std::max(count, pieces[i] + 1);
        }
        used += count;
    }
    return cluster;
}

std::vector<Index> Instance::labels() const {
    const std::vector<Index> cluster = clusters_of_merged();
    std::vector<Index> size(cluster.size(), 0), number(cluster.size(), -1), labels;
    for (const Index label : cluster)
        ++size[label];
    Index count = 0;
    for (const Index merged : merged_) {
        const bool suppressed = size[cluster[merged]] == 1 && !kept_[merged] && merged_unary_[merged] > 0;
        Index& label = number[cluster[merged]];
        if (!suppressed && label < 0)
            label = count++;
        labels.push_back(suppressed ? -1 : label);
    }
    return labels;
}

double Instance::objective() const {
    const std::vector<Index> label = labels();
    double sum = 0;
    for (std::size_t node = 0; node < unary_.size(); ++node)
        if (label[node] >= 0)
            sum += unary_[node];
    for (const Edge& edge : edges_)
        if (label[edge.a] >= 0 && label[edge.a] == label[edge.b])
            sum += edge.cost;
    return sum;
}

}  // namespace multicut
