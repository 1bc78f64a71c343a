#include "graph.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace multicut {

namespace {

// Stable counting sort by one end of the edges.
std::vector<Edge> sorted_by(Index Edge::*end, Index nodes, const std::vector<Edge>& edges) {
    std::vector<std::size_t> position(nodes + std::size_t(1), 0);
    for (const Edge& edge : edges)
        ++position[edge.*end + 1];
    std::partial_sum(position.begin(), position.end(), position.begin());
    std::vector<Edge> sorted(edges.size());
    for (const Edge& edge : edges)
        sorted[position[edge.*end]++] = edge;
    return sorted;
}

bool is_sorted(const std::vector<Edge>& edges) {
    return std::is_sorted(edges.begin(), edges.end(), [](const Edge& left, const Edge& right) {
        return std::make_pair(left.a, left.b) < std::make_pair(right.a, right.b);
    });
}

}  // namespace

Graph::Graph(Index nodes, const std::vector<Edge>& edges)
    : offsets_(nodes + std::size_t(1), 0), arcs_(2 * edges.size()) {
    for (const Edge& edge : edges) {
        ++offsets_[edge.a + 1];
        ++offsets_[edge.b + 1];
    }
    std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
    std::vector<std::size_t> position(offsets_.begin(), offsets_.end() - 1);
    for (Index i = 0; i < this->edges(); ++i) {
        arcs_[position[edges[i].a]++] = {edges[i].b, i, edges[i].cost};
        arcs_[position[edges[i].b]++] = {edges[i].a, i, edges[i].cost};
    }
}

UnionFind::UnionFind(Index elements) : parent_(elements) {
    std::iota(parent_.begin(), parent_.end(), 0);
}

Index UnionFind::find(Index element) {
    while (parent_[element] != element)
        element = parent_[element] = parent_[parent_[element]];
    return element;
}

std::vector<Index> UnionFind::roots() {
    for (Index& parent : parent_)
        parent = find(parent);
    return parent_;
}

std::vector<Edge> simplified(Index nodes, std::vector<Edge> edges, Parallel parallel) {
    for (Edge& edge : edges)
        if (edge.a > edge.b)
            std::swap(edge.a, edge.b);
    if (!is_sorted(edges))
        edges = sorted_by(&Edge::a, nodes, sorted_by(&Edge::b, nodes, edges));
    std::size_t size = 0;
    for (const Edge& edge : edges) {
        if (edge.a == edge.b)
            continue;
        const bool repeated = size && edges[size - 1].a == edge.a && edges[size - 1].b == edge.b;
        if (!repeated)
            edges[size++] = edge;
        else if (parallel == Parallel::add)
            edges[size - 1].cost += edge.cost;
        else
            edges[size - 1].cost = edge.cost;
    }
    edges.resize(size);
    return edges;
}

Index renumber(std::vector<Index>& labels) {
    std::vector<Index> number(labels.size(), -1);
    Index count = 0;
    for (Index& label : labels) {
        if (number[label] < 0)
            number[label] = count++;
        label = number[label];
    }
    return count;
}

}  // namespace multicut
