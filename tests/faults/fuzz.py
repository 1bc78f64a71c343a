"""Feeds damaged files to whatever reads files of others: a clear error or a result, within bounds, and nothing else happens.

    python tests/faults/fuzz.py --seconds 600              # all targets, as `make faults` does; pip install atheris
    python tests/faults/fuzz.py yaml --seconds 60

What is found is written to the working directory, as crash-... . tests/faults/test_fuzz.py tries a few of each without atheris.
"""
import argparse
import json
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(path) for path in (TESTS.parent, TESTS, TESTS / "dataset/formats") if str(path) not in sys.path]

MEMORY, SECONDS = 2000, 20  # MB, and for one input

Target = namedtuple("Target", "seeds run")
Target.__doc__ = """seeds: good inputs, bytes; run: function of bytes, raises what must not happen"""


def reader(folder, form, read):
    """The Target of a file that is there, good, in the folder: read(path) may raise UserError."""
    from util.command import UserError
    path = folder / form

    def run(data):
        path.write_bytes(data)
        try:
            read(str(path))
        except UserError as error:
            assert str(error)
    return Target([path.read_bytes()], run)


def converter(folder, form):
    """The same, of labels that dataset.convert takes."""
    from dataset.convert import read_all, write

    def convert(path):
        items, skeleton = read_all([path])
        for ending in (".mat", ".json"):
            write(str(folder / "out" / ("labels" + ending)), items, skeleton)
    return reader(folder, form, convert)


def configs(folder):
    from util.config import cfg_from_file
    from util.skeleton import Skeleton
    good = """\
dataset: a.mat
num_joints: 4
all_joints: [[0, 1], [2], [3]]
all_joints_names: [a, b, c]
limbs: &limbs [[0, 2], [1, 3]]
sparse_graph: *limbs
mean_pixel: [127.0, 127.5, 1.0e-3]
cosine: [0.002, 0.0001, 12]
multi_step: [[0.005, 10000], [0.02, 430000]]
init_weights: "x" # a comment
"""
    (folder / "cfg.yaml").write_text(good)
    return reader(folder, "cfg.yaml", lambda path: Skeleton.from_config(cfg_from_file(path)))


def training_set(folder):
    """COCO's annotations as training reads them, with their masks."""
    from dataset.factory import create
    from dataset.validation import validate
    from util.config import default_config
    from conftest import coco_annotation, save_pictures
    (folder / "annotations").mkdir()
    save_pictures(folder / "images/val", ["7.png"])
    document = {"images": [{"id": 7, "file_name": "7.png", "width": 50, "height": 40}],
                "annotations": [coco_annotation(1, 7, [(0, 20, 20, 2), (5, 30, 30, 1)]), coco_annotation(2, 7, []),
                                coco_annotation(3, 7, [], 1, {"size": [40, 50], "counts": [1000, 1000]})],
                "categories": [{"id": 1, "name": "person"}]}
    name = "annotations/person_keypoints_val.json"
    (folder / name).write_text(json.dumps(document))

    def read(path):
        cfg = default_config()
        cfg.update(dataset_type="coco", dataset=str(folder), dataset_ann="person_keypoints", dataset_phase="val",
                   num_joints=17, weigh_part_predictions=True)
        validate(create(cfg))
    return reader(folder, name, read)


def pictures(form):
    """A picture's file, read as commands and as the page's server do."""
    def make(folder):
        import numpy as np
        from PIL import Image
        from starlette.exceptions import HTTPException
        from pose_tensorflow.serve.limits import Limits
        from pose_tensorflow.serve.picture import decode
        from util.image import image_size, read_image
        image = Image.fromarray(np.random.RandomState(0).randint(0, 256, (40, 50, 3)).astype(np.uint8))
        image.save(str(folder / "picture"), form, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")
        files = reader(folder, "picture", read_image), reader(folder, "picture", image_size)

        def run(data):
            for target in files:
                target.run(data)
            try:
                decode(data, Limits())
            except HTTPException as error:
                assert 400 <= error.status_code < 500
        return Target(files[0].seeds, run)
    return make


def page(folder):
    """Corrections and exports of a picture that was sent before; ID stands for its id."""
    from starlette.testclient import TestClient
    import conftest
    import pose_tensorflow
    from pose_tensorflow.serve.app import make_app
    client = TestClient(make_app(pose_tensorflow.load("multi")), "http://localhost:8000", raise_server_exceptions=False)
    with open(os.path.join(conftest.ROOT, "demo/images/skier.jpg"), "rb") as stream:
        found = client.post("/predict", content=stream.read(), headers={"Content-Type": "image/jpeg"}).json()

    def run(data):
        body = data.replace(b"ID", found["id"].encode())
        for path in ("/assemble", "/export"):
            answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 200 or 400 <= answer.status_code < 500 and list(answer.json()) == ["error"], answer
    said = [{"id": "ID"}, {"id": "ID", "join": [[0, 1]], "cut": [[2, 3]], "keep": [4]},
            {"id": "ID", "format": "coco", "name": "a.jpg"}, {"id": "ID", "format": "json"}]
    return Target([json.dumps(one).encode() for one in said], run)


def of_a_source(form):
    def make(folder):
        from test_damaged_sources import make_sources
        make_sources(folder)
        if form.endswith(".h5"):
            import pandas
            table = pandas.read_csv(str(folder / "labeled-data/v/CollectedData_me.csv"), header=[0, 1, 2], index_col=0)
            table.to_hdf(str(folder / form), key="df_with_missing", mode="w")
        return converter(folder, form)
    return make


DLC = "labeled-data/v/CollectedData_me"
TARGETS = {
    "dataset.mat": of_a_source("dataset.mat"), "joints.mat": of_a_source("joints.mat"), "csv": of_a_source("wide.csv"),
    "csv-long": of_a_source("long.csv"), "csv-deeplabcut": of_a_source(DLC + ".csv"), "h5": of_a_source(DLC + ".h5"),
    "coco": of_a_source("coco.json"), "coco-training": training_set, "yaml": configs, "jpeg": pictures("JPEG"),
    "png": pictures("PNG"), "webp": pictures("WEBP"), "page": page,
}


def watch(folder):
    """A list to which from here on is added what this process writes outside of a folder, and what it starts."""
    allowed, seen = (str(folder), os.devnull, "/proc/"), []

    def hook(event, details):
        if event == "open":
            written = isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            written = event in ("os.remove", "os.rename", "os.mkdir", "shutil.rmtree")
        if written and isinstance(details[0], str) and not details[0].startswith(allowed):
            seen.append((event, details[0]))
        if event in ("os.system", "subprocess.Popen", "socket.connect", "os.exec"):
            seen.append((event, details))
    sys.addaudithook(hook)
    return seen


def mutated(data, rng):
    """For whoever has no atheris: some bytes replaced, repeated or cut off."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        start = rng.randrange(len(data) + 1)
        end = start + rng.randrange(1, 5)
        new = rng.choice([b"", b"\0", b"\xff", b"-", b"9" * 30, b"e999", b"[", b"{", b"nan", data[end:end + 20] * 5])
        data[start:rng.choice([start, end])] = new
    return bytes(data[:rng.randrange(len(data) + 1)] if rng.random() < 0.2 else data)


def quietly(name, folder):
    """A Target, made; what it reads may be warned of, and is not shown."""
    import numpy as np
    target = TARGETS[name](folder)
    logging.disable(logging.CRITICAL)
    np.seterr(all="ignore")
    return target


def fuzz(name, seconds, seed):
    """Does not return."""
    import warnings

    import atheris
    with atheris.instrument_imports(include=["dataset", "util", "pose_tensorflow", "multiperson", "yaml"]):
        import dataset.convert  # noqa: F401
        import pose_tensorflow.serve.app  # noqa: F401
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    target = quietly(name, folder)
    (folder / "corpus").mkdir()
    for number, one in enumerate(target.seeds):
        (folder / "corpus" / str(number)).write_bytes(one)
    sys.stdout = open(os.devnull, "w")
    seen = watch(folder)

    def one(data):
        target.run(data)
        assert not seen, seen

    atheris.Setup(["fuzz", "-max_total_time=%d" % seconds, "-rss_limit_mb=%d" % MEMORY, "-timeout=%d" % SECONDS,
                   "-seed=%d" % seed, "-max_len=20000", "-print_final_stats=1", "-artifact_prefix=%s/" % folder,
                   str(folder / "corpus")], one)
    atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=600, help="for each")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 2 ** 31))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        fuzz(args.targets[0], args.seconds, args.seed)
    found = 0
    for name in args.targets or TARGETS:
        command = [sys.executable, __file__, name, "--here", "--seconds", str(args.seconds), "--seed", str(args.seed)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode(errors="replace")
        counts = re.findall(r"number_of_executed_units: (\d+)", said)  # processes that read for it may have died, and said so
        print("%s: %s inputs in %d s, seed %d; found: %d" % (
            name, counts[-1] if counts else "?", args.seconds, args.seed, bool(done.returncode)), flush=True)
        if done.returncode:
            print("  " + "\n  ".join(said.splitlines()[-40:]))
            found += 1
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
