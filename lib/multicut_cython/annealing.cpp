#include "annealing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace multicut {

namespace {

constexpr double last_temperature = 0.05;

// What a node gains on average by the cluster that it is in.
double mean_gain(const Problem& problem, const Labels& labels) {
    double gain = 0;
    Index joined = 0;
    for (Index node = 0; node < problem.nodes(); ++node) {
        bool alone = true;
        for (const Arc& arc : problem.graph.arcs(node))
            if (labels[arc.to] == labels[node]) {
                gain -= arc.cost;
                alone = false;
            }
        joined += !alone;
    }
    return gain / std::max<Index>(joined, 1);
}

// Random numbers of a Gumbel distribution: adding them to the prices (in temperatures) and taking the cheapest draws
// with odds exp(-price). A shuffled table of quantiles saves the logarithms.
class GumbelNoise {
public:
    explicit GumbelNoise(Random& random) : random_(random), quantiles_(size) {
        for (std::size_t i = 0; i < size; ++i)
            quantiles_[i] = static_cast<float>(std::log(-std::log((i + 0.5) / size)));
        for (std::size_t i = size; i > 1; --i)
            std::swap(quantiles_[i - 1], quantiles_[random.below(i)]);
    }

    void restart() { position_ = random_.bits(); }
    float next() { return quantiles_[position_++ % size]; }

private:
    static constexpr std::size_t size = 4096;
    Random& random_;
    std::vector<float> quantiles_;
    std::size_t position_ = 0;
};

// A clustering of which single nodes choose their clusters anew. It differs from Clustering and NodeMoves in that a
// visit does little else than to add up the costs of the arcs: annealing consists of nothing but visits.
class Annealer {
public:
    Annealer(const Problem& problem, const Labels& start, Random& random)
        : problem_(problem), labels_(start), size_(problem.nodes(), 0), activation_(problem.nodes(), 0.0),
          price_(problem.nodes(), 0.0), noise_(random) {
        for (Index node = 0; node < problem.nodes(); ++node)
            add(node, labels_[node], 1);
        for (Index label = 0; label < problem.nodes(); ++label)
            if (size_[label] == 0)
                empty_.push_back(label);
    }

    const Labels& labels() const { return labels_; }

    void visit(Index node, double temperature) {
        const auto arcs = problem_.graph.arcs(node);
        const Index own = labels_[node];
        const double activation = problem_.activation[node];
        price_[own] += (size_[own] == 2 ? activation_[own] - activation : 0.0) - entry_price(own);
        for (const Arc& arc : arcs)
            price_[labels_[arc.to]] += arc.cost;

        noise_.restart();
        Index chosen = size_[own] == 1 ? own : empty_.back();
        double least = temperature * noise_.next() - activation;
        for (const Arc& arc : arcs) {
            const Index label = labels_[arc.to];
            const double noisy = price_[label] + temperature * noise_.next();
            chosen = noisy < least ? label : chosen;
            least = std::min(noisy, least);
            price_[label] = HUGE_VAL;  // offered once
        }

        for (const Arc& arc : arcs)
            price_[labels_[arc.to]] = entry_price(labels_[arc.to]);
        price_[own] = entry_price(own);
        if (chosen != own)
            move(node, chosen);
    }

private:
    // What a node pays for the activation of others when it comes to a cluster.
    double entry_price(Index label) const { return size_[label] == 1 ? activation_[label] : 0.0; }

    void add(Index node, Index label, int sign) {
        size_[label] += sign;
        activation_[label] += sign * problem_.activation[node];
        price_[label] = entry_price(label);
    }

    void move(Index node, Index label) {
        if (size_[label] == 0)
            empty_.pop_back();
        add(node, labels_[node], -1);
        if (size_[labels_[node]] == 0)
            empty_.push_back(labels_[node]);
        add(node, label, 1);
        labels_[node] = label;
    }

    const Problem& problem_;
    Labels labels_;
    std::vector<Index> size_;
    std::vector<double> activation_;  // sum over the nodes of each label
    std::vector<double> price_;       // of each label: the entry price; during a visit, what it costs the node
    std::vector<Index> empty_;
    GumbelNoise noise_;
};

}  // namespace

Labels annealed(const Problem& problem, const Labels& start, double heat, int sweeps, Random& random, Budget& budget) {
    Annealer annealer(problem, start, random);
    const double gain = mean_gain(problem, start);
    for (int sweep = 0; sweep < sweeps && gain > 0 && !budget.exhausted(); ++sweep) {
        const double temperature = gain * heat * std::pow(last_temperature / heat, static_cast<double>(sweep) / sweeps);
        for (Index node = 0; node < problem.nodes(); ++node)
            annealer.visit(node, temperature);
        budget.spend(static_cast<double>(problem.graph.arcs() + problem.nodes()));
    }
    return annealer.labels();
}

}  // namespace multicut
