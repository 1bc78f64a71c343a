"""The JSON API: its answers are those that openapi.json describes, and those of the façade."""
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from serving import *  # noqa: F401,F403 (fixtures; first: it skips where there is no Starlette)
from dataset.convert import read_all
from dataset.mscoco import MSCOCO
from util.config import default_config
from util.image import read_image

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
         "null": type(None)}


@pytest.fixture(scope="module")
def described(client):
    """(value, name of a schema) -> value, if it is as openapi.json says."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]

    def check(value, schema):
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert any(isinstance(value, TYPES[one]) for one in types)
        if isinstance(value, dict):
            assert set(schema["required"]) <= set(value) <= set(schema["properties"])
            for key, one in value.items():
                check(one, schema["properties"][key])
        if isinstance(value, list):
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            for one in value:
                check(one, schema["items"])
        return value
    return lambda value, name: check(value, schemas[name])


def first_nodes(prediction):
    """The first node of each person at the larger size."""
    person_of = prediction["assembly"]["person"]
    return [next(node["number"] for node in prediction["nodes"] if node["size"] == 1 and person_of[node["number"]] == person)
            for person in range(len(prediction["assembly"]["people"]))]


def test_prediction(pose, prediction, described, two_skateboarders):
    described(prediction, "Prediction")
    people = pose(two_skateboarders)
    assert (prediction["height"], prediction["width"]) == people.size
    assert [dict(keypoints=one["keypoints"], score=one["score"]) for one in prediction["assembly"]["people"]] == [
        person.to_json() for person in people]
    explanation = people.explain()
    assert prediction["assembly"]["person"] == [node.person for node in explanation.nodes]
    assert prediction["assembly"]["suppressed"] == [node.number for node in explanation.suppressed]
    assert prediction["assembly"]["objective"] == pytest.approx(explanation.objective)
    joints = [prediction["joint_names"][node["joint"]] for node in prediction["nodes"]]
    assert joints == [node.joint for node in explanation.nodes]


def test_nodes_of_the_joints(prediction):
    for person in prediction["assembly"]["people"]:
        for (x, y, _), visible, number in zip(person["keypoints"], person["visibility"], person["nodes"]):
            assert visible == (number is not None)
            if visible:
                np.testing.assert_allclose(prediction["nodes"][number]["position"], [x, y], atol=prediction["width"] / 20)


def test_assemblies(pose, client, prediction, described, two_skateboarders):
    first, second = first_nodes(prediction)[:2]
    said = {"join": [[first, second]], "keep": prediction["assembly"]["suppressed"][:1]}
    answer = client.post("/assemble", json=dict(said, id=prediction["id"])).json()
    expected = pose(two_skateboarders).correct(**said)
    assert described(answer, "Assembly")["objective"] == pytest.approx(expected.explain().objective)
    assert answer["person"][first] == answer["person"][second] is not None
    assert [one["score"] for one in answer["people"]] == [person.to_json()["score"] for person in expected]
    assert client.post("/assemble", json={"id": prediction["id"]}).json() == prediction["assembly"]


@pytest.mark.parametrize("said, sentence", [
    ({"join": [[0, 999]]}, "there is no node 999"), ({"keep": [-1]}, "there is no node -1"),
    ({"join": [[0, 1]], "cut": [[1, 0]]}, "contradict each other")])
def test_impossible_corrections(client, prediction, described, said, sentence):
    answer = client.post("/assemble", json=dict(said, id=prediction["id"]))
    assert answer.status_code == 422 and sentence in described(answer.json(), "Error")["error"]


def test_score_maps(client, prediction):
    for query in ("", "&joint=5"):
        answer = client.get("/map?id=%s&size=1%s" % (prediction["id"], query))
        image = Image.open(io.BytesIO(answer.content))
        cell = prediction["cells"][1]
        assert image.mode == "RGBA" and 0 <= image.size[0] * cell - prediction["width"] < 2 * cell + 1
    node = next(node for node in prediction["nodes"] if (node["size"], node["joint"]) == (1, 5))
    column, row = (int(side / cell) for side in node["position"])
    around = np.asarray(image)[max(row - 1, 0):row + 2, max(column - 1, 0):column + 2, 3]
    assert around.max() == pytest.approx(255 * node["score"], abs=1)


def test_offsets(client, prediction, described):
    answer = client.get("/offsets?id=%s&joint=5" % prediction["id"]).json()
    assert [entry["number"] for entry in answer] == [node["number"] for node in prediction["nodes"] if node["joint"] == 5]
    for entry in answer:
        described(entry, "Offsets")
    person = prediction["assembly"]["people"][0]
    expected = next(entry for entry in answer if entry["number"] == person["nodes"][5])["expected"]
    assert expected[5] is None
    np.testing.assert_allclose(expected[11], person["keypoints"][11][:2], atol=30)  # the hip of the same side


def test_exported_poses(pose, client, prediction, two_skateboarders):
    body = {"id": prediction["id"], "name": "us.jpg", "format": "json"}
    poses = client.post("/export", json=body).json()
    people = pose(two_skateboarders)
    assert poses["images"] == json.loads(json.dumps([people.to_json("us.jpg")]))
    assert poses["joint_names"] == prediction["joint_names"]
    assert client.post("/export", json=dict(body, format="coco")).json() == people.to_coco(1)


def test_exported_data_set(client, prediction, tmp_path, two_skateboarders):
    """It is what dataset_type coco, and dataset.convert, take; a name cannot lead elsewhere."""
    first = first_nodes(prediction)[0]
    answer = client.post("/export", json={"id": prediction["id"], "name": "../../my photo_1.jpg", "format": "dataset",
                                          "keep": [first]})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["annotations/person_keypoints_my-photo-1.json", "images/my-photo-1/my-photo-1.png"]
    archive.extractall(str(tmp_path))
    np.testing.assert_array_equal(read_image(str(tmp_path / archive.namelist()[1])), read_image(two_skateboarders))
    cfg = default_config()
    cfg.update(dataset=str(tmp_path), dataset_type="coco", dataset_phase="my-photo-1", dataset_ann="person_keypoints",
               num_joints=17)
    labelled = [person["visibility"].count(True) for person in prediction["assembly"]["people"]]
    item, = MSCOCO(cfg).load_dataset()
    assert [len(joints) for joints in item.joints] == labelled
    (converted,), skeleton = read_all([str(tmp_path / archive.namelist()[0])])
    assert skeleton.joint_names == prediction["joint_names"]
    np.testing.assert_allclose(np.concatenate(converted.joints), np.concatenate(item.joints))


def test_the_page_and_its_description(client):
    assert "<html lang=\"en\">" in client.get("/").text
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/predict", "/assemble", "/export", "/map", "/offsets"}
