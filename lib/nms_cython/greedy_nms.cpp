#include "greedy_nms.hpp"

#include <algorithm>

namespace nms {

namespace {

void suppress_around(std::int64_t cell, Map<float> scores, Map<std::uint8_t> footprint, std::vector<char>& suppressed) {
    const std::ptrdiff_t top = cell / scores.columns - footprint.rows / 2;
    const std::ptrdiff_t left = cell % scores.columns - footprint.columns / 2;
    const std::ptrdiff_t first_row = std::max<std::ptrdiff_t>(top, 0);
    const std::ptrdiff_t last_row = std::min(top + footprint.rows, scores.rows);
    const std::ptrdiff_t first_column = std::max<std::ptrdiff_t>(left, 0);
    const std::ptrdiff_t last_column = std::min(left + footprint.columns, scores.columns);
    for (std::ptrdiff_t row = first_row; row < last_row; ++row)
        for (std::ptrdiff_t column = first_column; column < last_column; ++column)
            if (footprint.data[(row - top) * footprint.columns + column - left])
                suppressed[row * scores.columns + column] = true;
}

}  // namespace

std::vector<std::int64_t> keep_maxima(Map<float> scores, Map<std::uint8_t> footprint, double threshold) {
    const std::int64_t cells = scores.rows * scores.columns;
    std::vector<std::int64_t> candidates;
    for (std::int64_t cell = 0; cell < cells; ++cell)
        if (scores.data[cell] >= threshold)
            candidates.push_back(cell);
    std::stable_sort(candidates.begin(), candidates.end(), [&](std::int64_t left, std::int64_t right) {
        return scores.data[left] > scores.data[right];
    });

    std::vector<std::int64_t> kept;
    std::vector<char> suppressed(cells, false);
    for (const std::int64_t cell : candidates)
        if (!suppressed[cell]) {
            kept.push_back(cell);
            suppress_around(cell, scores, footprint, suppressed);
        }
    return kept;
}

}  // namespace nms
