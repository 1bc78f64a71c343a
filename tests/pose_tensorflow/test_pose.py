"""The ten lines of Python: pose_tensorflow.load and what it gives."""
import doctest
import functools
import importlib
import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import pose_tensorflow
from conftest import ROOT
from demo import demo_multiperson, singleperson
from multiperson.correction import everybody
from pose_tensorflow.people import SeveralPeople
from util.command import UserError
from util.config import cfg_from_file
from util.image import read_image
from util.pose_json import image_entry
from util.skeleton import COCO, MPII

JUMPING = os.path.join(ROOT, "demo/images/skateboarder_jumping.jpg")
STANDING = os.path.join(ROOT, "demo/images/skateboarder_standing.jpg")


load = functools.lru_cache(maxsize=None)(pose_tensorflow.load)


@pytest.fixture(scope="module")
def single():
    return load("single")


@pytest.fixture(scope="module")
def multi():
    return load("multi")


@pytest.fixture(scope="module")
def skateboarders(multi, two_skateboarders):
    return multi(two_skateboarders)


def test_importing_it_imports_nothing_large():
    code = "import sys, pose_tensorflow; sys.exit(bool({'tensorflow', 'numpy'} & set(sys.modules)))"
    assert subprocess.call([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=ROOT)) == 0


@pytest.mark.parametrize("module", ["pose_tensorflow", "pose_tensorflow.pose", "pose_tensorflow.people"])
def test_examples(monkeypatch, module):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(pose_tensorflow, "load", load)
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried and not failed


def test_several_people(multi, two_skateboarders, skateboarders):
    image = read_image(two_skateboarders)
    assert multi.joint_names == COCO.joint_names and skateboarders.size == image.shape[:2] and len(skateboarders) == 2
    person = skateboarders[0]
    assert person.keypoints.shape == (17, 3) and person.visibility.dtype == bool
    assert [one.score for one in skateboarders] == sorted((one.score for one in skateboarders), reverse=True)
    assert skateboarders.draw(image).shape == image.shape and (person.draw(image) != image).any()


def test_one_person(single):
    people = single(JUMPING)
    assert single.joint_names == MPII.joint_names and len(people) == 1
    np.testing.assert_array_equal(people[0].visibility, people[0].keypoints[:, 2] >= 0.3)  # the config's score_threshold
    assert people[0].score == people[0].keypoints[:, 2].mean()
    np.testing.assert_array_equal(people.draw(JUMPING), people[0].draw(JUMPING))


@pytest.mark.parametrize("name, demo", [("single", singleperson), ("multi", demo_multiperson)])
def test_json_and_drawing_of_the_demos(request, name, demo):
    pose = request.getfixturevalue(name)
    find, draw, _ = demo.make_finder(cfg_from_file(os.path.join(ROOT, "models/%s/test/pose_cfg.yaml" % name)))
    image = read_image(JUMPING)
    people, (entries,) = pose(image), find([image])
    assert json.loads(json.dumps(people.to_json(JUMPING))) == image_entry(JUMPING, image.shape[:2], entries)
    assert (np.abs(people.draw(image) - draw(image, entries).astype(int)) > 40).mean() < 1e-3  # entries are rounded


def test_coco_results(skateboarders):
    results = skateboarders.to_coco(7)
    assert [result["score"] for result in results] == [person.score for person in skateboarders]
    assert {result["image_id"] for result in results} == {7} and len(results[0]["keypoints"]) == 51


def test_pictures_of_any_form(single):
    image = read_image(JUMPING)
    grey = np.asarray(Image.fromarray(image).convert("L"))
    opaque = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    same = single([image, JUMPING, pathlib.Path(JUMPING), Image.fromarray(image), opaque, image.astype(np.uint16) * 257])
    assert len({json.dumps(people.to_json()) for people in same}) == 1
    of_grey = single((grey, grey[..., None], Image.fromarray(grey), grey.astype(np.uint16) << 8))
    assert len({json.dumps(people.to_json()) for people in of_grey}) == 1
    assert single([]) == []


def test_what_is_no_picture(single):
    for picture in (np.zeros((4, 4)), np.zeros((3, 4, 5), np.uint8), np.zeros((0, 4, 3), np.uint8), None):
        with pytest.raises(UserError, match="is no picture: uint8 or uint16 of shape"):
            single(picture)
    with pytest.raises(UserError, match="there is no image nowhere.jpg"):
        single("nowhere.jpg")


def test_what_is_no_model():
    with pytest.raises(ValueError, match="mutli is neither single nor multi nor a config: there is no such file"):
        pose_tensorflow.load("mutli")
    with pytest.raises(ValueError, match="there are no weights nowhere"):
        pose_tensorflow.load("single", weights="nowhere")


def test_the_network_of_a_config(tmp_path):
    (tmp_path / "pose_cfg.yaml").write_text("""\
net_type: mobilenet_v2_fpn_1.75
stride: 4
mean_pixel: [127.5, 127.5, 127.5]
dataset_type: mpii
location_refinement: true
init_weights: models/single/mobilenet-v2-fpn-single
""")
    assert len(pose_tensorflow.load(str(tmp_path / "pose_cfg.yaml"))(JUMPING)) == 1


@pytest.mark.parametrize("name", ["single", "multi"])
def test_threads(request, name):
    """Eight at once: everybody gets what one alone gets."""
    pose = request.getfixturevalue(name)
    pictures = [JUMPING, STANDING] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(pose, pictures))
    alone = [json.dumps(pose(path).to_json()) for path in pictures[:2]]
    assert [json.dumps(people.to_json()) for people in found] == alone * 8


def test_explanation_of_one_person(single):
    people = single(JUMPING)
    explanation = people.explain()
    assert [node.joint for node in explanation.nodes] == MPII.joint_names
    np.testing.assert_array_equal([node.position + (node.score,) for node in explanation.nodes], people[0].keypoints)
    assert not explanation.edges and not explanation.suppressed and explanation.objective is None
    with pytest.raises(ValueError, match="one person is not assembled"):
        people.correct(join=[(0, 1)])


def test_explanation_of_several_people(skateboarders):
    explanation = skateboarders.explain()
    nodes, edges = explanation.nodes, explanation.edges
    assert [node.number for node in nodes] == list(range(len(nodes)))
    assert {node.person for node in nodes} == {None, 0, 1} and {node.size for node in nodes} == {0, 1}
    assert all(nodes[edge.a].size == nodes[edge.b].size and edge.a < edge.b for edge in edges)
    paid = sum(node.cost for node in nodes if not node.suppressed) + sum(edge.cost for edge in edges if edge.joined)
    np.testing.assert_allclose([paid, sum(size.objective for size in explanation.sizes)], explanation.objective)
    assert explanation.lower_bound <= explanation.objective
    assert explanation.gap * abs(explanation.objective) == pytest.approx(explanation.objective - explanation.lower_bound)
    places = np.array([node.position for node in nodes if node.person == 0])
    assert places.min() >= 0 and (places.max(axis=0) < skateboarders.size[::-1]).all()


def nodes_of(people, person, size=None):
    return [node.number for node in people.explain().nodes if node.person == person and size in (None, node.size)]


def test_corrections_add_up(skateboarders):
    first, second = (nodes_of(skateboarders, person, 1)[0] for person in (0, 1))
    joined = skateboarders.correct(join=[(first, second)])
    nodes = joined.explain().nodes
    assert nodes[first].person == nodes[second].person is not None and joined.difference > 0
    a, b = nodes_of(joined, nodes[first].person, 1)[-2:]
    apart = joined.correct(cut=[(a, b)])
    nodes = apart.explain().nodes
    assert nodes[first].person == nodes[second].person and nodes[a].person != nodes[b].person
    assert apart.constraints == (((first, second),), ((a, b),), ()) and skateboarders.constraints == ((), (), ())
    assert skateboarders.correct().to_json() == skateboarders.to_json() and skateboarders.correct().difference == 0


def test_kept_nodes_are_somebody_s(skateboarders):
    for node in skateboarders.explain().suppressed:
        kept = skateboarders.correct(keep=[node.number])
        again = kept.explain().nodes[node.number]
        assert not again.suppressed and again.person is not None and kept.difference > 0
        assert kept[0].visibility.sum() >= skateboarders[0].visibility.sum()  # nobody is worse off


def test_where_nobody_was_reported(skateboarders):
    """A person_min_score leaves nobody; whose node is kept is reported all the same."""
    cfg = cfg_from_file(os.path.join(ROOT, "models/multi/test/pose_cfg.yaml"))
    cfg.person_min_score = 2.0
    found = [one._replace(people=[]) for one in skateboarders._found.searches]
    nobody = SeveralPeople(cfg, skateboarders.size, everybody(cfg, found))
    assert not nobody
    kept = nobody.correct(keep=[nobody.explain().suppressed[0].number])
    assert len(kept) == 1 and kept.difference > 0


def test_impossible_corrections(skateboarders):
    for wrong, message in [(dict(join=[(0, 999)]), "there is no node 999: explain\\(\\) has the nodes 0 to"),
                           (dict(keep=[-1]), "there is no node -1"),
                           (dict(join=[(0, 1)], cut=[(1, 0)]), "contradict each other"),
                           (dict(cut=[0, 1]), "join and cut are lists of pairs of nodes"),
                           (dict(join=[(0.5, 1)]), "join and cut are lists of pairs of nodes"),
                           (dict(keep=5), "keep is a list of nodes")]:
        with pytest.raises(ValueError, match=message):
            skateboarders.correct(**wrong)
