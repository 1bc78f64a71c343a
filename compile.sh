#!/bin/sh
# Builds the Cython extensions of lib/ in place: the same build as `pip install -e .`, without installing.
set -e
cd "$(dirname "$0")"
python3 setup.py build_ext --inplace
