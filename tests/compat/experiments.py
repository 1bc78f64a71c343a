"""What scripts of 2017 find where they run: configs, data sets and weights of their time."""
import matplotlib
import numpy as np
import pytest
import scipy.io
import yaml
from PIL import Image

from conftest import draw_dots
from nnet.net_factory import pose_net
from nnet.tf import tf
from util.config import default_config

matplotlib.use("Agg")

JOINTS = 4
CONFIG = {"dataset": "dataset.mat", "dataset_type": "default", "num_joints": JOINTS, "all_joints": [[0, 1], [2], [3]],
          "all_joints_names": ["hand", "head", "foot"], "net_type": "resnet_50", "init_weights": "snapshot-1000",
          "global_scale": 1.0, "location_refinement": True, "locref_stdev": 7.2801, "locref_loss_weight": 0.05,
          "locref_huber_loss": True, "pos_dist_thresh": 17, "max_input_size": 850, "multi_step": [[0.0001, 3]],
          "display_iters": 1, "save_iters": 2, "weigh_negatives": False, "fg_fraction": 0.25, "scoremap_dir": "test"}


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """(pairwise_predict) -> checkpoint prefix of a random ResNet-50 for JOINTS joints, made when it is first asked for."""
    made = {}

    def make(pairwise=False):
        if pairwise not in made:
            cfg = default_config()
            cfg.update(CONFIG, pairwise_predict=pairwise)
            made[pairwise] = str(tmp_path_factory.mktemp("weights") / "snapshot-1000")
            with tf.Graph().as_default(), tf.Session() as session:
                tf.set_random_seed(0)
                pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
                session.run(tf.global_variables_initializer())
                tf.train.Saver().save(session, made[pairwise])
        return made[pairwise]
    return make


def save_stats(path):
    """A pairwise_stats.mat by hand: p_b - p_a is (3, 4) on average."""
    pairs = np.array([(a, b) for a in range(JOINTS) for b in range(JOINTS) if a != b])
    scipy.io.savemat(path, {"graph": pairs, "means": np.tile([3.0, 4.0], (len(pairs), 1)),
                            "std_devs": np.full((len(pairs), 2), 20.0)})


@pytest.fixture
def experiment(tmp_path, monkeypatch, weights):
    """A folder to work in, with five pictures in a dataset.mat. (**keys of the config) writes its pose_cfg.yaml."""
    rng = np.random.RandomState(0)
    records = np.empty((1, 5), [("image", object), ("size", object), ("joints", object)])
    for number in range(5):
        width, height = 104 + 8 * number, 120
        joints = np.column_stack([np.arange(JOINTS), rng.uniform(20, 100, (JOINTS, 2))])
        Image.fromarray(draw_dots(width, height, joints)).save(str(tmp_path / ("im%d.png" % number)))
        person = np.empty((1, 1), object)
        person[0, 0] = joints
        records[0, number] = "im%d.png" % number, np.array([[3, height, width]]), person
    scipy.io.savemat(str(tmp_path / "dataset.mat"), {"dataset": records})
    save_stats(str(tmp_path / "pairwise_stats.mat"))
    monkeypatch.chdir(tmp_path)

    def configure(**keys):
        settings = dict(CONFIG, init_weights=weights(keys.get("pairwise_predict", False)), **keys)
        (tmp_path / "pose_cfg.yaml").write_text(yaml.safe_dump(settings))
    return configure


@pytest.fixture
def canvas():
    """() -> what the current figure looks like, uint8 [h, w, 4]."""
    import matplotlib.pyplot as plt

    def look():
        plt.gcf().canvas.draw()
        return np.array(plt.gcf().canvas.buffer_rgba())
    return look
