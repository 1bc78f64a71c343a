#include "descent.hpp"

#include "greedy.hpp"
#include "hash_table.hpp"
#include "kernighan_lin.hpp"
#include "node_moves.hpp"

namespace multicut {

namespace {

Labels moved(const Problem& problem, const Labels& start, Budget& budget) {
    Clustering clustering(problem, start);
    NodeMoves(clustering).descend(budget);
    return clustering.labels();
}

// Returns whether any clusters were joined.
bool join_greedily(const Problem& problem, Labels& labels, Budget& budget) {
    const Index clusters = renumber(labels);
    if (budget.deadline().passed())
        return false;
    budget.spend(static_cast<double>(problem.graph.arcs()));
    Labels joined = contracted_greedily(contracted(problem, labels, clusters), budget.deadline());
    labels = composed(labels, joined);
    return renumber(joined) < clusters;
}

// A label for every pair of labels that occurs.
Labels overlay(const Labels& first, const Labels& second) {
    HashTable<std::uint64_t, Index> number;
    Labels labels;
    for (std::size_t node = 0; node < first.size(); ++node) {
        const std::uint64_t pair = static_cast<std::uint64_t>(first[node]) * second.size() + second[node];
        labels.push_back(number.insert(pair, static_cast<Index>(number.size())));
    }
    return labels;
}

}  // namespace

Labels descended(const Problem& problem, const Labels& start, Budget& budget) {
    Labels labels = start;
    do
        labels = moved(problem, labels, budget);
    while (join_greedily(problem, labels, budget) && !budget.exhausted());
    split_into_pieces(problem, labels);
    return labels;
}

Labels descended_further(const Problem& problem, const Labels& start, Budget& budget) {
    Labels labels = descended(problem, start, budget);
    while (!budget.exhausted()) {
        Clustering clustering(problem, labels);
        if (!exchange_between_clusters(clustering, budget))
            break;
        labels = descended(problem, clustering.labels(), budget);
    }
    return labels;
}

Labels fused(const Problem& problem, const Labels& first, const Labels& second, Budget& budget) {
    Labels parts = overlay(first, second);
    const Index count = renumber(parts);
    const Problem mixture = contracted(problem, parts, count);
    Labels first_of_part(count);
    for (std::size_t node = 0; node < parts.size(); ++node)
        first_of_part[parts[node]] = first[node];
    renumber(first_of_part);
    const Labels from_first = descended(mixture, first_of_part, budget);
    const Labels from_parts = descended(mixture, contracted_greedily(mixture, budget.deadline()), budget);
    const bool second_better = cost(mixture, from_parts) < cost(mixture, from_first);
    return descended(problem, composed(parts, second_better ? from_parts : from_first), budget);
}

}  // namespace multicut
