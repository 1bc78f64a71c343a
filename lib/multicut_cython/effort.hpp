// How long to search. Work is counted in arcs looked at, so that results do not depend on the machine; the clock
// matters only to callers who set a time limit.
#pragma once

#include <chrono>

namespace multicut {

class Deadline {
public:
    // No limit for `seconds` < 0, nor for more of them than any search takes, which the clock could not count.
    explicit Deadline(double seconds) : limited_(seconds >= 0 && seconds < 1e9) {
        if (limited_)
            end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    }
    bool passed() const { return limited_ && Clock::now() >= end_; }

private:
    using Clock = std::chrono::steady_clock;
    bool limited_;
    Clock::time_point end_;
};

class Budget {
public:
    Budget(double arcs, const Deadline& deadline) : left_(arcs), deadline_(&deadline) {}
    void spend(double arcs) { left_ -= arcs; }
    bool exhausted() const { return left_ <= 0 || deadline_->passed(); }
    const Deadline& deadline() const { return *deadline_; }

private:
    double left_;
    const Deadline* deadline_;
};

}  // namespace multicut
