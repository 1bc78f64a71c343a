// A small hash table from a neighbour to the cost of the edge to it: open addressing with linear probing.
#pragma once

#include <cstddef>
#include <vector>

#include "graph.hpp"

namespace multicut {

class NeighbourMap {
public:
    std::size_t size() const { return size_; }

    // Makes room for `entries` without further growth.
    void reserve(std::size_t entries) {
        std::size_t capacity = 4;
        while (3 * capacity < 4 * entries + 4)
            capacity *= 2;
        if (capacity > slots_.size())
            rehash(capacity);
    }

    // The cost of the edge to `neighbour`, or null.
    const double* find(Index neighbour) const {
        if (slots_.empty())
            return nullptr;
        const Arc& slot = slots_[position_of(neighbour)];
        return slot.to == neighbour ? &slot.cost : nullptr;
    }

    // The cost of the edge to `neighbour`, which is made with cost 0 if there is none.
    double& operator[](Index neighbour) {
        reserve(size_ + 1);
        Arc& slot = slots_[position_of(neighbour)];
        if (slot.to != neighbour) {
            slot = {neighbour, 0, 0.0};
            ++size_;
        }
        return slot.cost;
    }

    // Removes an entry that is there, and closes the gap so that every search still ends at the first free slot.
    void erase(Index neighbour) {
        std::size_t gap = position_of(neighbour);
        for (std::size_t next = (gap + 1) & mask(); slots_[next].to != free_slot; next = (next + 1) & mask()) {
            const std::size_t wanted = home(slots_[next].to);
            if (((next - wanted) & mask()) >= ((next - gap) & mask())) {
                slots_[gap] = slots_[next];
                gap = next;
            }
        }
        slots_[gap].to = free_slot;
        --size_;
    }

    template <class Visit>
    void for_each(Visit visit) const {
        for (const Arc& slot : slots_)
            if (slot.to != free_slot)
                visit(slot.to, slot.cost);
    }

    void clear() {
        slots_ = {};
        size_ = 0;
    }

private:
    static constexpr Index free_slot = -1;

    std::size_t mask() const { return slots_.size() - 1; }
    std::size_t home(Index key) const { return (static_cast<std::uint32_t>(key) * 2654435769u >> 7) & mask(); }

    std::size_t position_of(Index key) const {
        std::size_t position = home(key);
        while (slots_[position].to != free_slot && slots_[position].to != key)
            position = (position + 1) & mask();
        return position;
    }

    void rehash(std::size_t capacity) {
        std::vector<Arc> old(capacity, Arc{free_slot, 0, 0.0});
        old.swap(slots_);
        for (const Arc& slot : old)
            if (slot.to != free_slot)
                slots_[position_of(slot.to)] = slot;
    }

    std::vector<Arc> slots_;
    std::size_t size_ = 0;
};

}  // namespace multicut
