#!/bin/sh
# ImageNet weights of ResNet-50 and ResNet-101, where training starts.
set -e
cd "$(dirname "$0")"
for depth in 50 101; do
    sh ../fetch.sh http://download.tensorflow.org/models/resnet_v1_${depth}_2016_08_28.tar.gz
    tar xzf resnet_v1_${depth}_2016_08_28.tar.gz
done
