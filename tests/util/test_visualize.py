import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

from conftest import ROOT  # noqa: E402
from util import visualize  # noqa: E402
from util.config import default_config  # noqa: E402
from util.skeleton import COCO, MPII  # noqa: E402

IMAGE = np.full((120, 160, 3), 200, np.uint8)
LARGE = np.full((480, 640, 3), 200, np.uint8)


DRAWN_LARGE = """
import numpy as np
from util import visualize

def peak():
    with open("/proc/self/status") as stream:
        return next(int(line.split()[1]) * 1024 for line in stream if line.startswith("VmHWM"))

image = np.zeros((2000, 3000, 3), np.uint8)
before = peak()
visualize.draw_poses(image, [np.array([[0.0, 0.0, 1.0], [2999.0, 1999.0, 1.0]])], [(0, 1)], [[visualize.RIGHT] * 2])
print((peak() - before) / (2000 * 3000))
"""


def pose_of(**joints):
    pose = np.zeros((14, 3))
    for name, point in joints.items():
        pose[MPII.joint_id(name)] = point
    return pose


def test_limbs_lie_on_the_joints():
    drawn = visualize.draw_pose(LARGE, pose_of(right_knee=(40, 460, 0.9), right_hip=(40, 20, 0.9)), MPII, 0.5)
    np.testing.assert_allclose(drawn[240, 40], visualize.RIGHT, atol=12)  # half-way
    assert (drawn[:, 80:] == 200).all()


def test_sides_have_colours():
    drawn = visualize.draw_pose(LARGE, pose_of(left_knee=(40, 460, 0.9), left_hip=(40, 20, 0.9)), MPII, 0.5)
    np.testing.assert_allclose(drawn[240, 40], visualize.LEFT, atol=12)


def test_nothing_is_drawn_where_nothing_is():
    weak = pose_of(right_knee=(40, 60, 0.4), right_hip=(40, 20, 0.4))
    assert (visualize.draw_pose(IMAGE, weak, MPII, 0.5) == IMAGE).all()
    assert (visualize.draw_pose(IMAGE, np.full((14, 3), np.nan), MPII, 0.5) == IMAGE).all()


def test_what_was_filled_in_is_thinner():
    widths = []
    for score in (0.9, np.nan):
        pose = np.full((14, 3), np.nan)
        pose[MPII.joint_id("right_knee")], pose[MPII.joint_id("right_hip")] = (40, 460, score), (40, 20, 0.9)
        drawn = visualize.draw_pose(LARGE, pose, MPII, 0.5)
        np.testing.assert_allclose(drawn[240, 40], visualize.RIGHT, atol=12)
        widths.append((drawn[240] != 200).any(axis=1).sum())
    assert widths[1] < 0.7 * widths[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_a_large_person_takes_little_memory():
    bytes_a_pixel = float(subprocess.check_output([sys.executable, "-c", DRAWN_LARGE], cwd=ROOT))
    assert bytes_a_pixel < 30


def test_visualize_joints():
    drawn = visualize.draw_joints(IMAGE, np.array([[30.0, 40.0, 1.0]]))
    assert tuple(drawn[40, 30]) == visualize.distinct_colours(1)[0] and (drawn[:, 60:] == 200).all()


def test_maps_lie_on_the_picture():
    score_map = np.zeros((15, 20))
    score_map[5, 10] = 1  # the cell of pixels 80..88, 40..48
    overlaid = visualize.overlay_map(IMAGE, score_map).astype(int)
    red_minus_blue = overlaid[..., 0] - overlaid[..., 2]
    row, column = np.unravel_index(red_minus_blue.argmax(), red_minus_blue.shape)
    assert 80 <= column < 88 and 40 <= row < 48


def test_figures_can_be_saved(tmp_path):
    cfg = default_config()
    pose = np.array([[30.0, 40.0, 1.0], [60.0, 80.0, 1.0]])
    figure = visualize.show_heatmaps(cfg, IMAGE, np.random.RandomState(0).rand(16, 20, 2), pose)
    figure.savefig(str(tmp_path / "maps.png"))
    arrows = {(0, 1): (pose[0, :2], pose[1, :2])}
    visualize.show_arrows(cfg, IMAGE, pose, arrows).savefig(str(tmp_path / "arrows.png"))
    visualize.waitforbuttonpress()
    plt.close("all")
    assert (tmp_path / "maps.png").stat().st_size > 1000 and (tmp_path / "arrows.png").stat().st_size > 1000


def test_shoulders_and_hips_make_a_torso():
    limbs = visualize.drawn_limbs(MPII)
    assert {(9, 8), (3, 2), (9, 3), (8, 2)} <= set(limbs) and len(limbs) == len(MPII.limbs) + 4
    assert (5, 11) in visualize.drawn_limbs(COCO) and (0, 1) in visualize.drawn_limbs(COCO)
    assert visualize.drawn_limbs(MPII._replace(limbs=[])) == []  # a skeleton without limbs is drawn as dots
    chest = pose_of(left_shoulder=(40, 40, 0.9), right_shoulder=(600, 40, 0.9))
    np.testing.assert_allclose(visualize.draw_pose(LARGE, chest, MPII, 0.5)[40, 320], visualize.MIDDLE, atol=12)


def test_waiting_ends_after_a_second_and_at_once_without_figures(monkeypatch):
    waited = []
    monkeypatch.setattr(plt, "waitforbuttonpress", lambda timeout: waited.append(timeout))
    monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
    visualize.waitforbuttonpress()
    assert waited == []
    plt.figure()
    visualize.waitforbuttonpress()
    plt.close("all")
    assert waited == [1]
