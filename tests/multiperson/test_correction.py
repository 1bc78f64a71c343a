"""Corrections of people who were searched at two sizes: the picture as it is, and resized to a half."""
import numpy as np
import pytest

from dataset.maps import Maps
from multiperson.correction import Constraints, correct, everybody, first_nodes
from multiperson.detections import Detections
from multiperson.explanation import explain
from multiperson.predict import search
from scenes import agreeable_model, multi_person_config, place, with_stray

STRAY = 0.3  # a score that suppresses what agrees with nobody
LEFT, RIGHT = [[20, 20], [60, 20]], [[220, 20], [260, 20]]  # people of two joints, px of the picture


@pytest.fixture
def cfg():
    cfg = multi_person_config()
    cfg.update(joint_names=["hand", "foot"])
    return cfg


def of_joints(number, edges):
    """A config of so many joints with these edges between them."""
    cfg = multi_person_config(number, edges)
    cfg.update(joint_names=["joint %d" % joint for joint in range(number)])
    return cfg


def at_sizes(cfg, *detections):
    """Everybody, of Detections at the scales 1, 1/2, ..."""
    model, maps = agreeable_model(cfg), Maps(np.zeros((40, 40, cfg.num_joints)))
    return everybody(cfg, [search(model, maps, 0.5 ** size, found) for size, found in enumerate(detections)])


def halved(people):
    return np.array(people) / 2


def joints(found):
    """For each person as reported: (size, {joint: x, px of the picture}) of the joints that were detected."""
    return [(same[0][0], {joint: round(float(same[0][1].keypoints[joint, 0]))
                          for joint in np.flatnonzero(same[0][1].visibility)}) for same in found.people]


def test_whoever_was_found_twice_is_one(cfg):
    found = at_sizes(cfg, place([LEFT, RIGHT]), place(halved([LEFT])))
    assert first_nodes(found.searches).tolist() == [0, 4, 6]
    assert joints(found) == [(0, {0: 20, 1: 60}), (0, {0: 220, 1: 260})]
    assert [[size for size, _ in same] for same in found.people] == [[0, 1], [0]]
    nodes = explain(cfg, found).nodes
    assert [node.person for node in nodes] == [0, 1, 0, 1, 0, 0]
    assert [node.joint for node in nodes] == ["hand", "hand", "foot", "foot", "hand", "foot"]
    assert nodes[5].position == (60.0, 20.0) and nodes[5].size == 1


def test_a_cut_holds_whoever_resembles_the_whole(cfg):
    """At the other size the two still are together."""
    found = at_sizes(cfg, place([LEFT]), place(halved([LEFT])))
    apart = correct(cfg, found, Constraints(cut=((0, 1),)))
    assert joints(apart) == [(0, {0: 20}), (0, {1: 60})]


def test_said_of_a_duplicate_it_holds_where_the_person_is_reported(cfg):
    found = at_sizes(cfg, place([LEFT]), place(halved([LEFT])))
    for pair in ((2, 3), (0, 3), (3, 0)):
        assert joints(correct(cfg, found, Constraints(cut=(pair,)))) == [(0, {0: 20}), (0, {1: 60})]


def test_two_people_become_one(cfg):
    found = at_sizes(cfg, place([LEFT, RIGHT]))
    joined = correct(cfg, found, Constraints(join=((0, 3),)))
    assert explain(cfg, joined).nodes[0].person == explain(cfg, joined).nodes[3].person
    assert joined.searches[0].assembly.objective > found.searches[0].assembly.objective


def test_people_of_two_sizes_become_one(cfg):
    """Each was detected at one size only; the surer one lends its other joint, or takes it."""
    nobody = place(np.zeros((0, 2, 2)))
    hand, foot = with_stray(nobody, 0, [20, 20], 0.9), with_stray(nobody, 1, [130, 10], 0.9)
    found = at_sizes(cfg, hand, foot)
    assert joints(found) == [(0, {0: 20}), (1, {1: 260})]
    joined = correct(cfg, found, Constraints(join=((0, 1),)))
    assert joints(joined) == [(0, {0: 20, 1: 260})]
    assert [node.person for node in explain(cfg, joined).nodes] == [0, 0]


def test_people_of_two_sizes_are_told_apart(cfg):
    tall = [[20, 20], [60, 60]]
    found = at_sizes(cfg, place([tall]), with_stray(place(np.zeros((0, 2, 2))), 1, [31, 31], 0.9))
    assert len(found.people) == 1
    cfg.nms_radius = 0.1  # so that they are no twins
    assert len(correct(cfg, found, Constraints(cut=((0, 2),))).people) == 2


def test_a_kept_joint_of_a_duplicate_is_lent(cfg):
    """The foot was detected at the other size only, where nothing says whose it is."""
    hand = with_stray(place(np.zeros((0, 2, 2))), 0, [20, 20], 0.9)
    both = with_stray(with_stray(place(np.zeros((0, 2, 2))), 0, [10, 10], 0.8), 1, [30, 10], STRAY)
    found = at_sizes(cfg, hand, both)
    assert joints(found) == [(0, {0: 20})] and len(explain(cfg, found).suppressed) == 1
    assert joints(correct(cfg, found, Constraints(keep=(2,), join=((1, 2),)))) == [(1, {0: 20, 1: 60})]
    assert sorted(joints(correct(cfg, found, Constraints(keep=(2,))))) == [(0, {0: 20}), (1, {1: 60})]


BODY = [[40, 40], [140, 60], [60, 240], [140, 250]]
WHOLE = (0, {0: 40, 1: 140, 2: 60, 3: 140})


@pytest.mark.parametrize("said", [Constraints(), Constraints(keep=(0, 2)), Constraints(join=((0, 1), (2, 3)))])
def test_parts_of_a_body_are_one_person_and_stay_so(said):
    """Nothing joins the parts but that their joints, found and filled in, make them alike."""
    cfg = of_joints(4, [(0, 1), (2, 3)])
    found = at_sizes(cfg, place([BODY]))
    assert [len(same) for same in found.people] == [2]
    assert joints(correct(cfg, found, said)) == [WHOLE]


def test_parts_of_a_body_are_told_apart():
    cfg = of_joints(4, [(0, 1), (2, 3)])
    apart = correct(cfg, at_sizes(cfg, place([BODY])), Constraints(cut=((0, 2),)))
    assert sorted(joints(apart), key=str) == [(0, {0: 40, 1: 140}), (0, {2: 60, 3: 140})]


@pytest.mark.parametrize("cut", [(0, 2), (4, 6)])  # where the person is reported, and where they were found again
def test_whoever_was_found_whole_does_not_lend_what_was_cut_off_nor_what_went_with_it(cut):
    cfg = of_joints(4, [(0, 1), (0, 2), (2, 3)])
    apart = correct(cfg, at_sizes(cfg, place([BODY]), place(halved([BODY]))), Constraints(cut=(cut,)))
    assert sorted(joints(apart), key=str) == [(0, {0: 40, 1: 140}), (0, {2: 60, 3: 140})]
    nodes = explain(cfg, apart).nodes
    assert all(nodes[a].person != nodes[b].person for a, b in ((0, 2), (4, 6)))


def test_a_kept_joint_takes_the_place_of_another_one():
    """A weak detection of joint 3, which expects the others where the person's are."""
    cfg = of_joints(4, [(0, 1), (0, 2), (1, 2), (2, 3)])
    parts = [list(part) for part in place([BODY, [*BODY[:3], [110, 200]]])]
    chosen = [slice(1), slice(1), slice(1), slice(2)]
    detections = Detections(*([values[one] for values, one in zip(part, chosen)] for part in parts))
    detections.conf[3][1] = STRAY
    found = at_sizes(cfg, detections)
    kept = correct(cfg, found, Constraints(keep=(4,)))
    assert joints(kept) == [(0, {0: 40, 1: 140, 2: 60, 3: 110})]


def test_joins_across_sizes_add_up_and_may_contradict_cuts():
    cfg, nobody = of_joints(3, [(0, 1), (0, 2), (1, 2)]), place(np.zeros((0, 3, 2)))
    found = at_sizes(cfg, with_stray(nobody, 2, [100, 100], 0.7),
                     with_stray(with_stray(nobody, 0, [10, 10], 0.9), 1, [130, 130], 0.9))
    assert len(found.people) == 3
    joined = correct(cfg, found, Constraints(join=((0, 1), (0, 2))))
    assert joints(joined) == [(1, {0: 20, 1: 260, 2: 100})]
    for cut in ((0, 1), (1, 2)):
        with pytest.raises(ValueError, match="contradict each other"):
            correct(cfg, found, Constraints(join=((0, 1), (0, 2)), cut=(cut,)))


def test_people_of_whom_something_is_said_are_reported(cfg):
    cfg.person_min_joints = 2
    found = at_sizes(cfg, with_stray(place([LEFT]), 1, [300, 20], STRAY))
    assert joints(found) == [(0, {0: 20, 1: 60})]
    assert (0, {1: 300}) in joints(correct(cfg, found, Constraints(keep=(2,))))


def test_contradictions(cfg):
    found = at_sizes(cfg, place([LEFT, RIGHT]))
    with pytest.raises(ValueError, match="contradict each other"):
        correct(cfg, found, Constraints(join=((0, 1), (1, 2)), cut=((0, 2),)))
    with pytest.raises(ValueError, match="there is no node 4"):
        correct(cfg, found, Constraints(keep=(4,)))


def test_nobody(cfg):
    found = at_sizes(cfg, place(np.zeros((0, 2, 2))))
    assert found.people == [] and explain(cfg, found).objective == explain(cfg, found).gap == 0
    with pytest.raises(ValueError, match="there is no node 0"):
        correct(cfg, found, Constraints(keep=(0,)))


def test_one_detection_of_two_sizes(cfg):
    """The same hand: to join it with itself says nothing, to cut it from itself cannot be."""
    found = at_sizes(cfg, place([LEFT]), place(halved([LEFT])))
    assert joints(correct(cfg, found, Constraints(join=((0, 2),)))) == joints(found)
    with pytest.raises(ValueError, match="contradict each other"):
        correct(cfg, found, Constraints(cut=((0, 2),)))
