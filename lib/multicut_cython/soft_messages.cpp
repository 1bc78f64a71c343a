// Message passing for the smoothed dual (see relaxation.hpp).
#include <algorithm>
#include <cmath>

#include "relaxation.hpp"

namespace multicut {

namespace {

// exp(-cost / temperature), within limits that a product of six can bear.
double weight(double cost, double temperature) {
    return std::exp(std::max(-100.0, std::min(100.0, -cost / temperature)));
}

// Sums over the five ways to cluster a triangle (see Cases in relaxation.cpp) of products of weights.
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
    const double amount = (difference - variable) / 2;
    share -= amount;
    variable += amount;
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
