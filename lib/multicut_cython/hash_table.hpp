// A hash table with open addressing and linear probing. In contrast to those of std::unordered_map, a million entries
// are freed at once, and not one by one long after a time limit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace multicut {

// Keys are all integers but -1.
template <class Key, class Value>
class HashTable {
public:
    std::size_t size() const { return size_; }

    // Makes room for `entries` without further growth.
    void reserve(std::size_t entries) {
        std::size_t capacity = std::max<std::size_t>(slots_.size(), 4);
        while (3 * capacity < 4 * (entries + 1))
            capacity *= 2;
        if (capacity > slots_.size())
            rehash(capacity);
    }

    // The value of `key`, or null.
    const Value* find(Key key) const {
        if (slots_.empty())
            return nullptr;
        const Slot& slot = slots_[position_of(key)];
        return slot.key == key ? &slot.value : nullptr;
    }

    // The value of `key`, which becomes `value` if it has none yet.
    Value& insert(Key key, Value value) {
        reserve(size_ + 1);
        Slot& slot = slots_[position_of(key)];
        if (slot.key != key) {
            slot = {key, value};
            ++size_;
        }
        return slot.value;
    }

    // Removes a key that is there, and closes the gap so that every search still ends at the first free slot.
    void erase(Key key) {
        std::size_t gap = position_of(key);
        for (std::size_t next = (gap + 1) & mask(); slots_[next].key != free_key; next = (next + 1) & mask()) {
            const std::size_t wanted = home(slots_[next].key);
            if (((next - wanted) & mask()) >= ((next - gap) & mask())) {
                slots_[gap] = slots_[next];
                gap = next;
            }
        }
        slots_[gap].key = free_key;
        --size_;
    }

    template <class Visit>
    void for_each(Visit visit) const {
        for (const Slot& slot : slots_)
            if (slot.key != free_key)
                visit(slot.key, slot.value);
    }

    void clear() {
        slots_ = {};
        size_ = 0;
    }

private:
    static constexpr Key free_key = static_cast<Key>(-1);
    struct Slot {
        Key key;
        Value value;
    };

    std::size_t mask() const { return slots_.size() - 1; }

    // Multiplying by 2^64 / golden ratio spreads keys (Knuth, The Art of Computer Programming 3, 6.4).
    std::size_t home(Key key) const { return (static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15u >> 32) & mask(); }

    // Where the key is, or the free slot where it belongs.
    std::size_t position_of(Key key) const {
        std::size_t position = home(key);
        while (slots_[position].key != free_key && slots_[position].key != key)
            position = (position + 1) & mask();
        return position;
    }

    void rehash(std::size_t capacity) {
        std::vector<Slot> old(capacity, Slot{free_key, {}});
        old.swap(slots_);
        for (const Slot& slot : old)
            if (slot.key != free_key)
                slots_[position_of(slot.key)] = slot;
    }

    std::vector<Slot> slots_;  // a power of two of them, at most three quarters of them taken
    std::size_t size_ = 0;
};

}  // namespace multicut
