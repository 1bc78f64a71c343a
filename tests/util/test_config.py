import glob
import os

import pytest
import yaml

from conftest import ROOT
from util.config import ConfigError, adopt_skeleton, cfg_from_file, default_config, find_file, load_config
from util.skeleton import AI_CHALLENGER, COCO, Skeleton


def write(tmp_path, text):
    path = tmp_path / "pose_cfg.yaml"
    path.write_text(text)
    return str(path)


def test_values_over_defaults(tmp_path):
    cfg = cfg_from_file(write(tmp_path, "net_type: resnet_50\nbatch_size: 4\n"))
    assert cfg.net_type == "resnet_50" and cfg.batch_size == 4 and cfg.stride == 8.0
    assert "net_type" in cfg and "multi_step" not in cfg


def test_each_load_is_fresh(tmp_path):
    path = write(tmp_path, "net_type: resnet_50\n")
    first = cfg_from_file(path)
    first.net_type = "other"
    first.mean_pixel.append(0)
    assert cfg_from_file(path).net_type == "resnet_50" and len(cfg_from_file(path).mean_pixel) == 3


def test_unknown_key_names_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match="'global_scal'.*'global_scale'"):
        cfg_from_file(write(tmp_path, "global_scal: 1.0\n"))


@pytest.mark.parametrize("text, message", [
    ("batch_size: two\n", "batch_size must be int"),
    ("batch_size: true\n", "batch_size must be int"),
    ("mirror: 1\n", "mirror must be bool"),
    ("adam_lr: 1e-4\n", "1.0e-4"),
    ("multi_step: [[5e-3, 10]]\n", "multi_step holds '5e-3', which should be a int or float; YAML wants a point"),
    ("mean_pixel: [1, 2, red]\n", "mean_pixel holds 'red'"),
    ("sparse_graph: [[0, 1.5]]\n", "sparse_graph holds 1.5"),
    ('batch_size: "3"\n', "must be int, not '3'; without quotes it is a number"),
    ("batch_size: 0\n", "batch_size is 0 and must be at least 1"),
    ("nms_radius: -1\n", "nms_radius is -1 and must be at least 0"),
    ("global_scale: .nan\n", "global_scale is nan and must be above 0"),
    ("stride: .inf\n", "stride is inf and must be above 0"),
    ("det_min_score: 1.5\n", "det_min_score is 1.5 and must be from 0 to 1"),
    ("ema_decay: 1\n", "ema_decay is 1 and must be at least 0 and below 1"),
    ("test_sizes: [300, 0]\n", "test_sizes holds 0, which must be above 0"),
    ("cosine: [1]\n", "cosine must be three numbers, not \\[1\\]"),
    ("mean_pixel: [[1, 2, 3]]\n", "mean_pixel must be three numbers"),
    ("multi_step: []\n", "multi_step must be a list of pairs, at least one"),
    ("multi_step: [0.1, 5]\n", "multi_step must be a list of pairs"),
    ("limbs: [[0, 1, 2]]\n", "limbs must be a list of pairs"),
    ("all_joints: [0, 1]\n", "all_joints must be a list of lists, not \\[0, 1\\]"),
    ("all_joints: [[[0, 1]]]\n", "all_joints must be a list of lists"),
    ("limbs: [[[0], 1]]\n", "limbs must be a list of pairs"),
    ("test_sizes: [[256, 100]]\n", "test_sizes must be a list without lists in it, not \\[\\[256, 100\\]\\]"),
    ("dataset: [[a.mat]]\n", "dataset must be a list without lists in it"),
    ("a: [1\n", "not valid YAML"),
    ("- a\n", "key: value"),
    ("!!python/object/apply:os.getcwd []\n", "not valid YAML"),
])
def test_bad_files(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        cfg_from_file(write(tmp_path, text))


def test_defaults_are_within_their_ranges(tmp_path):
    for key, value in default_config().items():
        if value != [] and key not in ("config_file", "preset_joints"):
            cfg_from_file(write(tmp_path, yaml.safe_dump({key: value})))


def test_missing_file_and_missing_key(tmp_path):
    with pytest.raises(ConfigError, match="nowhere.yaml"):
        cfg_from_file(str(tmp_path / "nowhere.yaml"))
    cfg = cfg_from_file(write(tmp_path, "net_type: resnet_50\n"))
    with pytest.raises(AttributeError, match="pose_cfg.yaml: the key 'init_weights'"):
        cfg.init_weights


def test_pose_param_path(tmp_path, monkeypatch):
    write(tmp_path, "net_type: resnet_101\n")
    monkeypatch.setenv("POSE_PARAM_PATH", str(tmp_path))
    assert load_config().net_type == "resnet_101"


def test_paths_are_looked_for_beside_the_config(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "weights.index").write_text("")
    cfg = cfg_from_file(write(tmp_path, "init_weights: weights\ndataset: nowhere.mat\n"))
    assert find_file(cfg, "init_weights") == str(tmp_path / "weights")
    assert find_file(cfg, "dataset") == "nowhere.mat"


def test_a_data_sets_own_joints_apply_unless_the_yaml_sets_them(tmp_path):
    assert cfg_from_file(write(tmp_path, "dataset_type: coco\n")).num_joints == 17
    cfg = cfg_from_file(write(tmp_path, "dataset_type: coco\nnum_joints: 4\n"))
    assert cfg.num_joints == 4 and "all_joints" not in cfg
    turned = cfg_from_file(write(tmp_path, "dataset_type: coco\nall_joints: [[0],[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],"
                                           "[13,14],[15,16]]\n"))
    assert turned.joint_names[9] == "left_wrist" and turned.all_joints[1] == [1, 2]


def test_others_set_what_the_yaml_leaves_open(tmp_path):
    cfg = cfg_from_file(write(tmp_path, "dataset_type: coco\nlimbs: [[0, 1]]\n"))
    adopt_skeleton(cfg, AI_CHALLENGER, "the annotations")
    assert Skeleton.from_config(cfg) == AI_CHALLENGER._replace(limbs=[[0, 1]])
    adopt_skeleton(cfg, COCO, "the weights")  # too late
    assert cfg.num_joints == 14


@pytest.mark.parametrize("text", [
    "dataset_type: coco\nnum_joints: 17\n", "dataset_type: coco\njoint_names: %s\n" % COCO.joint_names,
    "dataset_type: coco\nall_joints: %s\n" % COCO.all_joints, "dataset_type: default\nnum_joints: 17\n"])
def test_the_yamls_joints_stay(tmp_path, text):
    cfg = cfg_from_file(write(tmp_path, text))
    before = dict(cfg)
    adopt_skeleton(cfg, AI_CHALLENGER, "the annotations")
    assert dict(cfg) == before or dict(cfg, preset_joints=before["preset_joints"]) == before


@pytest.mark.parametrize("path", sorted(
    path for folder in ("demo", "models") for path in glob.glob(os.path.join(ROOT, folder, "**/*.yaml"), recursive=True)))
def test_configs_of_the_repository_load(path):
    assert cfg_from_file(path).net_type


def test_the_references_values():
    train = cfg_from_file(os.path.join(ROOT, "models/mpii/train/pose_cfg.yaml"))
    assert train.global_scale == 0.8452830189 and train.multi_step[-1] == [0.001, 1030000] and train.mirror
    assert (train.scale_jitter_lo, train.scale_jitter_up, train.save_iters) == (0.85, 1.15, 60000)
    coco = cfg_from_file(os.path.join(ROOT, "models/coco/train/pose_cfg.yaml"))
    assert coco.pairwise_predict and coco.pairwise_loss_weight == 0.05 and coco.multi_step[-1] == [0.00005, 1800000]
    demo = cfg_from_file(os.path.join(ROOT, "demo/pose_cfg.yaml"))
    assert demo.init_weights == "models/mpii/mpii-single-resnet-101" and demo.num_joints == 14


def test_the_old_import():
    import config
    assert config.load_config is load_config
