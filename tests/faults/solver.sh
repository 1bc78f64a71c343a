#!/bin/sh
# solver.sh [GRAPHS [SEED]]: builds solver.cpp and the cores of lib/ with AddressSanitizer and UndefinedBehaviorSanitizer, and
# runs it. Fails on the first finding. Where memory was taken is not noted, which makes it twice as fast; a graph's seed
# repeats what was found.
set -e
cd "$(dirname "$0")/../.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cores=$(ls lib/*/*.cpp | grep -v -e /multicut.cpp -e /nms_grid.cpp)  # which are Cython's
"${CXX:-g++}" -std=c++17 -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS -Wall -Wextra \
    -Ilib/multicut_cython -Ilib/nms_cython -o "$folder/solver" tests/faults/solver.cpp $cores
ASAN_OPTIONS=malloc_context_size=0 "$folder/solver" "${1:-10000000}" "${2:-0}"
