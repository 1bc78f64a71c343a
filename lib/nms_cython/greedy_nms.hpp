// Greedy non-maximum suppression on a score map (DeeperCut, arXiv 1605.03170: detections from part score maps).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nms {

// A matrix stored row by row.
template <class Value>
struct Map {
    const Value* data;
    std::ptrdiff_t rows, columns;
};

// Cells with a score of at least `threshold`, by falling score (equal scores: in the order of the cells). A kept cell
// suppresses every cell that lies under a non-zero of `footprint` when the footprint's centre is laid on it.
std::vector<std::int64_t> keep_maxima(Map<float> scores, Map<std::uint8_t> footprint, double threshold);

}  // namespace nms
