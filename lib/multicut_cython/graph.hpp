// Undirected weighted graphs and the few operations on them that the solver is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace multicut {

using Index = std::int32_t;

struct Edge {
    Index a, b;
    double cost;
};

struct Arc {
    Index to;
    Index edge;  // its place in the list of edges that the graph was made of
    double cost;
};

// Adjacency lists in one array; every edge is there twice, once from each end. Neighbours are sorted.
class Graph {
public:
    struct Arcs {
        const Arc *first, *last;

        const Arc* begin() const { return first; }
        const Arc* end() const { return last; }
        std::size_t size() const { return last - first; }
        const Arc& operator[](std::size_t position) const { return first[position]; }
    };

    Graph() : offsets_(1, 0) {}
    // `edges` are sorted by (a, b), a < b, and hold every pair at most once.
    Graph(Index nodes, const std::vector<Edge>& edges);

    Index nodes() const { return static_cast<Index>(offsets_.size()) - 1; }
    Index edges() const { return static_cast<Index>(arcs_.size() / 2); }
    std::size_t arcs() const { return arcs_.size(); }
    Arcs arcs(Index node) const { return {arcs_.data() + offsets_[node], arcs_.data() + offsets_[node + 1]}; }

private:
    std::vector<std::size_t> offsets_;
    std::vector<Arc> arcs_;
};

class UnionFind {
public:
    explicit UnionFind(Index elements);
    Index find(Index element);
    std::vector<Index> roots();  // of all elements
    // The set of `first` takes in the set of `second` and keeps its root.
    void unite(Index first, Index second) { parent_[find(second)] = find(first); }

private:
    std::vector<Index> parent_;
};

// What becomes of several edges between the same two nodes.
enum class Parallel { last_wins, add };

// Sorts edges by (a, b) with a < b, makes one of parallel ones and drops self edges. Linear time.
std::vector<Edge> simplified(Index nodes, std::vector<Edge> edges, Parallel parallel);

// Renumbers arbitrary labels within 0..size-1 to 0, 1, ... in the order of first appearance; returns their number.
Index renumber(std::vector<Index>& labels);

}  // namespace multicut
