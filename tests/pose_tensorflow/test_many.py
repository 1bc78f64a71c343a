"""People in many pictures: sources, table, settings, workers that die."""
import io
import os
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image

import pose_tensorflow
from conftest import ROOT
from mortal_workers import Mortal, Stillborn, Unable
from pose_tensorflow.commands import many
from pose_tensorflow.many import processes, sources
from pose_tensorflow.many.processes import in_processes
from pose_tensorflow.many.sources import Shard, find_shards, pictures
from pose_tensorflow.many.work import TRIES, Done, Job, Worker, table_file
from pose_tensorflow.people import People, Person
from util.command import UserError

pyarrow = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")

NAMES = ["deep/3.png", "0.png", "1.png", "2.png", "broken.jpg"]  # 0, 1 and 2 people; one that is no picture
IN_ORDER = ["0.png", "1.png", "2.png", "broken.jpg", "deep/3.png"]


def content(name):
    """The number of people is the picture's grey."""
    if name.endswith("broken.jpg"):
        return b"no picture"
    stream = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), int(os.path.basename(name)[0]), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def pose(image):
    """As many people as the picture's grey says, the last joint of whom is lacking."""
    keypoints = np.array([[1.5, 2.25, 0.5], [np.nan] * 3])
    return People(None, image.shape[:2], [Person(None, keypoints + number, None, 1 / (1 + number))
                                          for number in range(image[0, 0, 0])])


pose.joint_names = ["nose", "tail"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder `pictures`; shards of two pictures, and no network."""
    monkeypatch.setattr(sources, "SHARD", 2)
    monkeypatch.setattr("pose_tensorflow.pose.Pose", lambda cfg, again: pose)
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name))
    (tmp_path / "out").mkdir()
    return tmp_path


def rows_of(folder):
    from pyarrow.parquet import read_table
    return read_table(str(folder)).to_pylist()


def test_a_row_a_person(folder):
    for shard in find_shards("pictures"):
        done = Worker(Job("multi", None, "out")).do(shard)
        assert done == [Done(0, 2, 0, 1), Done(1, 2, 1, 2), Done(2, 1, 0, 3)][shard.number]
    rows = rows_of("out")
    assert [(row["image"], row["person"]) for row in rows] == [
        ("0.png", None), ("1.png", 1), ("2.png", 1), ("2.png", 2), ("broken.jpg", None)] + [("deep/3.png", k) for k in (1, 2, 3)]
    assert list(rows[3].items()) == [
        ("image", "2.png"), ("width", 30), ("height", 20), ("person", 2), ("score", 0.5), ("nose_x", 2.5), ("nose_y", 3.25),
        ("nose_score", 1.5), ("tail_x", None), ("tail_y", None), ("tail_score", None), ("error", None)]
    assert {key: value for key, value in rows[0].items() if value is not None} == {"image": "0.png", "width": 30, "height": 20}
    broken = {key: value for key, value in rows[4].items() if value is not None}
    assert set(broken) == {"image", "error"} and "broken.jpg (it is no picture, or damaged)" in broken["error"]
    assert sorted(os.listdir("out")) == ["part-%06d.parquet" % number for number in range(3)]


def write_tar(path, names):
    with tarfile.open(path, "w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content(name)) if name != "labels.json" else 0
            tar.addfile(member, io.BytesIO(content(name) if member.size else b""))


def write_parquet(path, table, **keys):
    from pyarrow.parquet import write_table
    write_table(pyarrow.table(table), path, **keys)


def people_in(source):
    """[(name, grey or None for what is no picture)], and the sizes of the shards."""
    found, sizes = [], []
    for shard in find_shards(source):
        sizes.append(shard.size)
        for name, read in pictures(shard):
            try:
                found.append((name, int(read()[0, 0, 0])))
            except UserError:
                found.append((name, None))
    return found, sizes


def test_every_source_holds_the_same(folder):
    (folder / "list.txt").write_text("\n".join("pictures/" + name for name in IN_ORDER) + "\n\n")
    write_tar("a.tar", IN_ORDER[:3] + ["labels.json"])
    write_tar("b.tar", ["../../broken.jpg" if name == "broken.jpg" else name for name in IN_ORDER[3:]])
    bytes_of = [content(name) for name in IN_ORDER]
    write_parquet("one.parquet", {"key": [1] * 5, "image": bytes_of}, row_group_size=3)
    write_parquet("hf.parquet", {"image": [{"bytes": one, "path": name} for one, name in zip(bytes_of, IN_ORDER)]})
    write_parquet("named.parquet", {"image": bytes_of[:4] + [None], "thumbnail": bytes_of, "name": IN_ORDER})
    greys = [0, 1, 2, None, 3]
    assert people_in("pictures") == (list(zip(IN_ORDER, greys)), [2, 2, 1])
    assert people_in("list.txt") == ([("pictures/" + name, grey) for name, grey in zip(IN_ORDER, greys)], [2, 2, 1])
    names = ["a.tar/" + name for name in IN_ORDER[:3]] + ["b.tar/../../broken.jpg", "b.tar/deep/3.png"]
    assert people_in("?.tar") == (list(zip(names, greys)), [2, 1, 2])
    assert people_in("one.parquet") == ([("one.parquet/%d" % row, grey) for row, grey in enumerate(greys)], [2, 2, 1])
    assert people_in("hf.parquet")[0] == [("hf.parquet/" + name, grey) for name, grey in zip(IN_ORDER, greys)]
    assert people_in("named.parquet")[0] == [("named.parquet/" + name, grey)
                                             for name, grey in zip(IN_ORDER, greys[:4] + [None])]
    assert not any((place / "broken.jpg").exists() for place in (folder, folder.parent, folder.parent.parent))


@pytest.mark.parametrize("source, message", [
    ("nowhere", "there is no nowhere"), ("*.TAR", "there is no"), ("empty", "empty names no pictures"),
    ("file.zip", "file.zip is none of: a folder"), ("file.tar", "file.tar is no uncompressed tar"),
    ("file.parquet", "file.parquet is no Parquet file"), ("file.txt", "file.txt names no pictures"),
    ("file.*", "is none of"), ("none.tar", "none.tar holds no pictures"),
])
def test_sources_that_are_none(folder, source, message):
    (folder / "empty").mkdir()
    for ending in ("zip", "tar", "parquet"):
        (folder / ("file." + ending)).write_bytes(b"x" * 600)
    (folder / "file.txt").write_text("\n")
    write_tar("none.tar", ["labels.json"])
    with pytest.raises(UserError, match=message):
        find_shards(source)


def test_parquet_without_pictures_and_cut_off(folder):
    write_parquet("text.parquet", {"name": ["a"]})
    write_parquet("two.parquet", {"a": [b"x"], "b": [b"x"]})
    write_parquet("broken.parquet", {"image": [os.urandom(5000) for _ in range(50)]}, compression="none")
    damaged = bytearray((folder / "broken.parquet").read_bytes())
    damaged[4:60] = b"\xff" * 56
    (folder / "broken.parquet").write_bytes(bytes(damaged))
    for name, message in (("text", "a column `image`"), ("two", "its columns are a, b"), ("broken", "it is damaged")):
        problem = Worker(Job("multi", None, "out")).do(find_shards(name + ".parquet")[0]).problem
        assert message in problem and "\n" not in problem
    assert os.listdir("out") == []


@pytest.fixture
def command(folder, monkeypatch, capsys):
    """(words) -> what predict_many.py prints; the work is done in this process. `command.done`: numbers of its shards."""
    def results(job, shards, *_):
        for shard in shards:
            run.done.append(shard.number)
            yield Worker(job).do(shard)

    def run(*words):
        run.done = []
        monkeypatch.setattr(sys, "argv", ["predict_many.py"] + list(words))
        many.main()
        return capsys.readouterr().out

    monkeypatch.setattr(many, "results", results)
    return run


def test_what_is_done_is_not_done_again(command):
    assert "5 pictures, of which 1 could not be read; 6 people" in command("pictures", "table")
    rows = rows_of("table")
    written = {name: open(os.path.join("table", name), "rb").read() for name in os.listdir("table")}
    assert command.done == [0, 1, 2] and len(rows) == 8
    os.remove(table_file("table", 1))
    open(table_file("table", 1) + ".tmp", "w").close()  # as a killed process leaves it
    assert "2 pictures" in command("pictures", "table") and command.done == [1]
    assert written == {name: open(os.path.join("table", name), "rb").read() for name in os.listdir("table")}
    assert "nothing to do" in command("pictures", "table") and command.done == []


def test_other_settings_are_refused(command, folder):
    command("pictures", "table")
    with pytest.raises(UserError, match="table was begun with other settings: joint_names, limbs, weights, .* and [0-9]+ more"):
        command("pictures", "table", "--single")
    (folder / "pictures" / "4.png").write_bytes(content("4.png"))
    with pytest.raises(UserError, match="other settings: pictures, source; take another folder"):
        command("pictures", "table")
    os.remove("table/_settings.json")
    with pytest.raises(UserError, match="no _settings.json that tells"):
        command("pictures", "table")
    with pytest.raises(UserError, match="--workers: -1"):
        command("pictures", "table", "--workers", "-1")


def test_shards_that_cannot_be_done_are_named_in_the_end(command, folder):
    write_tar("a.tar", IN_ORDER[:3])
    write_tar("b.tar", IN_ORDER[3:])
    real = sources.tar_members
    sources.tar_members = lambda path: dict(real(path), sizes=real(path)["sizes"] + (10 ** 6 if "a.tar" in path else 0))
    try:
        with pytest.raises(UserError, match="2 shards could not be done, all others are; .*\n  shard 0: .*a.tar ends too early"):
            command("?.tar", "table")
    finally:
        sources.tar_members = real
    assert len(rows_of("table")) == 4


SHARDS = [Shard(number, "files", "folder", "", ["a%d" % number, "b"], []) for number in range(4)]
EXPECTED = [Done(0, 1), Done(1, 1), Done(2, problem="%d processes died with it (folder, a2 to b)" % TRIES), Done(3, 1)]


def test_processes_that_die(tmp_path, caplog):
    done = list(in_processes(Job("", None, str(tmp_path)), SHARDS, 2, Mortal))
    assert sorted(done) == EXPECTED
    assert caplog.text.count("with shard 2, which is done again") >= TRIES
    assert "a process died (SIGKILL) with shard 1, which is done again" in caplog.text
    assert sorted(os.listdir(str(tmp_path))) == ["killed", "started"]


def test_processes_that_always_die(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "TRIES", 1)
    with pytest.raises(UserError, match="exit status 7.*as did all others lately"):
        list(in_processes(Job("", None, str(tmp_path)), SHARDS, 1, Stillborn))


def test_processes_that_cannot_start(tmp_path):
    with pytest.raises(UserError, match="a process cannot start: there are no weights"):
        list(in_processes(Job("", None, str(tmp_path)), SHARDS, 1, Unable))


def test_workers_of_ray_that_die(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    from pose_tensorflow.many.on_ray import on_ray
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(os.path.abspath(__file__)), ROOT]))
    (tmp_path / "started").touch()
    done = list(on_ray(Job("", None, str(tmp_path)), SHARDS, 2, "local", Mortal))
    assert sorted(done) == EXPECTED
    with pytest.raises(UserError, match="there is no Ray cluster at 127.0.0.1:1"):
        list(on_ray(Job("", None, str(tmp_path)), SHARDS, 2, "127.0.0.1:1", Mortal))


def test_the_whole_command(dots, write_config, random_weights, monkeypatch, capsys):
    config = write_config(dots[0], init_weights=random_weights)
    out = str(dots[0] / "table")
    monkeypatch.setattr(sys, "argv", ["predict_many.py", str(dots[0]), out, "--config", config, "--workers", "1"])
    many.main()
    assert "6 pictures, of which 0 could not be read; 6 people" in capsys.readouterr().out
    rows = rows_of(out)
    person, = pose_tensorflow.load(config)(dots[1][4].im_path)
    found = [[rows[4]["%s_%s" % (joint, part)] for part in ("x", "y", "score")] for joint in person_joints(rows[4])]
    np.testing.assert_allclose(found, person.keypoints, rtol=1e-4)


def person_joints(row):
    return [key[:-2] for key in row if key.endswith("_x")]
