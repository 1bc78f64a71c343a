"""Make the single-person data set of MPII Human Pose: every person of the training pictures, cut out, about 400 px tall.

    python models/mpii/prepare.py mpii_human_pose_v1_u12_1.mat images cropped

writes cropped/im00001_1.png, ... and cropped/dataset.mat. What is there already is not made again.
"""
import argparse
import logging
import os
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image
from tqdm import tqdm

from dataset.dataset_mat import DataItem, write_dataset_mat
from dataset.formats.mpii_release import read_mpii_release
from util.command import UserError, run_command
from util.files import replacing
from util.image import ImageError, image_size, read_image

HEAD = 50  # px that heads get; people are 8 heads tall
SINGLE_PAD, PAD = 130, 65  # px around the joints of people who stand apart, and of others
DISTANCE = 20  # px that are kept to other people's joints
JOINTS = {joint: place for place, joint in enumerate([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 8, 9])}  # MPII's id -> ours

Cut = namedtuple("Cut", "scale box joints")
Cut.__doc__ = """How a person is cut out. scale: of the picture; box: [left, top, right, bottom], whole px of the resized
picture, right and bottom exclusive; joints: n x 3 (joint id, x, y), px of what is cut out, from 0."""


def cut_out(picture, place, size):
    """The Cut of one person of a ReleasePicture of size (width, height); None where there is nobody to be cut out."""
    person = picture.people[place]
    joints = np.array([[JOINTS[joint], x, y] for joint, x, y in person.joints if joint in JOINTS]).reshape(-1, 3)
    if not len(joints) or not person.head_size:
        return None
    scale = HEAD / person.head_size
    points = (joints[:, 1:] - 1) * scale
    single = place in picture.single
    pad = SINGLE_PAD if single else PAD
    first, last = points.min(axis=0), points.max(axis=0)
    box = np.concatenate([first - pad, last + pad])
    if single:
        xs = [(other.joints[:, 1] - 1) * scale for number, other in enumerate(picture.people) if number != place]
        box[[0, 2]] = _keep_away(box[[0, 2]], first[0], last[0], np.concatenate([[]] + xs))
    limits = np.ceil(np.array(size) * scale).astype(int)  # size of the resized picture
    box = np.clip(np.round(box).astype(int) + [0, 0, 1, 1], 0, np.tile(limits, 2))
    if (box[2:] <= box[:2]).any():
        return None  # the joints lie outside the picture
    return Cut(scale, box, np.column_stack([joints[:, 0], points - box[:2]]))


def _keep_away(sides, first, last, others):
    """(left, right) of a box, moved in so far that it ends short of others' joints that lie beyond a person's own."""
    left, right = sides
    left = max([left] + list(others[others < first] + DISTANCE))
    right = min([right] + list(others[others > last] - DISTANCE))
    return (left, right) if left < right else (first, last)


def resize_box(image, scale, box):
    """The part `box` of the picture resized by `scale`, bicubic (a = -0.5), antialiased, as MATLAB's imresize does it.

    image: uint8 [h, w, 3]; box: [left, top, right, bottom], whole px of the resized picture
    """
    pad = int(np.ceil(2 * max(1, 1 / scale))) + 1  # so far reach the weights; beyond its edge a picture is mirrored
    padded = Image.fromarray(np.pad(image, [(pad, pad), (pad, pad), (0, 0)], mode="symmetric"))
    source = np.clip(np.array(box) / scale + pad, 0, np.tile(padded.size, 2))
    return np.asarray(padded.resize((int(box[2] - box[0]), int(box[3] - box[1])), Image.BICUBIC, tuple(source)))


def prepare_picture(number, picture, images, out):
    """Write the people of one picture -> (DataItems, ImageError or None)."""
    path = os.path.join(images, picture.name)
    try:
        size, image, items = image_size(path), None, []
        for place in range(len(picture.people)):
            cut = cut_out(picture, place, size)
            if cut is None:
                continue
            if not 1 <= HEAD / cut.scale <= max(size):
                raise ImageError("%s: person %d cannot have a head of %.4g px" % (path, place + 1, HEAD / cut.scale))
            width, height = (int(side) for side in cut.box[2:] - cut.box[:2])
            target = os.path.join(out, "im%05d_%d.png" % (number, place + 1))
            items.append(DataItem(0, target, [3, height, width], [cut.joints]))
            if not _is_there(target, (width, height)):
                image = read_image(path) if image is None else image
                with replacing(target, "wb") as stream:
                    Image.fromarray(resize_box(image, cut.scale, cut.box)).save(stream, "PNG")
        return items, None
    except ImageError as error:
        return [], error


def _is_there(path, size):
    return os.path.exists(path) and image_size(path) == size


def prepare(release, images, out, threads=4):
    """The whole way; returns the number of people. Pictures that cannot be read are named and left out."""
    print("reading %s" % release)  # a minute for the whole release
    pictures = [(number, picture) for number, picture in enumerate(read_mpii_release(release), 1) if picture.train]
    os.makedirs(out, exist_ok=True)
    with ThreadPoolExecutor(threads) as pool:
        jobs = pool.map(lambda job: prepare_picture(*job, images=images, out=out), pictures)
        results = list(tqdm(jobs, "pictures", len(pictures)))
    errors = [error for _, error in results if error]
    if errors:
        logging.warning("%d pictures were left out:\n  %s", len(errors), "\n  ".join(str(error) for error in errors[:10]))
    items = [item for found, _ in results for item in found]
    if not items:
        raise UserError("%s and %s: there is nobody to be cut out" % (release, images))
    write_dataset_mat(os.path.join(out, "dataset.mat"), items)
    return len(items)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", metavar="RELEASE.mat")
    parser.add_argument("images", metavar="IMAGES", help="MPII's folder of pictures")
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    people = prepare(args.release, args.images, args.out, args.threads)
    print("wrote %s: %d people" % (os.path.join(args.out, "dataset.mat"), people))


if __name__ == "__main__":
    run_command(main)
