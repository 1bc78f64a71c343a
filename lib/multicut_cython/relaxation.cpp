#include "relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace multicut {

namespace {

// The cost of a node that is joined to none: it may still be active.
double alone(double active) { return std::min(0.0, active); }

// The five ways to cluster the nodes of a triangle: none, the ends of edge 0, 1 or 2, all.
struct Cases {
    double none, edge[3], all;

    template <class Triangle>
    explicit Cases(const Triangle& t) {
        const double* active = t.active;
        none = alone(active[0]) + alone(active[1]) + alone(active[2]);
        edge[0] = t.joined[0] + active[0] + active[1] + alone(active[2]);
        edge[1] = t.joined[1] + active[0] + active[2] + alone(active[1]);
        edge[2] = t.joined[2] + active[1] + active[2] + alone(active[0]);
        all = t.joined[0] + t.joined[1] + t.joined[2] + active[0] + active[1] + active[2];
    }

    double best() const { return std::min({none, edge[0], edge[1], edge[2], all}); }

    // Best case with edge `k` joined minus best case with it cut.
    double joined_minus_cut(int k) const {
        return std::min(edge[k], all) - std::min({none, edge[(k + 1) % 3], edge[(k + 2) % 3]});
    }

    // Best case with node `i` active minus best case with it not active, given what it costs to be active.
    double active_minus_not(int i, double active) const {
        const int opposite = 2 - i;
        const double without = std::min(none, edge[opposite]) - alone(active);
        return std::min({without + active, edge[(opposite + 1) % 3], edge[(opposite + 2) % 3], all}) - without;
    }
};

// Moves a part of the price difference from a small problem to the variable that it is the price difference of.
void shift(double& share, double& variable, double amount) {
    share -= amount;
    variable += amount;
}

// The key of a pair in a hash table.
std::uint64_t pair_key(Index first, Index second) {
    return static_cast<std::uint64_t>(first) << 32 | static_cast<std::uint32_t>(second);
}

void take_all(double& share, double& variable) { shift(variable, share, variable); }

}  // namespace

Relaxation::Relaxation(const Problem& problem)
    : problem_(&problem), cost_(problem.graph.edges()), activation_(problem.activation) {
    for (Index node = 0; node < problem.nodes(); ++node) {
        activates_.push_back(activation_[node] > 0);
        for (const Arc& arc : problem.graph.arcs(node)) {
            if (arc.to < node)
                continue;
            cost_[arc.edge] = arc.cost;
            if (arc.cost < 0 && (activation_[node] > 0 || activation_[arc.to] > 0))
                pairs_.push_back({{node, arc.to}, arc.edge});
        }
    }
}

Index Relaxation::edge_between(Index a, Index b) const {
    const auto arcs = problem_->graph.arcs(a);
    const auto by_node = [](const Arc& arc, Index node) { return arc.to < node; };
    const Arc* found = std::lower_bound(arcs.begin(), arcs.end(), b, by_node);
    if (found != arcs.end() && found->to == b)
        return found->edge;
    const Index* chord = chord_index_.find(pair_key(std::min(a, b), std::max(a, b)));
    return chord ? *chord : -1;
}

UnionFind Relaxation::joined_below(double cost) const {
    UnionFind parts(problem_->nodes());
    for (Index node = 0; node < problem_->nodes(); ++node)
        for (const Arc& arc : problem_->graph.arcs(node))
            if (cost_[arc.edge] < cost)
                parts.unite(node, arc.to);
    return parts;
}

Index Relaxation::edge_or_chord(Index a, Index b) {
    const Index found = edge_between(a, b);
    if (found >= 0)
        return found;
    chord_index_.insert(pair_key(std::min(a, b), std::max(a, b)), edges());
    cost_.push_back(0.0);
    return edges() - 1;
}

Relaxation::Triangle& Relaxation::triangle_of(Index a, Index b, Index c) {
    Index node[3] = {a, b, c};
    std::sort(node, node + 3);
    const Index first = edge_or_chord(node[0], node[1]);
    const Index place = triangle_index_.insert(pair_key(first, node[2]), static_cast<Index>(triangles_.size()));
    if (place == static_cast<Index>(triangles_.size()))
        triangles_.push_back({{node[0], node[1], node[2]},
                              {first, edge_or_chord(node[0], node[2]), edge_or_chord(node[1], node[2])}});
    return triangles_[place];
}

void Relaxation::pack_cycle(const std::vector<Index>& path, double amount) {
    const auto move = [&](Triangle& triangle, Index a, Index b, double cost) {
        const Index edge = edge_between(a, b);
        const int k = static_cast<int>(std::find(triangle.edge, triangle.edge + 3, edge) - triangle.edge);
        shift(cost_[edge], triangle.joined[k], cost);
    };
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        Triangle& triangle = triangle_of(path[0], path[i], path[i + 1]);
        move(triangle, path[0], path[i], -amount);
        move(triangle, path[i], path[i + 1], -amount);
        move(triangle, path[0], path[i + 1], amount);
    }
}

// The order and the fractions are those of Abbas and Swoboda, "RAMA: a rapid multicut algorithm on GPU", CVPR 2022.
void Relaxation::pass_messages(Triangle& t) {
    for (int i = 0; i < 3; ++i) {
        take_all(t.joined[i], cost_[t.edge[i]]);
        if (activates_[t.node[i]])
            take_all(t.active[i], activation_[t.node[i]]);
    }
    for (int i = 0; i < 3; ++i)
        if (activates_[t.node[i]])
            shift(t.active[i], activation_[t.node[i]], Cases(t).active_minus_not(i, t.active[i]));
    const auto give_edge = [&](int k, double fraction) {
        shift(t.joined[k], cost_[t.edge[k]], fraction * Cases(t).joined_minus_cut(k));
    };
    give_edge(0, 1.0 / 3);
    give_edge(1, 1.0 / 2);
    give_edge(2, 1.0);
    give_edge(0, 1.0 / 2);
    give_edge(1, 1.0);
    give_edge(0, 1.0);
}

void Relaxation::pass_messages(Pair& p) {
    take_all(p.joined, cost_[p.edge]);
    const auto joined = [&] { return p.joined + p.active[0] + p.active[1]; };
    for (int i = 0; i < 2; ++i)
        take_all(p.active[i], activation_[p.node[i]]);
    for (int i = 0; i < 2; ++i) {
        const double other = alone(p.active[1 - i]);
        shift(p.active[i], activation_[p.node[i]], std::min(joined(), p.active[i] + other) - other);
    }
    shift(p.joined, cost_[p.edge], joined() - alone(p.active[0]) - alone(p.active[1]));
}

template <class Pass>
void Relaxation::pass_over_all(const Deadline& deadline, Pass pass) {
    for (Pair& pair : pairs_)
        pass(pair);
    constexpr std::size_t between_looks_at_the_clock = 512;
    for (std::size_t i = 0; i < triangles_.size(); ++i) {
        if (i % between_looks_at_the_clock == 0 && deadline.passed())
            return;
        pass(triangles_[i]);
    }
}

void Relaxation::pass_messages(const Deadline& deadline) {
    pass_over_all(deadline, [this](auto& problem) { pass_messages(problem); });
}

double Relaxation::bound() const {
    double sum = 0;
    for (const double cost : cost_)
        sum += std::min(0.0, cost);
    for (const double cost : activation_)
        sum += std::min(0.0, cost);
    for (const Triangle& triangle : triangles_)
        sum += Cases(triangle).best();
    for (const Pair& pair : pairs_)
        sum += std::min(pair.joined + pair.active[0] + pair.active[1], alone(pair.active[0]) + alone(pair.active[1]));
    return sum;
}

double Relaxation::bound_after(int rounds, const Deadline& deadline) {
    auto before = std::make_tuple(cost_, activation_, triangles_, pairs_);
    for (int round = 0; round < rounds; ++round)
        pass_messages(deadline);
    const double reached = bound();
    std::tie(cost_, activation_, triangles_, pairs_) = std::move(before);
    return reached;
}

std::vector<Rise> Relaxation::rises() const {
    std::vector<Rise> rises(edges());
    const auto add = [&](Index edge, double joined_minus_cut) {
        rises[edge].joined += std::max(0.0, joined_minus_cut);
        rises[edge].cut += std::max(0.0, -joined_minus_cut);
    };
    for (Index edge = 0; edge < edges(); ++edge)
        add(edge, cost_[edge]);
    for (const Triangle& triangle : triangles_)
        for (int k = 0; k < 3; ++k)
            add(triangle.edge[k], Cases(triangle).joined_minus_cut(k));
    for (const Pair& pair : pairs_)
        add(pair.edge, pair.joined + pair.active[0] + pair.active[1] - alone(pair.active[0]) - alone(pair.active[1]));
    return rises;
}

namespace {

// From here on the smoothed dual.

// exp(-cost / temperature), within limits that a product of six can bear.
double weight(double cost, double temperature) {
    return std::exp(std::max(-100.0, std::min(100.0, -cost / temperature)));
}

// Sums over the five ways to cluster a triangle (see Cases) of products of weights.
class SoftCases {
public:
    SoftCases(const double* joined, const double* active, const bool* activates, double temperature)
        : temperature_(temperature) {
        for (int i = 0; i < 3; ++i) {
            joined_[i] = weight(joined[i], temperature);
            set_active(i, active[i], activates[i]);
        }
    }

    void set_joined(int k, double cost) { joined_[k] = weight(cost, temperature_); }

    void set_active(int i, double cost, bool activates) {
        active_[i] = activates ? weight(cost, temperature_) : 1.0;
        alone_[i] = activates ? 1.0 + active_[i] : 1.0;
    }

    double joined_minus_cut(int k) const {
        return -temperature_ * std::log((edge(k) + all()) / (none() + edge((k + 1) % 3) + edge((k + 2) % 3)));
    }

    double active_minus_not(int i) const {
        const int opposite = 2 - i;
        const double without = (none() + edge(opposite)) / alone_[i];
        const double with = without * active_[i] + edge((opposite + 1) % 3) + edge((opposite + 2) % 3) + all();
        return -temperature_ * std::log(with / without);
    }

private:
    double none() const { return alone_[0] * alone_[1] * alone_[2]; }
    double all() const { return joined_[0] * joined_[1] * joined_[2] * active_[0] * active_[1] * active_[2]; }
    double edge(int k) const {
        const int other = 2 - k;
        return joined_[k] * active_[(other + 1) % 3] * active_[(other + 2) % 3] * alone_[other];
    }

    double temperature_, joined_[3], active_[3], alone_[3];
};

// Makes a variable and a small problem agree: their price differences become equal, which maximises the smoothed dual
// over this one message.
void agree(double& share, double& variable, double difference) {
    shift(share, variable, (difference - variable) / 2);
}

double probability(double cost, double temperature) { return 1.0 / (1.0 + std::exp(cost / temperature)); }

}  // namespace

void Relaxation::pass_soft_messages(Triangle& t, double temperature) {
    const bool activates[3] = {!!activates_[t.node[0]], !!activates_[t.node[1]], !!activates_[t.node[2]]};
    SoftCases cases(t.joined, t.active, activates, temperature);
    for (int i = 0; i < 3; ++i)
        if (activates[i]) {
            agree(t.active[i], activation_[t.node[i]], cases.active_minus_not(i));
            cases.set_active(i, t.active[i], true);
        }
    for (int k = 0; k < 3; ++k) {
        agree(t.joined[k], cost_[t.edge[k]], cases.joined_minus_cut(k));
        cases.set_joined(k, t.joined[k]);
    }
}

void Relaxation::pass_soft_messages(Pair& p, double temperature) {
    double active[2] = {weight(p.active[0], temperature), weight(p.active[1], temperature)};
    const double joined = weight(p.joined, temperature);
    for (int i = 0; i < 2; ++i) {
        const double with = active[i] * (joined * active[1 - i] + 1 + active[1 - i]);
        agree(p.active[i], activation_[p.node[i]], -temperature * std::log(with / (1 + active[1 - i])));
        active[i] = weight(p.active[i], temperature);
    }
    const double odds = joined * active[0] * active[1] / ((1 + active[0]) * (1 + active[1]));
    agree(p.joined, cost_[p.edge], -temperature * std::log(odds));
}

void Relaxation::pass_soft_messages(double temperature, const Deadline& deadline) {
    pass_over_all(deadline, [&](auto& problem) { pass_soft_messages(problem, temperature); });
}

double Relaxation::joined(Index edge, double temperature) const { return probability(cost_[edge], temperature); }

double Relaxation::active(Index node, double temperature) const {
    return activates_[node] ? probability(activation_[node], temperature) : 1.0;
}

}  // namespace multicut
