// The index of each pair of numbers met so far: a hash table with linear probing. In contrast to std::unordered_map,
// a million entries are freed at once, and not one by one long after a time limit.
#pragma once

#include <cstdint>
#include <vector>

#include "graph.hpp"

namespace multicut {

class PairIndex {
public:
    // The index of (a, b), a and b >= 0; -1 if there is none.
    Index find(Index a, Index b) const { return slots_.empty() ? -1 : slots_[slot_of(key(a, b))].index; }

    // Gives (a, b) this index, unless it has one; the one it has then.
    Index insert(Index a, Index b, Index index) {
        if (2 * (size_ + 1) > slots_.size())
            grow();
        Slot& slot = slots_[slot_of(key(a, b))];
        if (slot.index < 0) {
            slot = {key(a, b), index};
            ++size_;
        }
        return slot.index;
    }

private:
    struct Slot {
        std::uint64_t key = 0;
        Index index = -1;
    };

    static std::uint64_t key(Index a, Index b) {
        return static_cast<std::uint64_t>(a) << 32 | static_cast<std::uint32_t>(b);
    }

    // Where the key is, or the free slot where it belongs. Multiplying by 2^64 / golden ratio spreads keys (Knuth, The
    // Art of Computer Programming 3, 6.4).
    std::size_t slot_of(std::uint64_t key) const {
        const std::size_t last = slots_.size() - 1;
        std::size_t slot = (key * 0x9E3779B97F4A7C15u >> 32) & last;
        while (slots_[slot].index >= 0 && slots_[slot].key != key)
            slot = (slot + 1) & last;
        return slot;
    }

    void grow() {
        std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old)
            if (slot.index >= 0)
                slots_[slot_of(slot.key)] = slot;
    }

    std::vector<Slot> slots_;  // a power of two of them, at most half of them taken
    std::size_t size_ = 0;
};

}  // namespace multicut
