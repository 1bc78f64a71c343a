"""Make the data sets of this model: LSP-extended and MPII people, and the MPII people that nobody trains on.

    python models/single/prepare.py DATA OUT     # DATA holds lsp/{train,val} and mpii/train
"""
import argparse
import os
import zlib

from dataset.dataset_mat import read_dataset_mat, write_dataset_mat
from dataset.formats.lsp import read_lsp


def held_out(item):
    """Whether an MPII picture (all people of it) is kept for measuring: one in ten."""
    name = os.path.splitext(os.path.basename(item.im_path))[0].rsplit("_", 1)[0]
    return zlib.crc32(name.encode()) % 10 == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    args = parser.parse_args()
    mpii = read_dataset_mat(os.path.join(args.data, "mpii/train/dataset.mat"))
    sets = {
        "lsp_train": read_lsp(os.path.join(args.data, "lsp/train/joints.mat"))[0],
        "mpii_train": [i for i in mpii if not held_out(i)],
        "lsp_val": read_lsp(os.path.join(args.data, "lsp/val/joints.mat"))[0],
        "mpii_val": [i for i in mpii if held_out(i)],
    }
    for name, items in sets.items():
        path = os.path.join(args.out, name + ".mat")
        write_dataset_mat(path, items)
        print("%s: %d pictures" % (path, len(items)))


if __name__ == "__main__":
    main()
