"""MPII's annotations in small, with MATLAB's nested struct arrays as they are in the release."""
import numpy as np
import scipy.io

EMPTY = np.zeros((0, 0))


def struct(*records):
    """A MATLAB struct array; all records have the same fields."""
    array = np.empty((1, len(records)), [(name, object) for name in records[0]])
    for place, record in enumerate(records):
        array[0, place] = tuple(record.values())
    return array


def points(joints):
    """annopoints of n x 3 (MPII id, x, y); is_visible is a number, a string, or empty, as in the release."""
    visible = [1, "1", "0", EMPTY]
    return struct({"point": struct(*[{"x": x, "y": y, "id": joint, "is_visible": visible[place % 4]}
                                     for place, (joint, x, y) in enumerate(joints)])})


def person(joints, head=(10, 20, 40, 60)):
    box = dict(zip(("x1", "y1", "x2", "y2"), head))
    return dict(box, annopoints=points(joints) if len(joints) else EMPTY, scale=3.2, objpos=struct({"x": 1, "y": 2}))


def save_release(path, pictures):
    """pictures: list of (name, annorect, img_train, single_person)"""
    annolist = struct(*[{"image": struct({"name": name}), "annorect": rect, "frame_sec": EMPTY, "vididx": EMPTY}
                        for name, rect, _, _ in pictures])
    single = np.empty((len(pictures), 1), object)
    for number, (_, _, _, places) in enumerate(pictures):
        single[number, 0] = np.array(places, np.uint8).reshape(-1, 1) if places else EMPTY
    train = np.array([[train for _, _, train, _ in pictures]], np.uint8)
    scipy.io.savemat(str(path), {"RELEASE": struct({
        "annolist": annolist, "img_train": train, "version": "12", "single_person": single, "act": EMPTY})})
