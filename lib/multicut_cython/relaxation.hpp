// The dual of the linear relaxation in which triangles are consistent: a lower bound on the cost of every clustering.
//
// Variables are y_e = 1 if the ends of edge e are in one cluster, and k_v = 1 if node v has paid its activation. The
// costs of the variables are shared out among the variables themselves, *triangles* (a, b, c) and *pairs* (a, b): small
// problems whose optima are found by looking at every case. The sum of the optima is a lower bound, whatever the shares
// are; raising it by shifting cost between a variable and the small problems that contain it is the dual block
// coordinate ascent of Swoboda and Andres, "A message passing algorithm for the minimum cost multicut problem", CVPR
// 2017. A clustering puts all, none, or two of a triangle's nodes together; a node that is joined to another is active,
// which gives the inequalities y_ab + y_ac - y_bc <= k_a.
#pragma once

#include <vector>

#include "effort.hpp"
#include "hash_table.hpp"
#include "problem.hpp"

namespace multicut {

class Relaxation {
public:
    explicit Relaxation(const Problem& problem);

    // Edges of the problem first, then chords, of cost 0, that triangles needed.
    Index edges() const { return static_cast<Index>(cost_.size()); }
    // What the edge costs now, after what the triangles and pairs have taken.
    double cost(Index edge) const { return cost_[edge]; }
    Index edge_between(Index a, Index b) const;  // -1 if there is none
    UnionFind joined_below(double cost) const;   // the nodes, joined by all edges of the problem that cost less now

    // Shifts `amount` of attraction and repulsion into the triangles that span a cycle: path[0], path[1], ..., back to
    // path[0] by a repulsive edge. Triangles and chords are made where needed.
    void pack_cycle(const std::vector<Index>& path, double amount);
    void add_cycle(const std::vector<Index>& path) { pack_cycle(path, 0.0); }
    void add_triangle(Index a, Index b, Index c) { triangle_of(a, b, c); }

    // One round of message passing over all triangles and pairs, after which the bound is never lower. Any part of a
    // round is as valid: it stops at the deadline.
    void pass_messages(const Deadline& deadline);

    // The same for the dual smoothed by a temperature: minima become soft minima. In contrast to the exact messages it
    // does not get stuck, and comes close to the best bound of these triangles when the temperature falls slowly; take
    // the bound after some exact messages. The odds of an edge being joined are then exp(-cost(edge) / temperature).
    void pass_soft_messages(double temperature, const Deadline& deadline);
    double joined(Index edge, double temperature) const;  // an approximate optimum of the relaxation, in [0, 1]
    double active(Index node, double temperature) const;

    double bound() const;
    // What bound() would be after this many rounds of messages.
    double bound_after(int rounds, const Deadline& deadline);
    std::size_t triangles() const { return triangles_.size(); }
    // The number of arcs that take about as long to look at as one round of messages.
    double work() const { return 30.0 * triangles_.size() + 10.0 * pairs_.size(); }

    std::vector<Rise> rises() const;  // of bound(); for each edge, then each chord

private:
    using PairIndex = HashTable<std::uint64_t, Index>;

    // A small problem: which of its edges join and which of its nodes are active, at its share of their costs.
    struct Triangle {
        Index node[3];  // ascending
        Index edge[3];  // between nodes (0, 1), (0, 2), (1, 2)
        double joined[3] = {0, 0, 0};
        double active[3] = {0, 0, 0};
    };
    struct Pair {
        Index node[2];
        Index edge;
        double joined = 0;
        double active[2] = {0, 0};
    };

    template <class Pass>
    void pass_over_all(const Deadline& deadline, Pass pass);
    Index edge_or_chord(Index a, Index b);
    Triangle& triangle_of(Index a, Index b, Index c);
    void pass_messages(Triangle& triangle);
    void pass_messages(Pair& pair);
    void pass_soft_messages(Triangle& triangle, double temperature);
    void pass_soft_messages(Pair& pair, double temperature);

    const Problem* problem_;
    std::vector<double> cost_;        // of edges and chords
    std::vector<double> activation_;  // of nodes
    std::vector<char> activates_;     // of nodes: whether the activation was not 0
    PairIndex chord_index_;           // of its two nodes
    PairIndex triangle_index_;        // of its first edge and last node
    std::vector<Triangle> triangles_;
    std::vector<Pair> pairs_;
};

}  // namespace multicut
