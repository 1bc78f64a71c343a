#!/bin/sh
# The published weights for several people (ResNet-101, COCO) and their pairwise model.
set -e
cd "$(dirname "$0")"
server=https://datasets.d2.mpi-inf.mpg.de/deepercut-models-tensorflow
prefix=$server/coco-resnet-101
sh ../fetch.sh $prefix.data-00000-of-00001 $prefix.meta $prefix.index $server/pairwise_coco.tar.gz
tar xzf pairwise_coco.tar.gz
