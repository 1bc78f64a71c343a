// The same random numbers from the same seed on every machine (splitmix64).
#pragma once

#include <cstdint>

namespace multicut {

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

}  // namespace multicut
