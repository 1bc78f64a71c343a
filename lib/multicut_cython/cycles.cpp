#include "cycles.hpp"

#include <algorithm>
#include <iterator>
#include <queue>

namespace multicut {

namespace {

// How many nodes the search for one path may reach.
constexpr std::size_t search_limit = 300;

// Costs and violations below these are not worth a cycle.
constexpr double least_cost = 1e-5;
constexpr double least_violation = 0.2;

// Paths from one node, by breadth first search over what is left of the attraction.
class AttractivePaths {
public:
    AttractivePaths(const Problem& problem, const Relaxation& relaxation, Budget& budget)
        : problem_(problem), relaxation_(relaxation), budget_(budget), came_from_(problem.nodes(), -1) {}

    // A path with the fewest edges, from target to source; empty if none is found.
    std::vector<Index> find(Index source, Index target) {
        std::vector<Index> reached = {source};
        came_from_[source] = source;
        for (std::size_t next = 0; next < reached.size() && reached.size() < search_limit; ++next) {
            if (came_from_[target] >= 0)
                break;
            reach_neighbours(reached[next], reached);
        }
        std::vector<Index> path;
        if (came_from_[target] >= 0) {
            for (Index node = target; node != source; node = came_from_[node])
                path.push_back(node);
            path.push_back(source);
        }
        for (const Index node : reached)
            came_from_[node] = -1;
        return path;
    }

private:
    void reach_neighbours(Index node, std::vector<Index>& reached) {
        const auto arcs = problem_.graph.arcs(node);
        budget_.spend(static_cast<double>(arcs.size()));
        for (const Arc& arc : arcs)
            if (relaxation_.cost(arc.edge) < -least_cost && came_from_[arc.to] < 0) {
                came_from_[arc.to] = node;
                reached.push_back(arc.to);
            }
    }

    const Problem& problem_;
    const Relaxation& relaxation_;
    Budget& budget_;
    std::vector<Index> came_from_;
};

// Shortest paths from one node in the metric l, over attractive edges, up to a length (Dijkstra).
class MetricPaths {
public:
    MetricPaths(const Problem& problem, const Relaxation& relaxation, double temperature)
        : problem_(problem), lengths_(problem.graph.edges()), distance_(problem.nodes(), unreached),
          came_from_(problem.nodes(), -1) {
        std::vector<double> active(problem.nodes());
        for (Index node = 0; node < problem.nodes(); ++node)
            active[node] = relaxation.active(node, temperature);
        for (Index node = 0; node < problem.nodes(); ++node)
            for (const Arc& arc : problem.graph.arcs(node))
                if (arc.to < node)
                    lengths_[arc.edge] = std::max(
                        0.0, (active[node] + active[arc.to]) / 2 - relaxation.joined(arc.edge, temperature));
    }

    double length(Index edge) const { return lengths_[edge]; }

    // Finds all nodes nearer than `longest`.
    void search(Index source, double longest, Budget& budget) {
        for (const Index node : touched_)
            distance_[node] = unreached;
        touched_.clear();
        queue_ = {};
        offer(source, source, 0.0);
        for (std::size_t settled = 0; !queue_.empty() && settled < search_limit; ++settled) {
            const auto nearest = queue_.top();
            queue_.pop();
            if (nearest.first <= distance_[nearest.second])
                reach_neighbours(nearest.second, longest, budget);
        }
    }

    double distance(Index node) const { return distance_[node]; }

    std::vector<Index> path_to(Index node) const {
        std::vector<Index> path = {node};
        while (came_from_[node] != node)
            path.push_back(node = came_from_[node]);
        return path;
    }

private:
    static constexpr double unreached = 1e9;

    void reach_neighbours(Index node, double longest, Budget& budget) {
        const auto arcs = problem_.graph.arcs(node);
        budget.spend(static_cast<double>(arcs.size()));
        for (const Arc& arc : arcs) {
            const double distance = distance_[node] + lengths_[arc.edge];
            if (arc.cost < 0 && distance < longest && distance < distance_[arc.to])
                offer(arc.to, node, distance);
        }
    }

    void offer(Index node, Index from, double distance) {
        if (distance_[node] == unreached)
            touched_.push_back(node);
        distance_[node] = distance;
        came_from_[node] = from;
        queue_.push({distance, node});
    }

    using Entry = std::pair<double, Index>;
    const Problem& problem_;
    std::vector<double> lengths_;  // of edges
    std::vector<double> distance_;
    std::vector<Index> came_from_, touched_;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> queue_;
};

double attraction_along(const std::vector<Index>& path, const Relaxation& relaxation) {
    double attraction = 1e9;
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        attraction = std::min(attraction, -relaxation.cost(relaxation.edge_between(path[i], path[i + 1])));
    return attraction;
}

}  // namespace

void add_conflicted_triangles(const Problem& problem, Relaxation& relaxation, std::size_t most,
                              const Deadline& deadline) {
    std::vector<std::vector<Index>> attracted(problem.nodes());
    for (Index node = 0; node < problem.nodes(); ++node)
        for (const Arc& arc : problem.graph.arcs(node))
            if (arc.cost < 0)
                attracted[node].push_back(arc.to);
    std::vector<Index> common;
    for (Index node = 0; node < problem.nodes() && !deadline.passed(); ++node)
        for (const Arc& arc : problem.graph.arcs(node))
            if (arc.to < node && arc.cost > 0 && relaxation.triangles() < most) {
                common.clear();
                std::set_intersection(attracted[node].begin(), attracted[node].end(), attracted[arc.to].begin(),
                                      attracted[arc.to].end(), std::back_inserter(common));
                for (const Index middle : common)
                    relaxation.add_triangle(node, middle, arc.to);
            }
}

double pack_conflicted_cycles(const Problem& problem, Relaxation& relaxation, Budget& budget) {
    UnionFind parts = relaxation.joined_below(-least_cost);  // a path can only be within one
    AttractivePaths paths(problem, relaxation, budget);
    double risen = 0;
    for (Index node = 0; node < problem.nodes() && !budget.exhausted(); ++node) {
        for (const Arc& arc : problem.graph.arcs(node)) {
            if (arc.to > node || parts.find(node) != parts.find(arc.to))
                continue;
            while (relaxation.cost(arc.edge) > least_cost) {
                const std::vector<Index> path = paths.find(node, arc.to);
                if (path.empty())
                    break;
                const double amount = std::min(relaxation.cost(arc.edge), attraction_along(path, relaxation));
                relaxation.pack_cycle(path, amount);
                risen += amount;
            }
        }
    }
    return risen;
}

void add_violated_cycles(const Problem& problem, Relaxation& relaxation, double temperature, Budget& budget) {
    MetricPaths paths(problem, relaxation, temperature);
    std::vector<std::pair<Index, double>> repulsive;  // neighbours with the length of the edge
    for (Index node = 0; node < problem.nodes() && !budget.exhausted(); ++node) {
        repulsive.clear();
        double longest = 0;
        for (const Arc& arc : problem.graph.arcs(node)) {
            const double length = paths.length(arc.edge) - least_violation;
            if (arc.to < node && arc.cost > 0 && length > 0) {
                repulsive.push_back({arc.to, length});
                longest = std::max(longest, length);
            }
        }
        if (!repulsive.empty())
            paths.search(node, longest, budget);
        for (const auto& edge : repulsive)
            if (paths.distance(edge.first) < edge.second)
                relaxation.add_cycle(paths.path_to(edge.first));
    }
}

}  // namespace multicut
