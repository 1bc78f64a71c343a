// Cycles that no clustering can please: one repulsive edge whose ends a path of attractive edges connects.
#pragma once

#include "effort.hpp"
#include "relaxation.hpp"

namespace multicut {

// Adds every triangle of the problem with two attractive edges and a repulsive one, up to a number or the deadline.
void add_conflicted_triangles(const Problem& problem, Relaxation& relaxation, std::size_t most,
                              const Deadline& deadline);

// Finds cycles among what the triangles have left of the costs, shortest first, and moves into their triangles what all
// their edges have (Lange, Karrenbauer and Andres, "Partial optimality and fast lower bounds for weighted correlation
// clustering", ICML 2018, algorithm 1). Returns by how much the bound has risen.
double pack_conflicted_cycles(const Problem& problem, Relaxation& relaxation, Budget& budget);

// Adds the triangles of cycles that the approximate optimum of the relaxation violates. With
// l_uv = (k_u + k_v)/2 - y_uv, which is half the distance between the indicator vectors of the clusters of u and v,
// these are paths shorter than l_st between the ends of a repulsive edge st.
void add_violated_cycles(const Problem& problem, Relaxation& relaxation, double temperature, Budget& budget);

}  // namespace multicut
