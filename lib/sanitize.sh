#!/bin/sh
# Builds the extensions with AddressSanitizer and UndefinedBehaviorSanitizer in a copy of this checkout, and runs
# tests/lib on them. Fails on the first finding. PYTHON names the interpreter (default: python3).
set -e
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
cp -r lib tests setup.py pyproject.toml multicut.py nms_grid.py "$copy"
cd "$copy"
rm -f lib/*/*.so lib/nms_cython/nms_grid.cpp lib/multicut_cython/multicut.cpp
flags="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -D_GLIBCXX_ASSERTIONS"
# Which of the two variables reaches the C++ compiler depends on the version of setuptools.
CFLAGS="$flags" CXXFLAGS="$flags" LDFLAGS="-fsanitize=address,undefined" \
    "$PYTHON" setup.py --quiet build_ext --inplace
for library in lib/*/*.so; do
    nm -D "$library" | grep -q __asan_report || { echo "$library is not instrumented"; exit 1; }
done
# Python itself does not give back all of its memory: leaks are not looked for here.
ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so) $(gcc -print-file-name=libstdc++.so)" \
    "$PYTHON" -m pytest -q -p no:cacheprovider tests/lib "$@"
