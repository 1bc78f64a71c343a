"""docs/ai_challenger.md, command by command, on a few made pictures."""
import json
import os

import pytest
import yaml

import ai2coco
import eval_ai_challenger
import eval_mscoco
import pairwise_stats
import test_multiperson
import train_spatial_model
from ai_challenger_people import make_records, write_records
from conftest import ROOT
from nnet.training import train
from scripts import run
from util.config import cfg_from_file


def read(path):
    with open(path) as stream:
        return json.load(stream)


def config_of(name, **changes):
    """The repository's config models/ai_challenger/<name>, written here with changes."""
    with open(os.path.join(ROOT, "models/ai_challenger", name, "pose_cfg.yaml")) as stream:
        keys = yaml.safe_load(stream)
    with open(name + ".yaml", "w") as stream:
        yaml.safe_dump(dict(keys, dataset="aic", pairwise_stats_fn="stats.mat", **changes), stream)
    return name + ".yaml"


def test_from_download_to_score(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def call(script, *args):
        monkeypatch.setattr("sys.argv", [script.__name__] + list(args))
        script.main()
        return capsys.readouterr().out

    records = make_records(12)
    annotations, images = write_records(tmp_path, records, images="aic/images/train")
    call(ai2coco, "--keypoint_json", annotations, "--img_dir", images, "--layout", "aic14", "--out",
         "aic/annotations/person_keypoints_train.json")
    shipped = os.path.join(ROOT, "models/multi/mobilenet-v2-fpn-multi")
    training = config_of("train", init_weights=shipped, cosine=[0.001, 0.0001, 1], batch_size=2, mixed_precision=False,
                         input_size=128, global_scale=1.0, snapshot_prefix="snapshot", log_dir="log")
    assert "182 pairs" in call(pairwise_stats, "--config", training)
    train(cfg_from_file(training))
    testing = config_of("test", init_weights="snapshot-1", pairwise_model_dir="pairs", dataset_phase="train",
                        sparse_graph=[[0, 1], [0, 13], [12, 13]], global_scale=1.0)
    assert "models of 3 pairs" in call(train_spatial_model, "--config", testing, "--gt_parts")
    call(test_multiperson, "--config", testing, "--out", "out", "--gt_parts")
    people = read("out/predictions.json")
    assert people and all(len(person["keypoints"]) == 42 for person in people) and os.path.exists("out/0_pose.png")
    assert " AP " in " ".join(call(eval_mscoco, "--config", testing, "--predictions", "out/predictions.json").split())
    scored = call(eval_ai_challenger, "--annotations", annotations, "--predictions", "out/predictions.json", "--write",
                  "theirs.json")
    assert "in 12 pictures, %d predicted" % len(people) in scored and scored.splitlines()[-1].startswith("score")
    again = call(eval_ai_challenger, "--annotations", annotations, "--predictions", "theirs.json")
    assert again.splitlines()[-1] == scored.splitlines()[-1]
    assert {entry["image_id"] for entry in read("theirs.json")} <= {record["image_id"] for record in records}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_records(tmp_path, make_records(3))
    return tmp_path


def test_default_output_and_what_is_left_out(folder):
    os.remove("images/%040x.jpg" % 1)
    done = run("ai2coco.py", "--keypoint_json", "keypoints.json", "--img_dir", "images")
    assert done.returncode == 0 and "reading sizes" in done.stderr
    assert len(read("coco_art_neckhead_keypoints.json")["images"]) == 2
    assert "left out 1 pictures" in done.stdout and "%040x.jpg" % 1 in done.stdout


def test_the_annotations_score_best(folder):
    people = [{key: record[key] for key in ("image_id", "keypoint_annotations")} for record in make_records(3)]
    (folder / "perfect.json").write_text(json.dumps(people))
    done = run("eval_ai_challenger.py", "--annotations", "keypoints.json", "--predictions", "perfect.json")
    assert done.stdout.splitlines()[-1] == "score      1.0000"
    (folder / "less.json").write_text(json.dumps(people[:2] + [dict(people[2], image_id="elsewhere")]))
    done = run("eval_ai_challenger.py", "--annotations", "keypoints.json", "--predictions", "less.json")
    assert "1 pictures have no predictions" in done.stdout and "1 pictures of the predictions are not" in done.stdout


@pytest.mark.parametrize("script, args", [
    ("ai2coco.py", ["--keypoint_json", "cut.json", "--img_dir", "images"]),
    ("eval_ai_challenger.py", ["--annotations", "cut.json", "--predictions", "keypoints.json"]),
    ("eval_ai_challenger.py", ["--annotations", "keypoints.json", "--predictions", "cut.json"]),
])
def test_errors_are_one_message(folder, script, args):
    (folder / "cut.json").write_text('[{"image_id": ')
    done = run(script, *args)
    assert done.returncode == 1 and done.stderr.startswith(script + ": cut.json is no JSON file")
