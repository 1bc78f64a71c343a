"""The scripts for several people, with networks and models of the right form but random weights."""
import json
import os

import numpy as np
import pytest
import scipy.io
import yaml

from conftest import ROOT, coco_annotation
from dataset.pairwise_stats import save_pairwise_stats
from multiperson.pairwise import PairModel, used_pairs, write_pair_model
from nnet.net_factory import pose_net
from nnet.tf import tf
from scripts import run
from util.config import cfg_from_file


def make_weights(cfg, prefix):
    """A checkpoint of the network, whose part scores vary enough that some cells are detections."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix)  # with a .meta file, as the published ones have


def make_pairwise_model(cfg, stats_path, folder):
    rng = np.random.RandomState(0)
    pairs = [(a, b) for a in range(17) for b in range(17) if a != b]
    save_pairwise_stats(stats_path, {pair: {"mean": rng.randn(2) * 20, "std": rng.rand(2) * 20 + 5} for pair in pairs})
    for a, b in used_pairs(cfg):
        write_pair_model(folder, a, b, PairModel(np.zeros(8), np.full(8, 100.0), rng.randn(9)))


@pytest.fixture
def folder(coco_root, monkeypatch):
    monkeypatch.chdir(coco_root)
    keys = {"dataset": ".", "dataset_type": "coco", "dataset_phase": "val", "dataset_ann": "person_keypoints",
            "net_type": "efficientnet_lite0", "skip_connections": True, "init_weights": "weights", "nms_radius": 2,
            "location_refinement": True, "pairwise_predict": True, "pairwise_stats_fn": "stats.mat",
            "det_min_score": 0.5, "pairwise_model_dir": "pairs", "sparse_graph": [[0, 1], [5, 6]], "scoremap_dir": "maps",
            "global_scale": 0.5, "pos_dist_thresh": 10}
    (coco_root / "pose_cfg.yaml").write_text(yaml.safe_dump(keys))
    (coco_root / "cached.yaml").write_text(yaml.safe_dump(dict(keys, cached_scoremaps="maps", init_weights="nowhere")))
    (coco_root / "segm.yaml").write_text(yaml.safe_dump(dict(keys, use_gt_segm=True)))
    cfg = cfg_from_file("pose_cfg.yaml")
    make_weights(cfg, "weights")
    make_pairwise_model(cfg, "stats.mat", "pairs")
    return coco_root


def write(path, value):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as stream:
        json.dump(value, stream)


def read(path):
    with open(path) as stream:
        return json.load(stream)


def test_people_of_a_data_set(folder):
    done = run("test_multiperson.py", "--cache", "--out", "out")
    assert done.returncode == 0, done.stderr
    people = read("out/predictions.json")
    assert people and all(len(person["keypoints"]) == 51 for person in people)
    assert {person["image_id"] for person in people} <= {7, 9} and os.path.exists("out/7_pose.png")
    maps = scipy.io.loadmat("maps/7.mat")
    assert maps["scoremaps"].shape == (8, 10, 17) and maps["pairwise_diff"].shape == (8, 10, 272, 2)
    # poses.json says the same, and its joints have scores; dataset.export turns it into everything else.
    done = run("dataset/export.py", "out/poses.json", "exported.json")
    assert done.returncode == 0, done.stderr
    for one, other in zip(people, read("exported.json")):
        assert one["image_id"] == other["image_id"]
        np.testing.assert_allclose(one["keypoints"], other["keypoints"], atol=0.002)
    joints = [joint for image in read("out/poses.json")["images"] for one in image["people"] for joint in one["keypoints"]]
    assert {joint[2] for joint in joints if joint} - {0, 1}
    # From the cached maps, without the network, the same people.
    assert run("test_multiperson.py", "--config", "cached.yaml", "--novis", "--out", "again").returncode == 0
    assert read("again/predictions.json") == people and read("again/poses.json") == read("out/poses.json")


def test_pictures_without_ids_are_named_before_the_search(dots, write_config):
    folder, _ = dots
    done = run("test_multiperson.py", "--config", write_config(folder, dataset=str(folder / "dataset.mat")))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "im0.png has none" in done.stderr


def precision(*arguments):
    """(first line, AP) of eval_mscoco.py."""
    lines = run("eval_mscoco.py", *arguments).stdout.splitlines()
    assert lines[1].split()[0] == "AP"
    return lines[0], float(lines[1].split()[1])


def test_precision(folder):
    """Who is where the annotations say has been found; nobody in the wrong place, or in pictures that were not tested."""
    annotations = read("annotations/person_keypoints_val.json")
    people = [person for person in annotations["annotations"] if person["num_keypoints"] and not person["iscrowd"]]
    results = [{key: person[key] for key in ("image_id", "category_id", "keypoints")} for person in people]
    results = [dict(result, score=0.9) for result in results]
    write("found.json", results)
    assert precision("--predictions", "found.json") == ("%d people in 2 pictures" % len(people), 1.0)
    wrong = [dict(result, keypoints=np.add(result["keypoints"], [40, 0, 0] * 17).tolist()) for result in results]
    write("wrong.json", wrong)
    assert precision("--predictions", "wrong.json")[1] == 0.0
    first = people[0]["image_id"]
    some = [result for result in results if result["image_id"] == first]
    write("dev/predictions.json", some)
    write("dev/poses.json", {"images": [{"id": first, "people": some}]})
    assert precision("--predictions", "dev/predictions.json") == (
        "%d people in 1 of 2 pictures; the others do not count" % len(some), 1.0)


def test_people_cut_out_by_their_masks(folder):
    assert run("test_multiperson.py", "--config", "segm.yaml", "--out", "out").returncode == 0
    people = read("out/predictions_with_segm.json")
    assert len(people) == 2 and all(person["image_id"] == 7 for person in people)
    os.rename("out/predictions_with_segm.json", "predictions_with_segm.json")
    assert "2 people in 1 of 2 pictures" in run("eval_mscoco.py", "--config", "segm.yaml").stdout


def test_the_spatial_model_has_too_few_examples_here(folder):
    before = contents("pairs")
    done = run("train_spatial_model.py")
    assert done.returncode == 1 and "are too few to fit their model" in done.stderr
    assert "no pair of joints has enough examples: pairs stays as it is" in done.stderr and contents("pairs") == before


def contents(folder):
    """{name: bytes} of a folder's files."""
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            found[name] = stream.read()
    return found


@pytest.fixture
def crowd(folder):
    """A data set of 12 pictures of two people each, with joints 0, 1, 5 and 6."""
    annotations = read("annotations/person_keypoints_val.json")
    image = annotations["images"][0]
    annotations["images"] = [dict(image, id=number) for number in range(100, 112)]
    annotations["annotations"] = [
        coco_annotation(10 * number + place, number, [(joint, x + 3 * joint, 20 + (7 * number + 11 * joint) % 60, 2)
                                                      for joint in (0, 1, 5, 6)])
        for number in range(100, 112) for place, x in enumerate((10, 110))]
    write("annotations/person_keypoints_val.json", annotations)
    return annotations["annotations"]


def test_train_and_score_a_spatial_model(crowd):
    os.rename("pairs/spatial_model_cidx_1_2.mat", "pairs/spatial_model_cidx_3_4.mat")  # of an earlier training
    done = run("train_spatial_model.py", "--gt_parts")
    assert "wrote the models of 2 pairs to pairs\n" in done.stdout, done.stderr
    trained = contents("pairs")
    assert sorted(trained) == ["spatial_model_cidx_1_2.mat", "spatial_model_cidx_6_7.mat"]
    assert [pair["positives"] for pair in read("spatial_model.json")["pairs"]] == [24, 24]
    done = run("train_spatial_model.py", "--gt_parts", "--score", "--report", "score.json")
    assert "wrote score.json: mean AUC" in done.stdout and "models" not in done.stdout and contents("pairs") == trained
    scored, held_out = read("score.json"), read("spatial_model.json")
    assert scored["pairs"][0]["log_loss"] < held_out["pairs"][0]["log_loss"]  # it has seen these pictures


def test_annotated_joints_are_assembled(crowd):
    assert run("test_multiperson.py", "--gt_parts", "--novis").returncode == 0
    found = {}
    for person in read("predictions.json"):
        found.setdefault(person["image_id"], []).append(np.reshape(person["keypoints"], (17, 3)))
    for annotation in crowd:
        for joint, (x, y, labelled) in enumerate(np.reshape(annotation["keypoints"], (17, 3))):
            distances = [np.hypot(*(person[joint, :2] - [x, y])) for person in found[annotation["image_id"]]]
            assert not labelled or min(distances) < 0.01


def test_demo(folder):
    done = run("demo/demo_multiperson.py", "images/val/7.png", "--config", "pose_cfg.yaml", "--json", "us.json")
    assert done.returncode == 0, done.stderr
    poses = read("us.json")
    assert len(poses["joint_names"]) == 17 and poses["images"][0]["image"] == "images/val/7.png"
    assert all(len(person["keypoints"]) == 17 for person in poses["images"][0]["people"])


def test_the_published_layout(coco_root, monkeypatch):
    """coco-resnet-101 and its pairwise model work as soon as the files lie where the download script puts them."""
    monkeypatch.chdir(coco_root)
    os.makedirs("models/coco/pairwise")
    cfg = cfg_from_file(os.path.join(ROOT, "demo/pose_cfg_multi.yaml"))
    make_weights(cfg, cfg.init_weights)
    make_pairwise_model(cfg, cfg.pairwise_stats_fn, cfg.pairwise_model_dir)
    done = run("demo/demo_multiperson.py", "images/val/7.png", "--json", "me.json")
    assert done.returncode == 0, done.stderr
    assert "shipped" not in done.stdout and len(read("me.json")["images"]) == 1
    os.remove("models/coco/pairwise/spatial_model_cidx_6_7.mat")
    done = run("demo/demo_multiperson.py", "images/val/7.png")
    assert done.returncode == 1 and "spatial_model_cidx_6_7.mat" in done.stderr
