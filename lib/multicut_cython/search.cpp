#include "search.hpp"

#include <algorithm>
#include <cmath>

#include "annealing.hpp"
#include "cycles.hpp"
#include "effort.hpp"
#include "greedy.hpp"
#include "local_search.hpp"
#include "relaxation.hpp"

namespace multicut {

namespace {

// Budgets in sweeps: looks at every arc and node. Greedy contraction and local search take as long as 50 to 100.
constexpr double local_search_sweeps = 150;
constexpr double cycle_sweeps = 20;
constexpr std::size_t most_triangles = 1000000;  // a quarter of a gigabyte
constexpr double smoothing_sweeps = 6000;
constexpr double most_smoothing = 3e7;  // arcs, beyond annealing_sweeps: a fifth of a second
constexpr double annealing_sweeps = 900;
constexpr double least_annealing = 2.5e5;  // arcs: a millisecond, for small problems
constexpr int patience = 10;               // rounds of annealing without an improvement
constexpr int sweeps_per_annealing = 100;
constexpr double hot = 0.3, mild = 0.15;

constexpr double closed_gap = 1e-9;

// Smoothing is worth its time where it may close the gap.
constexpr double smoothable_gap = 0.1;
constexpr int smoothing_rounds = 20;   // of messages at a time
constexpr int smoothing_patience = 8;  // times without a smaller gap
// Temperatures in units of the cost per node.
constexpr double first_temperature = 0.02;
constexpr double last_temperature = 0.002;
constexpr double separation_temperature = 0.006;

// Small problems are solved exactly. 3^12 is half a million pairs of a set and a subset: about as long as annealing.
constexpr Index most_small_nodes = 12;

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

// An optimal clustering, by dynamic programming over the sets of nodes: a best clustering of a set consists of the
// cluster of its first node and a best clustering of the rest.
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

// The search for the optimum of one part, whose labels and bound it makes better and better.
class Search {
public:
    Search(Part& part, const Options& options, const Deadline& deadline)
        : part_(part), problem_(part.problem), options_(options), deadline_(deadline), random_(options.seed),
          relaxation_(problem_), cost_(0) {
        part_.labels = each_alone(problem_.nodes());
        part_.bound = relaxation_.bound();
    }

    // Finds a local optimum and a bound; then, while there is a gap and as long as the effort allows, better ones.
    void run();

private:
    double gap() const { return cost_ - part_.bound; }
    bool is_optimal() const { return gap() <= closed_gap * (1 + std::abs(cost_)); }
    // The work of looking at every arc and node once.
    double sweep() const { return static_cast<double>(problem_.graph.arcs() + problem_.nodes()); }
    Budget budget_of(double sweeps) const { return Budget(sweeps * sweep(), deadline_); }

    bool consider(const Labels& labels);  // whether it is better than the best so far
    void start();
    void pass_messages(int rounds);
    void raise_bound();
    void smooth_bound();
    void anneal();

    Part& part_;
    const Problem& problem_;
    const Options& options_;
    const Deadline& deadline_;
    Random random_;
    Relaxation relaxation_;
    double cost_;  // of the part's labels
};

void Search::run() {
    start();
    raise_bound();
    if (options_.effort > 0) {
        if (!is_optimal() && problem_.nodes() <= most_small_nodes) {
            consider(optimal_clustering(problem_));
            part_.bound = cost_;
        }
        if (!is_optimal() && gap() < smoothable_gap * std::abs(cost_))
            smooth_bound();
        if (!is_optimal())
            anneal();
    }
    part_.rises = relaxation_.rises();
    part_.dual_bound = relaxation_.bound();
}

// Greedy contraction pays for activations too early or, without them, too late; descent makes up for much of it.
void Search::start() {
    Budget budget = budget_of(local_search_sweeps);
    consider(descended_further(problem_, contracted_greedily(problem_, Deadline(-1)), budget));
    const Problem without_activation{problem_.graph, std::vector<double>(problem_.nodes(), 0.0)};
    if (without_activation.activation != problem_.activation && !deadline_.passed())
        consider(descended(problem_, contracted_greedily(without_activation, deadline_), budget));
}

bool Search::consider(const Labels& labels) {
    const double cost = multicut::cost(problem_, labels);
    if (cost >= cost_ - tolerance)
        return false;
    part_.labels = labels;
    cost_ = cost;
    return true;
}

void Search::pass_messages(int rounds) {
    for (int round = 0; round < rounds && !deadline_.passed(); ++round)
        relaxation_.pass_messages(deadline_);
    part_.bound = std::max(part_.bound, relaxation_.bound());
}

// Triangles first, then whatever longer cycles they leave.
void Search::raise_bound() {
    Budget budget = budget_of(cycle_sweeps);
    add_conflicted_triangles(problem_, relaxation_, std::min(4 * problem_.graph.arcs(), most_triangles), deadline_);
    pass_messages(10);
    for (int round = 0; round < 2 && !is_optimal() && !budget.exhausted(); ++round) {
        if (pack_conflicted_cycles(problem_, relaxation_, budget) < tolerance)
            break;
        pass_messages(10);
    }
}

// Follows the optimum of the smoothed relaxation to low temperatures. Rounded, it is often an optimal clustering.
void Search::smooth_bound() {
    Budget budget(options_.effort * std::min(smoothing_sweeps * sweep(), annealing_sweeps * sweep() + most_smoothing),
                  deadline_);
    const double unit = -cost_ / problem_.nodes();
    double temperature = first_temperature * unit;
    bool separate = false;
    for (int idle = 0; idle < smoothing_patience && !budget.exhausted() && !is_optimal();) {
        const double gap_before = gap();
        for (int round = 0; round < smoothing_rounds && !deadline_.passed(); ++round)
            relaxation_.pass_soft_messages(temperature, deadline_);
        if (deadline_.passed())
            return;
        budget.spend(smoothing_rounds * relaxation_.work());
        // What is rather joined than cut in the relaxation.
        consider(descended(problem_, relaxation_.joined_below(0.0).roots(), budget));
        part_.bound = std::max(part_.bound, relaxation_.bound_after(3, deadline_));
        if (separate && temperature < separation_temperature * unit)
            add_violated_cycles(problem_, relaxation_, temperature, budget);
        separate = !separate;
        temperature = std::max(temperature / 2, last_temperature * unit);
        idle = gap() < 0.99 * gap_before ? 0 : idle + 1;
    }
    pass_messages(10);
}

// Fuses the best clustering with what annealing makes of it, again and again; hot and mild by turns, since small
// problems gain by the one and large ones by the other.
void Search::anneal() {
    Budget budget(options_.effort * (annealing_sweeps * sweep() + least_annealing), deadline_);
    Budget unlimited(HUGE_VAL, deadline_);
    for (int round = 0, improved = 0; !budget.exhausted() && round < improved + patience; ++round) {
        const double heat = round % 2 ? mild : hot;
        const Labels annealed = multicut::annealed(problem_, part_.labels, heat, sweeps_per_annealing, random_, budget);
        const Labels other = descended(problem_, annealed, unlimited);
        const bool better = multicut::cost(problem_, other) < cost_;
        if (consider(fused(problem_, better ? other : part_.labels, better ? part_.labels : other, unlimited)))
            improved = round;
    }
    Budget last = budget_of(local_search_sweeps);
    consider(descended_further(problem_, part_.labels, last));
}

}  // namespace

void solve(Instance& instance, const Options& options, double seconds) {
    const Deadline deadline(seconds);
    for (Part& part : instance.parts())
        if (part.nodes.size() > 1)
            Search(part, options, deadline).run();
}

}  // namespace multicut
