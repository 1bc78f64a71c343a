// Random small graphs for the multicut solver, and random score maps for the non-maximum suppression, built with sanitizers
// by solver.sh. Every solution must be what it says of itself; up to `few` nodes it must be the best of all clusterings.
//
//     solver GRAPHS SEED
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <stdexcept>

#include "greedy_nms.hpp"
#include "search.hpp"

using multicut::Constraints;
using multicut::Edge;
using multicut::Index;

constexpr Index most = 12, few = 5;
unsigned long long seed_of_this = 0;

void require(bool holds, const char* what) {
    if (!holds) {
        std::printf("seed %llu: %s\n", seed_of_this, what);
        std::exit(1);
    }
}

struct Graph {
    std::vector<double> unary;
    std::vector<Edge> edges;
    Constraints constraints;
    double size = 0;  // sum of all absolute costs
    double cost[most][most] = {};

    // How much a clustering costs; -1 = suppressed. Infinite where it breaks a constraint.
    double objective(const std::vector<Index>& labels) const {
        double sum = 0;
        for (std::size_t a = 0; a < unary.size(); ++a) {
            if (labels[a] < 0)
                continue;
            sum += unary[a];
            for (std::size_t b = a + 1; b < unary.size(); ++b)
                if (labels[a] == labels[b])
                    sum += cost[a][b];
        }
        return obeys(labels) ? sum : INFINITY;
    }

    bool obeys(const std::vector<Index>& labels) const {
        for (auto [a, b] : constraints.must_join)
            if (labels[a] < 0 || labels[a] != labels[b])
                return false;
        for (auto [a, b] : constraints.must_cut)
            if (labels[a] >= 0 && labels[a] == labels[b])
                return false;
        for (Index node : constraints.must_keep)
            if (labels[node] < 0)
                return false;
        return constraints.allow_suppression || std::find(labels.begin(), labels.end(), -1) == labels.end();
    }

    double best(std::vector<Index>& labels, Index clusters = 0) const {
        if (labels.size() == unary.size())
            return objective(labels);
        double found = INFINITY;
        for (Index label = -1; label <= clusters; ++label) {
            labels.push_back(label);
            found = std::min(found, best(labels, std::max(clusters, label + 1)));
            labels.pop_back();
        }
        return found;
    }
};

template <class Random>
Graph random_graph(Random& random) {
    auto below = [&](int count) { return static_cast<int>(random() % count); };
    const double scales[] = {0.5, 2, 2, 2, 1e-12, 1e6, 1e290};
    const double scale = scales[below(7)];
    const bool whole = below(3) == 0;  // whole numbers tie, and are often 0
    std::normal_distribution<double> normal;
    auto cost = [&] { return scale * (whole ? std::round(normal(random)) : normal(random)); };
    Graph graph;
    const Index nodes = 1 + below(most);
    for (Index node = 0; node < nodes; ++node)
        graph.unary.push_back(cost());
    for (int left = below(nodes * (nodes + 1) / 2 + 2); left; --left) {
        Edge edge{below(nodes), below(nodes), cost()};
        graph.edges.push_back(edge);
        graph.cost[edge.a][edge.b] = graph.cost[edge.b][edge.a] = edge.cost;
    }
    if (below(3) == 0) {
        for (int left = below(3); left; --left)
            graph.constraints.must_join.push_back({below(nodes), below(nodes)});
        for (int left = nodes > 1 ? below(3) : 0; left; --left) {
            const Index a = below(nodes), b = (a + 1 + below(nodes - 1)) % nodes;  // a node and itself cannot be cut
            graph.constraints.must_cut.push_back({a, b});
        }
        for (int left = below(3); left; --left)
            graph.constraints.must_keep.push_back(below(nodes));
        graph.constraints.allow_suppression = below(2);
    }
    for (double value : graph.unary)
        graph.size += std::abs(value);
    for (const Edge& edge : graph.edges)
        graph.size += std::abs(edge.cost);
    return graph;
}

bool canonical(const std::vector<Index>& labels) {
    Index next = 0;
    for (Index label : labels) {
        if (label < -1 || label > next)
            return false;
        next += label == next;
    }
    return true;
}

template <class Random>
bool try_graph(Random& random) {
    const Graph graph = random_graph(random);
    const bool small = static_cast<Index>(graph.unary.size()) <= few;
    std::vector<Index> none;
    try {
        multicut::Instance instance(graph.unary, graph.edges, graph.constraints);
        multicut::Options options;
        options.effort = random() % 4 == 0 ? 0 : 1;
        options.seed = random();
        multicut::solve(instance, options, -1);
        const std::vector<Index> labels = instance.labels();
        const double rounding = 1e-9 * graph.size, objective = graph.objective(labels);
        require(labels.size() == graph.unary.size() && canonical(labels), "the labels are no clustering");
        require(graph.obeys(labels), "a constraint is broken");
        require(std::abs(objective - instance.objective()) <= rounding, "the objective is not that of the labels");
        require(instance.bound() <= objective + rounding, "the bound is above the objective");
        if (small) {
            const double best = graph.best(none);
            require(instance.bound() <= best + rounding, "the bound is above the optimum");
            require(options.effort == 0 || objective <= best + rounding, "it is not the optimum");
        }
        if (options.effort > 0)
            require(instance.bound() >= objective - rounding, "a small graph is not proven");
    } catch (const std::invalid_argument&) {
        require(!small || std::isinf(graph.best(none)), "constraints that can be obeyed are refused");
    }
    return small;
}

template <class Random>
void try_map(Random& random) {
    auto below = [&](int count) { return static_cast<int>(random() % count); };
    const int rows = 1 + below(12), columns = 1 + below(12), high = 2 * below(3) + 1, wide = 2 * below(3) + 1;
    std::vector<float> scores(rows * columns);
    for (float& score : scores)
        score = below(20) ? below(10) / 10.0f : below(2) ? INFINITY : -INFINITY;
    std::vector<std::uint8_t> footprint(high * wide);
    for (auto& cell : footprint)
        cell = below(2);
    const double threshold = below(10) / 10.0;
    const auto kept = nms::keep_maxima({scores.data(), rows, columns}, {footprint.data(), high, wide}, threshold);

    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    std::vector<char> suppressed(scores.size());
    std::vector<std::int64_t> expected;
    for (int cell : order) {
        if (suppressed[cell] || scores[cell] < threshold)
            continue;
        expected.push_back(cell);
        for (int other = 0; other < rows * columns; ++other) {
            const int down = other / columns - cell / columns + high / 2, right = other % columns - cell % columns + wide / 2;
            if (down >= 0 && down < high && right >= 0 && right < wide && footprint[down * wide + right])
                suppressed[other] = 1;
        }
    }
    require(kept == expected, "the maxima are not those of the definition");
}

int main(int, char** arguments) {
    const unsigned long long graphs = std::strtoull(arguments[1], nullptr, 10), first = std::strtoull(arguments[2], nullptr, 10);
    unsigned long long compared = 0;
    for (seed_of_this = first; seed_of_this < first + graphs; ++seed_of_this) {
        if ((seed_of_this - first) % 10000 == 0)
            std::fprintf(stderr, "\r%llu of %llu graphs", seed_of_this - first, graphs);
        std::mt19937_64 random(seed_of_this);
        compared += try_graph(random);
        try_map(random);
    }
    std::printf("\n%llu graphs, %llu of them against all clusterings, and as many score maps: no findings\n", graphs, compared);
}
