// The search for a good clustering of one problem, and for a proof of how good it is.
#pragma once

#include <cstdint>

#include "effort.hpp"
#include "problem.hpp"
#include "random.hpp"
#include "relaxation.hpp"

namespace multicut {

struct Options {
    double effort = 1;  // how long to look for improvements of the first local optimum; 0 = not at all
    std::uint64_t seed = 0;
};

class Search {
public:
    Search(const Problem& problem, const Options& options, const Deadline& deadline);

    // Finds a local optimum and a bound; then, while there is a gap and as long as `options` allow, better ones.
    void run();

    const Labels& labels() const { return labels_; }
    double cost() const { return cost_; }
    double bound() const { return bound_; }
    const Relaxation& relaxation() const { return relaxation_; }

private:
    double gap() const { return cost_ - bound_; }
    bool is_optimal() const;
    double sweep() const;  // the work of looking at every arc and node once
    Budget budget_of(double sweeps) const;

    bool consider(const Labels& labels);  // whether it is better than the best so far
    void start();
    void pass_messages(int rounds);
    void raise_bound();
    void smooth_bound();
    void anneal();

    const Problem& problem_;
    Options options_;
    const Deadline& deadline_;
    Random random_;
    Relaxation relaxation_;
    Labels labels_;
    double cost_, bound_;
};

}  // namespace multicut
