// Simulated annealing.
#pragma once

#include <cstdint>

#include "effort.hpp"
#include "problem.hpp"

namespace multicut {

// The same random numbers from the same seed on every machine (splitmix64).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    double uniform() { return (bits() >> 11) * 0x1p-53; }  // in [0, 1)
    std::uint64_t below(std::uint64_t limit) { return static_cast<std::uint64_t>(uniform() * limit); }

private:
    std::uint64_t state_;
};

// Visits all nodes `sweeps` times and lets each choose anew between being alone and its neighbours' clusters (a cluster
// counts once for every neighbour in it), a choice of price d with odds exp(-d / temperature). The temperature falls
// geometrically, from `heat` times what an average node of `start` gains by its cluster.
Labels annealed(const Problem& problem, const Labels& start, double heat, int sweeps, Random& random, Budget& budget);

}  // namespace multicut
