#!/bin/sh
# The published weights for one person (ResNet-101, MPII).
set -e
cd "$(dirname "$0")"
prefix=https://datasets.d2.mpi-inf.mpg.de/deepercut-models-tensorflow/mpii-single-resnet-101
sh ../fetch.sh $prefix.data-00000-of-00001 $prefix.meta $prefix.index
