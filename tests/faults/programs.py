"""The programs that the campaign of faults breaks off, see docs/reliability.md. A further one is an entry in PROGRAMS.

Each works in a folder of its own, from inputs that are the same each time, and is repeated with the same command.
"""
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple

import numpy as np
import yaml
from PIL import Image

import conftest
from ai_challenger_people import make_records, write_records
from dataset.dataset_mat import DataItem, write_dataset_mat
from util.mat import HEADER

ROOT = conftest.ROOT
# Sums in one order, so that two trainings are equal to the last bit.
ENVIRONMENT = dict(os.environ, PYTHONPATH=ROOT, OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

Program = namedtuple("Program", "command make results")
Program.__doc__ = """
    command: what follows `python`, in the program's folder
    make: function of a pathlib folder, writes the inputs there
    results: function of it, {name: bytes} of what the program has made there; default: of all files, but logs
    """


def files_in(folder):
    """{path: bytes} of all files of a folder, but logs; without the date at the head of a .mat."""
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes()[HEADER * name.endswith(".mat"):] for name, path in paths.items()
            if not name.startswith("log")}


def snapshots_in(folder):
    """The same; of the snapshots the variables, since their files are not always the same bytes, and not the graphs."""
    from nnet.tf import tf
    results = files_in(folder)
    for name in [name for name in results if name.startswith("snapshot-")]:
        if name.endswith(".index"):
            reader = tf.train.NewCheckpointReader(str(folder / name[:-len(".index")]))
            for variable in reader.get_variable_to_shape_map():
                results[name + ":" + variable] = np.asarray(reader.get_tensor(variable)).tobytes()
        if not name.endswith(".json"):
            results[name] = b""
    return results


def make_training(folder):
    """Four pictures with coloured joints, and a network that begins at random."""
    rng = np.random.RandomState(0)
    items = []
    for number in range(4):
        joints = np.column_stack([np.arange(4), rng.uniform(20, 92, 4), rng.uniform(20, 92, 4)])
        Image.fromarray(conftest.draw_dots(112, 112, joints)).save(str(folder / ("im%d.png" % number)))
        items.append(DataItem(number, str(folder / ("im%d.png" % number)), [3, 112, 112], [joints]))
    write_dataset_mat(str(folder / "dataset.mat"), items)
    config = dict(conftest.DOTS, batch_size=1, freeze="backbone", save_iters=2, cosine=[0.002, 0.0001, 8])
    (folder / "pose_cfg.yaml").write_text(yaml.safe_dump(config))
    conftest.save_random_weights(str(folder / "random"))


def make_annotations(folder):
    write_records(folder, make_records(300))


def make_labels(folder):
    """A table of 60 pictures."""
    lines = ["image,nose_x,nose_y,tail_x,tail_y"]
    (folder / "photos").mkdir()
    for number in range(60):
        Image.new("RGB", (64, 48), (number, 0, 0)).save(str(folder / "photos" / ("%d.png" % number)))
        lines.append("photos/%d.png,%d,5,20,%d" % (number, number % 60, number % 40))
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def make_video(folder):
    """Two people who cross, and a config of the shipped weights at one small size."""
    from benchmarks.demo_sequences import crossing
    from dataset.sequences import FPS
    from util.image import resize
    from util.video import writing_video
    with writing_video(str(folder / "crossing.mp4"), FPS) as writer:
        for frame in crossing():
            writer.write(resize(frame.image(), 0.5), frame.time)
    with open(os.path.join(ROOT, "models/multi/video/pose_cfg.yaml")) as stream:
        settings = yaml.safe_load(stream)
    for key in ("init_weights", "pairwise_stats_fn", "pairwise_model_dir"):
        settings[key] = os.path.normpath(os.path.join(ROOT, "models/multi/video", settings[key]))
    settings.update(test_sizes=[256], track_min_frames=3, track_window=2, test_batch_size=3)
    (folder / "pose_cfg.yaml").write_text(yaml.safe_dump(settings))


def make_pictures(folder):
    """Twenty pictures, one of them broken, and a network that begins at random."""
    (folder / "pictures").mkdir()
    for number in range(20):
        joints = np.random.RandomState(number).uniform(20, 92, (4, 2))
        image = conftest.draw_dots(112, 112, np.column_stack([np.arange(4), joints]))
        Image.fromarray(image).save(str(folder / "pictures" / ("%02d.png" % number)))
    (folder / "pictures" / "07.png").write_bytes(b"no picture")
    (folder / "pose_cfg.yaml").write_text(yaml.safe_dump(conftest.DOTS))
    conftest.save_random_weights(str(folder / "random"))


SMALL_SHARDS = ("from pose_tensorflow.many import sources; from pose_tensorflow.commands import many; sources.SHARD = 2; "
                "many.main()")
SAVED_OFTEN = """
from demo import video, video_poses
from util.command import run_command
video_poses.SAVED_EVERY = 5  # frames, not 25
run_command(video.main)
"""
PROGRAMS = {
    "train": Program([os.path.join(ROOT, "train.py")], make_training, snapshots_in),
    "video": Program(["-c", SAVED_OFTEN] + "crossing.mp4 --config pose_cfg.yaml --end 0.96 --out out".split(), make_video,
                     files_in),
    "ai2coco": Program([os.path.join(ROOT, "ai2coco.py")] + "--keypoint_json keypoints.json --img_dir images".split(),
                       make_annotations, files_in),
    "many": Program(["-c", SMALL_SHARDS] + "pictures table --config pose_cfg.yaml --workers 2".split(), make_pictures,
                    files_in),
    "convert": Program("-m dataset.convert labels.csv made/labels.mat --val 0.2".split(), make_labels, files_in),
}


class Bench(object):
    """A program's inputs, made once, and what it gives where nothing breaks it off."""

    def __init__(self, name, folder):
        """folder: pathlib folder, which is there and empty"""
        self.program, self.folder = PROGRAMS[name], folder
        (folder / "inputs").mkdir()
        self.program.make(folder / "inputs")

    def fresh(self, name):
        """A new folder with the inputs."""
        folder = self.folder / name
        shutil.copytree(str(self.folder / "inputs"), str(folder))
        return folder

    def start(self, folder, **keys):
        """The running program, in a process group of its own."""
        return subprocess.Popen([sys.executable, "-W", "ignore"] + self.program.command, cwd=str(folder), env=ENVIRONMENT,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **keys)

    def run(self, folder, **keys):
        """(exit code, what it said)"""
        return finish(self.start(folder, **keys))

    def results(self, folder):
        return self.program.results(folder)


def finish(process):
    """(exit code, what it said)"""
    said, _ = process.communicate()
    return process.returncode, said.decode(errors="replace")


def kill_after(process, seconds):
    """SIGKILL to its process group. Returns whether it still ran."""
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL


def difference(found, expected):
    """What is not the same in two results, in a few words; "" where all is."""
    lacking, spare = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    other = sorted(name for name in set(found) & set(expected) if found[name] != expected[name])
    parts = [(lacking, "lacking"), (spare, "too many"), (other, "different")]
    return "; ".join("%s: %s" % (what, ", ".join(names[:4])) for names, what in parts if names)
