import pytest

from util.config import default_config
from util.skeleton import AI_CHALLENGER, SKELETONS, Skeleton

ALL = dict(SKELETONS, ai_challenger=AI_CHALLENGER)


@pytest.mark.parametrize("name", sorted(ALL))
def test_presets_are_consistent(name):
    skeleton = ALL[name]
    cfg = default_config()
    cfg.update(skeleton._asdict(), num_joints=skeleton.num_joints)
    assert Skeleton.from_config(cfg) == skeleton
    assert len(set(skeleton.joint_names)) == skeleton.num_joints
    swapped = skeleton.mirror_map
    assert [swapped[joint] for joint in swapped] == list(range(skeleton.num_joints))
    for a, b in enumerate(swapped):
        names = skeleton.joint_names[a], skeleton.joint_names[b]
        assert names[0].replace("left", "right") == names[1].replace("left", "right")
        assert a == b or names[0] != names[1]


def test_names_are_made_up_from_groups():
    cfg = default_config()
    cfg.update(num_joints=3, all_joints=[[2, 0], [1]], all_joints_names=["ear", "nose"])
    assert Skeleton.from_config(cfg).joint_names == ["ear_2", "nose", "ear_1"]


def test_mirror_pairs_are_told_by_names():
    skeleton = Skeleton.from_names(["tail", "right_ear", "LeftPaw", "left_ear", "RightPaw", "left"], [[0, 1]])
    assert skeleton.mirror_map.tolist() == [0, 3, 4, 1, 2, 5]
    assert skeleton.all_joints_names == ["tail", "Paw", "ear", "left"] and skeleton.oks_sigmas is None
    assert AI_CHALLENGER.mirror_map.tolist() == [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8, 12, 13]


@pytest.mark.parametrize("names", [["Left_Hand", "Right_Hand"], ["LeftEar", "RightEar"], ["EAR_LEFT", "EAR_RIGHT"],
                                   ["leftEar", "RightEar"]])
def test_mirror_pairs_whatever_their_case(names):
    assert Skeleton.from_names(names).all_joints == [[0, 1]]


def test_case_counts_where_it_tells_names_apart():
    names = ["left_ear", "Left_Ear", "right_ear", "Right_Ear"]
    assert Skeleton.from_names(names).all_joints == [[0, 2], [1], [3]]


@pytest.mark.parametrize("keys, message", [
    (dict(num_joints=3, all_joints=[[0, 1]]), "each of the ids 0 to 2"),
    (dict(num_joints=3, all_joints=[[0, 1, 2]]), "left/right pair"),
    (dict(num_joints=2, all_joints=[[0], [1]], all_joints_names=["a"]), "1 all_joints_names for 2"),
    (dict(num_joints=2, limbs=[[0, 2]]), "limbs"),
    (dict(num_joints=2, limbs=[[0, 1, 1]]), "limbs .* must be pairs"),
    (dict(num_joints=2, joint_names=["a"]), "joint_names"),
    (dict(num_joints=2, joint_names=["a", ["b"]]), "joint_names .* must be names"),
    (dict(num_joints=2, joint_names=["a", "\ud800"]), "joint_names .* can be printed"),
    (dict(num_joints=10 ** 30), "num_joints: 1000000000000000000000000000000 is none of 1 to 10000"),
])
def test_contradictions(keys, message):
    cfg = default_config()
    cfg.update(keys)
    with pytest.raises(ValueError, match=message):
        Skeleton.from_config(cfg)
