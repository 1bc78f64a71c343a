#include "search.hpp"

#include <algorithm>
#include <cmath>

#include "annealing.hpp"
#include "cycles.hpp"
#include "local_search.hpp"
#include "greedy.hpp"
#include "small.hpp"

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

}  // namespace

Search::Search(const Problem& problem, const Options& options, const Deadline& deadline)
    : problem_(problem),
      options_(options),
      deadline_(deadline),
      random_(options.seed),
      relaxation_(problem),
      labels_(each_alone(problem.nodes())),
      cost_(0),
      bound_(relaxation_.bound()) {}

void Search::run() {
    start();
    raise_bound();
    if (options_.effort <= 0)
        return;
    if (!is_optimal() && problem_.nodes() <= most_small_nodes) {
        consider(optimal_clustering(problem_));
        bound_ = cost_;
    }
    if (!is_optimal() && gap() < smoothable_gap * std::abs(cost_))
        smooth_bound();
    if (!is_optimal())
        anneal();
}

// Greedy contraction pays for activations too early or, without them, too late; descent makes up for much of it.
void Search::start() {
    Budget budget = budget_of(local_search_sweeps);
    consider(descended_further(problem_, contracted_greedily(problem_, Deadline(-1)), budget));
    const Problem without_activation{problem_.graph, std::vector<double>(problem_.nodes(), 0.0)};
    if (without_activation.activation != problem_.activation && !deadline_.passed())
        consider(descended(problem_, contracted_greedily(without_activation, deadline_), budget));
}

bool Search::is_optimal() const { return gap() <= closed_gap * (1 + std::abs(cost_)); }

double Search::sweep() const { return static_cast<double>(problem_.graph.arcs() + problem_.nodes()); }

Budget Search::budget_of(double sweeps) const { return Budget(sweeps * sweep(), deadline_); }

bool Search::consider(const Labels& labels) {
    const double cost = multicut::cost(problem_, labels);
    if (cost >= cost_ - tolerance)
        return false;
    labels_ = labels;
    cost_ = cost;
    return true;
}

void Search::pass_messages(int rounds) {
    for (int round = 0; round < rounds && !deadline_.passed(); ++round)
        relaxation_.pass_messages(deadline_);
    bound_ = std::max(bound_, relaxation_.bound());
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
        bound_ = std::max(bound_, relaxation_.bound_after(3, deadline_));
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
        const Labels annealed = multicut::annealed(problem_, labels_, heat, sweeps_per_annealing, random_, budget);
        const Labels other = descended(problem_, annealed, unlimited);
        const bool better = multicut::cost(problem_, other) < cost_;
        if (consider(fused(problem_, better ? other : labels_, better ? labels_ : other, unlimited)))
            improved = round;
    }
    Budget last = budget_of(local_search_sweeps);
    consider(descended_further(problem_, labels_, last));
}

}  // namespace multicut
