import json
import os
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from dataset.dataset_mat import DataItem, write_dataset_mat

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOINT_COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]


@pytest.fixture(autouse=True)
def nothing_left_open():
    """Scripts of 2017 draw on matplotlib's current axes, and build networks in TensorFlow's default graph."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    if "nnet.tf" in sys.modules:
        sys.modules["nnet.tf"].tf.reset_default_graph()


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory):
    """Networks that tests freeze are not kept among the user's."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(autouse=True)
def without_onnx(monkeypatch):
    """Networks are not made ready for ONNX Runtime as well, which takes a second for each, but by subprocesses."""
    monkeypatch.setattr("nnet.runtimes.ONNXRuntime.version", lambda: None)


@pytest.fixture
def numbers():
    """name -> what the 2017 code computed (tests/data/<name>.npz)."""
    return lambda name: np.load(os.path.join(ROOT, "tests/data", name + ".npz"), allow_pickle=False)


def save_pictures(folder, names, size=(50, 40)):
    """Black pictures, size = (width, height), in a pathlib folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8)).save(str(folder / name))


def draw_dots(width, height, joints):
    """A dark picture with a coloured dot on each joint (id, x, y)."""
    image = np.full((height, width, 3), 40, np.uint8)
    ys, xs = np.mgrid[:height, :width] + 0.5
    for joint, x, y in joints:
        image[(xs - x) ** 2 + (ys - y) ** 2 <= 36] = JOINT_COLOURS[int(joint)]
    return image


@pytest.fixture(scope="session")
def two_skateboarders(tmp_path_factory):
    """The path of a picture: two of the demos' photographs side by side."""
    path = str(tmp_path_factory.mktemp("pictures") / "skateboarders.png")
    both = [Image.open(os.path.join(ROOT, "demo/images/skateboarder_%s.jpg" % name)) for name in ("jumping", "standing")]
    picture = Image.new("RGB", (sum(one.width for one in both), max(one.height for one in both)))
    picture.paste(both[0], (0, 0))
    picture.paste(both[1], (both[0].width, 0))
    picture.save(path)
    return path


@pytest.fixture
def dots(tmp_path):
    """A data set of six pictures of four coloured joints, (folder, DataItems); its dataset.mat is in the folder."""
    rng = np.random.RandomState(0)
    items = []
    for number in range(6):
        width, height = 112 + 8 * number, 128
        joints = np.column_stack([np.arange(4), rng.uniform(20, width - 20, 4), rng.uniform(20, height - 20, 4)])
        path = str(tmp_path / ("im%d.png" % number))
        Image.fromarray(draw_dots(width, height, joints)).save(path)
        items.append(DataItem(number, path, [3, height, width], [joints]))
    write_dataset_mat(str(tmp_path / "dataset.mat"), items)
    return tmp_path, items


DOTS = {
    "dataset": "dataset.mat", "num_joints": 4, "all_joints": [[0, 1], [2], [3]], "all_joints_names": ["a", "b", "c"],
    "limbs": [[0, 2], [1, 3]], "net_type": "efficientnet_lite0", "skip_connections": True,
    "mean_pixel": [127.0, 127.0, 127.0], "init_weights": "random", "location_refinement": True,
    "locref_loss_weight": 0.05, "pos_dist_thresh": 10, "batch_size": 2, "optimizer": "adam",
    "cosine": [0.002, 0.0001, 12], "display_iters": 1, "save_iters": 4, "mixed_precision": False, "precision": "exact",
}


@pytest.fixture
def write_config():
    """(folder, **changes) -> path of a pose_cfg.yaml for the data set `dots`."""
    def write(folder, **changes):
        path = os.path.join(str(folder), "pose_cfg.yaml")
        with open(path, "w") as stream:
            yaml.safe_dump(dict(DOTS, **changes), stream)
        return path
    return write


def save_random_weights(prefix):
    """Write the checkpoint of an untrained network for the data set `dots`."""
    from nnet.net_factory import pose_net
    from nnet.tf import tf
    from util.config import default_config
    cfg = default_config()
    cfg.update(DOTS)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix, write_meta_graph=False, write_state=False)


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory):
    """Checkpoint prefix of an untrained network for the data set `dots`."""
    prefix = str(tmp_path_factory.mktemp("weights") / "random")
    save_random_weights(prefix)
    return prefix


def coco_annotation(number, image_id, keypoints, iscrowd=0, segmentation=None):
    flat = np.zeros((17, 3))
    for joint, x, y, v in keypoints:
        flat[joint] = x, y, v
    return {"id": number, "image_id": image_id, "category_id": 1, "iscrowd": iscrowd, "keypoints": flat.ravel().tolist(),
            "num_keypoints": len(keypoints), "bbox": [0, 0, 10, 10], "area": 100,
            "segmentation": segmentation or [[0, 0, 1, 0, 1, 1]]}


@pytest.fixture
def coco_root(tmp_path):
    """A COCO folder: picture 7 has two people, one that nobody labelled and a crowd; picture 9 has nobody."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images" / "val").mkdir(parents=True)
    images = []
    for number in (7, 9):
        Image.fromarray(np.full((120, 160, 3), number, np.uint8)).save(str(tmp_path / "images/val" / ("%d.png" % number)))
        images.append({"id": number, "file_name": "%d.png" % number, "width": 160, "height": 120})
    crowd = np.zeros((120, 160), bool)
    crowd[80:, :] = True
    runs = np.diff(np.flatnonzero(np.concatenate([[True], np.diff(crowd.ravel(order="F").astype(int)) != 0, [True]])))
    annotations = [
        coco_annotation(1, 7, [(0, 20, 20, 2), (5, 30, 40, 1)], segmentation=[[10, 10, 40, 10, 40, 50, 10, 50]]),
        coco_annotation(2, 7, [(16, 90, 60, 2)], segmentation=[[70, 40, 95, 40, 95, 70, 70, 70]]),
        coco_annotation(3, 7, [], segmentation=[[96, 0, 160, 0, 160, 32, 96, 32]]),
        coco_annotation(4, 7, [], iscrowd=1, segmentation={"size": [120, 160], "counts": runs.tolist()}),
    ]
    people = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
    (tmp_path / "annotations" / "person_keypoints_val.json").write_text(json.dumps(people))
    del people["annotations"]
    (tmp_path / "annotations" / "image_info_val.json").write_text(json.dumps(people))
    return tmp_path
