"""How fast it is on this machine: prints a table, as docs/speed.md has it, writes out/bench.json and draws out/bench.png.
Medians; nothing else should be running.

    make bench

A baseline is either measured in the same run (the plain graph: variables, float32, all heads everywhere, one picture at a
time) or the time of the 2017 code on another machine, scaled by how much faster or slower this one runs the plain graph.
crowd.npz holds maps of 3, 10 and 25 people, detections with the pairwise offsets that 40 pairs of joints need, and one
spatial model for all pairs; 100 people are four times the 25, side by side.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

import pose_tensorflow
from dataset import factory
from dataset.dataset_mat import DataItem, write_dataset_mat
from dataset.loader import Loader
from dataset.maps import Maps, map_size
from dataset.pairwise_stats import save_pairwise_stats
from dataset.pose_dataset import Batch, read_picture
from dataset.targets import dense_pairwise, encode
from demo.samples import sample_images
from multiperson.detections import extract_detections
from multiperson.pairwise import SpatialModel
from multiperson.predict import PeoplePredictor, find_people
from nnet.int8 import distances
from nnet.map_predictor import MapPredictor
from nnet.net_factory import pose_net
from nnet.pose_net import get_batch_spec
from nnet.predict import PosePredictor
from nnet.replica import Alone
from nnet.runtimes import ONNXRuntime, OpenVINO
from nnet.tf import session_config, tf
from nnet.training import Trainer
from util.config import PROJECT, cfg_from_file, default_config
from util.image import resize_to
from util.processor import computes_bfloat16, described, flags

SHIPPED = os.path.join(PROJECT, "models/single/test/pose_cfg.yaml")
SHIPPED_MULTI = os.path.join(PROJECT, "models/multi/test/pose_cfg.yaml")
CROWD = np.load(os.path.join(PROJECT, "benchmarks/crowd.npz"), allow_pickle=False)
HEIGHT, WIDTH = 300, 400
SIDES = (160, 224, 320, 448, 640, 896)
PEOPLE = (3, 10, 25, 100)
STEPS = 6  # of training, in which it is measured how long they wait for pictures
OUT = os.path.abspath("out/bench")  # where weights are written, and networks kept that are made of them

RUN_AND_TELL_MEMORY = """
import json, sys
import numpy as np
from nnet.map_predictor import MapPredictor
from util.config import default_config
cfg = default_config()
cfg.update(json.loads(sys.argv[1]))
MapPredictor(cfg).maps(np.zeros((600, 800, 3), np.uint8)).pairwise[np.arange(70), np.arange(70)]
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""

# Seconds of the 2017 code (TensorFlow 1.15) on a machine that takes PLAIN_THERE for the plain graph.
PLAIN_THERE = 0.305
SECONDS_OF_2017 = {"train_r50": 0.90, "targets_pairwise": 0.16, "nms_detections": 0.009, "graph_solver_25": 0.070}


def median_seconds(function, repeats=9):
    return by_turns([function], repeats)[0]


def by_turns(functions, repeats=9):
    """Median seconds of each; what else the machine does meets all alike."""
    for function in functions:
        function()  # the first call prepares
    times = []
    for _ in range(repeats):
        marks = [time.perf_counter()]
        for function in functions:
            function()
            marks.append(time.perf_counter())
        times.append(np.diff(marks))
    return np.median(times, axis=0).tolist()


def single_predictor(precision="auto"):
    cfg = cfg_from_file(SHIPPED)
    cfg.precision = precision
    return PosePredictor(cfg)


def inference(predictor, side):
    """Seconds for one square picture, one scale."""
    image = np.random.RandomState(0).randint(0, 256, (side, side, 3), np.uint8)
    return median_seconds(lambda: predictor.find_at(image, 1.0))


def photograph():
    """Seconds from a file to the joints of the person in it, whose size has to be found."""
    pose = pose_tensorflow.load("single")
    return median_seconds(lambda: pose(os.path.join(PROJECT, "demo/images/skier.jpg")))


def several_people(side):
    """Seconds from one square picture to its people with the shipped weights, as the demo does it: all sizes, assembly."""
    predictor = PeoplePredictor(cfg_from_file(SHIPPED_MULTI))
    image = resize_to(dict(sample_images())["skier"], (side, side))
    return median_seconds(lambda: predictor.find(image))


def training_config(net_type, batch_size, mixed_precision=True):
    """Of the single-person network."""
    cfg = default_config()
    cfg.update(net_type=net_type, num_joints=14, location_refinement=True, batch_size=batch_size, pos_dist_thresh=17,
               multi_step=[[1e-4, STEPS]], mixed_precision=mixed_precision, skip_connections=net_type.startswith("efficientnet"))
    return cfg


def training_step(cfg, height, width):
    """Seconds for each picture of a training step."""
    rows, columns = map_size(height, width, cfg.stride)
    with tf.Graph().as_default():
        inputs = {key: tf.placeholder(tf.float32, shape) for key, shape in get_batch_spec(cfg).items()}
        loss = pose_net(cfg).train(inputs)["total_loss"]
        step = tf.train.MomentumOptimizer(1e-4, 0.9).minimize(loss)
        feed = {placeholder: np.ones([cfg.batch_size] + ([height, width] if key is Batch.inputs else [rows, columns])
                                     + [int(placeholder.shape[3])], np.float32) for key, placeholder in inputs.items()}
        with tf.Session(config=session_config(cfg.mixed_precision)) as session:
            session.run(tf.global_variables_initializer())
            return median_seconds(lambda: session.run(step, feed), repeats=5) / cfg.batch_size


def loading():
    """(pictures a second that the loader makes ready, part of the time in which a training of ResNet-50 waits for it), on
    JPEG files of 400 x 300 px."""
    cfg, rng = training_config("resnet_50", 4), np.random.RandomState(0)
    picture, cfg.dataset = os.path.join(OUT, "picture.jpg"), os.path.join(OUT, "pictures.mat")
    Image.fromarray(resize_to(dict(sample_images())["skier"], (WIDTH, HEIGHT))).save(picture)
    joints = [[np.column_stack([np.arange(14), rng.uniform(0, (WIDTH, HEIGHT), (14, 2))])] for _ in range(40)]
    write_dataset_mat(cfg.dataset, [DataItem(number, picture, [3, HEIGHT, WIDTH], one) for number, one in enumerate(joints)])
    loader = Loader(factory.create(cfg).training_batch)
    try:
        seconds = median_seconds(lambda: [loader.next_batch() for _ in range(20)], repeats=5) / (20 * cfg.batch_size)
        with tf.Graph().as_default():
            trainer, batch = Trainer(cfg, Alone()), loader.next_batch()
            trainer.agree(batch, 0)
            trainer.step(batch, 0)
            start, waited = time.perf_counter(), loader.waited
            for iteration in range(STEPS):
                trainer.step(loader.next_batch(), iteration)
            return 1 / seconds, (loader.waited - waited) / (time.perf_counter() - start)
    finally:
        loader.close()


def people_config():
    """The ResNet-101 of several people."""
    cfg = default_config()
    cfg.update(net_type="resnet_101", num_joints=17, location_refinement=True, pairwise_predict=True,
               init_weights=os.path.join(OUT, "people"), pairwise_stats_fn=os.path.join(OUT, "pairwise_stats.mat"))
    return cfg


def network_of_people():
    """Seconds for one picture in the plain graph, all maps, and by the engine with precision exact and auto. The untrained
    weights are written for people_config."""
    cfg = people_config()
    with tf.Graph().as_default():
        tf.set_random_seed(0)
        pictures = tf.placeholder(tf.float32, [None, None, None, 3])
        outputs = pose_net(cfg).test(pictures)
        with tf.Session(config=session_config()) as session:
            session.run(tf.global_variables_initializer())
            # Biases of 0, which no trained network has, would be optimised away.
            session.run([tf.assign(v, tf.random_normal(v.shape, seed=0)) for v in tf.global_variables() if "beta" in v.op.name])
            tf.train.Saver().save(session, cfg.init_weights, write_meta_graph=False, write_state=False)
            save_pairwise_stats(cfg.pairwise_stats_fn, {(a, b): {"mean": np.zeros(2), "std": np.ones(2)}
                                                        for a in range(17) for b in range(17) if a != b})
            picture = np.zeros((1, HEIGHT, WIDTH, 3))
            return by_turns([lambda: session.run(outputs, {pictures: picture}), engine("exact"), engine("auto")])


def engine(precision):
    """A function that finds one picture's maps as demos and scripts do, with the pairwise offsets at the detections of ten
    people."""
    cfg = people_config()
    cfg.precision = precision
    predictor = MapPredictor(cfg)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rows, columns = (CROWD["p10_cells"] % map_size(HEIGHT, WIDTH, 8)).T
    return lambda: predictor.maps(picture).pairwise[rows, columns]


def memory_of_inference(cache=None):
    """Peak memory in MB of a process that runs the network of several people on a picture of 800 x 600 px. cache: see environment"""
    cfg = people_config()
    keys = {key: cfg[key] for key in ("net_type", "num_joints", "location_refinement", "pairwise_predict", "init_weights",
                                      "pairwise_stats_fn")}
    command = [sys.executable, "-c", RUN_AND_TELL_MEMORY, json.dumps(keys)]
    return int(subprocess.check_output(command, cwd=PROJECT, env=environment(cache))) / 1024.0


def preparing():
    """(seconds, peak memory in MB) of the same where the network has to be made ready first."""
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        megabytes = memory_of_inference(cache)
        return time.perf_counter() - start, megabytes


def environment(cache):
    """Of a process that keeps networks in the folder `cache`, or where this one does (None)."""
    return dict(os.environ, **{"XDG_CACHE_HOME": cache} if cache else {})


def pose_difference():
    """(median, 99th percentile) px: how far joints of the shipped weights move between precision exact and auto, those
    above the drawing threshold, over the data set of the config; None where that is not there."""
    cfg = cfg_from_file(SHIPPED)
    if not os.path.exists(os.path.join(os.path.dirname(SHIPPED), cfg.dataset)):
        return None
    exact, auto = (single_predictor(precision) for precision in ("exact", "auto"))
    images = (read_picture(item) for item in factory.create(cfg).data)
    return np.percentile(distances(exact, auto, images), [50, 99])


def crowd(people):
    """(SpatialModel, maps) of so many people from crowd.npz."""
    cfg = default_config()
    cfg.update(num_joints=17, nms_radius=5.0, det_min_score=0.2, location_refinement=True,
               sparse_graph=CROWD["sparse"].tolist())
    model = SpatialModel(cfg)
    for a, b in model.pairs:
        model.X_min[a][b], model.X_max[a][b], model.w[a][b] = (CROWD[part] for part in ("X_min", "X_max", "w"))
    if people == 100:
        return model, Maps(*(np.tile(part, (2, 2) + (1,) * (part.ndim - 2)) for part in crowd(25)[1]))
    scores = CROWD["p%d_scoremap" % people]
    pairwise = np.zeros(scores.shape[:2] + (17 * 16, 2), np.float32)
    pairwise[tuple(CROWD["p%d_cells" % people].T)] = CROWD["p%d_pairwise" % people]
    return model, Maps(scores, CROWD["p%d_locref" % people], pairwise)


def detecting(people):
    """Seconds from maps of 75 x 106 cells to detections."""
    model, maps = crowd(people)
    return median_seconds(lambda: extract_detections(model.cfg, *maps))


def assembling(people):
    """Seconds from detections to people: pairwise probabilities, graph and solver."""
    model, maps = crowd(people)
    detections = extract_detections(model.cfg, *maps)
    return median_seconds(lambda: find_people(model, detections))


def pairwise_targets():
    """Seconds to make the dense maps of four people with 17 joints, 400 x 300 px, with pairwise offsets."""
    rng = np.random.RandomState(0)
    people = [(np.arange(17), rng.uniform(0, (WIDTH, HEIGHT), (17, 2))) for _ in range(4)]
    stats = np.zeros((17, 17, 2)), np.ones((17, 17, 2))
    size = map_size(HEIGHT, WIDTH, 8)

    def make():
        targets = encode(people, size, 17, 17, pairwise_stats=stats)
        dense_pairwise(targets.pairwise_index, targets.pairwise_values, size, 17)

    return median_seconds(make)


def cold_start(cache=None):
    """Seconds from the command to the JSON of one picture. cache: see environment"""
    picture = os.path.join(PROJECT, "demo/images/skier.jpg")
    command = [sys.executable, os.path.join(PROJECT, "demo/singleperson.py"), picture, "--config", SHIPPED, "--out", OUT]
    start = time.perf_counter()
    subprocess.check_call(command, stdout=subprocess.DEVNULL, env=environment(cache))
    return time.perf_counter() - start


def first_start():
    """The same where no network is kept yet."""
    with tempfile.TemporaryDirectory() as cache:
        return cold_start(cache)


def processor():
    """Its name and what it can, and what may run the networks, in words."""
    able = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags()]
    runtimes = ["%s %s" % (one.__name__, one.version()) for one in (OpenVINO, ONNXRuntime) if one.version()]
    return "%s, %d cores, %s; bfloat16 is %s; %s" % (
        described("model name") or "unknown processor", os.cpu_count(), " ".join(able), "used" if computes_bfloat16() else "not used",
        ", ".join(runtimes + ["TensorFlow " + tf.__version__]))


def measure():
    """Yields (name, {"seconds": ..., "baseline_seconds": ..., "ratio": ...} or {"value": ...})."""
    plain, exact, auto = network_of_people()
    baselines = {name: seconds * plain / PLAIN_THERE for name, seconds in SECONDS_OF_2017.items()}
    baselines.update(inference_exact=plain, inference_auto=plain)
    for name, seconds in [
            ("inference_exact", lambda: exact),
            ("inference_auto", lambda: auto),
            ("train_r50", lambda: training_step(training_config("resnet_50", 4), HEIGHT, WIDTH)),
            ("train_lite0_224", lambda: training_step(training_config("efficientnet_lite0", 8), 224, 224)),
            ("targets_pairwise", pairwise_targets),
            ("nms_detections", lambda: detecting(10)),
            *(("graph_solver_%d" % count, lambda count=count: assembling(count)) for count in PEOPLE),
            ("single_224_ms", lambda: inference(single_predictor(), 224)),
            ("photograph_ms", photograph),
            ("multi_416_ms", lambda: several_people(416))]:
        result = {"seconds": seconds()}
        if name in baselines:
            result.update(baseline_seconds=baselines[name], ratio=baselines[name] / result["seconds"])
        yield name, result
    pictures, waiting = loading()
    yield "loader_images_per_s", {"value": pictures}
    yield "training_waits_percent", {"value": 100 * waiting}
    cold_start()  # a network is kept then
    yield "cold_start_s", {"value": float(np.median([cold_start() for _ in range(5)]))}
    yield "first_start_s", {"value": float(np.median([first_start() for _ in range(5)]))}
    yield "peak_memory_mb", {"value": memory_of_inference()}
    seconds, megabytes = preparing()
    yield "prepare_s", {"value": seconds}
    yield "prepare_memory_mb", {"value": megabytes}
    differences = pose_difference()
    if differences is not None:
        yield "pose_diff_auto_median_px", {"value": differences[0]}
        yield "pose_diff_auto_p99_px", {"value": differences[1]}


def growth(results):
    """{what grows: {name: {size: seconds}}}, of what measure() gave and of more."""
    sides = {}
    for precision in ("exact", "auto"):
        predictor = single_predictor(precision)
        sides["one person, " + precision] = {side: inference(predictor, side) for side in SIDES}
    people = {"detections": {count: detecting(count) for count in PEOPLE},
              "graph and solver": {count: results["graph_solver_%d" % count]["seconds"] for count in PEOPLE}}
    return {"px, the side of a square picture": sides, "people in the picture": people}


def draw(growth, path):
    from matplotlib.figure import Figure
    figure = Figure((9, 3.5), layout="tight")
    for axis, (unit, lines) in zip(figure.subplots(1, 2), growth.items()):
        for name, seconds in lines.items():
            axis.plot(list(seconds), [1000 * value for value in seconds.values()], "o-", label=name)
        axis.set(xlabel=unit, ylabel="ms", xscale="log", yscale="log")
        axis.minorticks_off()
        axis.set_xticks(list(seconds), list(seconds))
        axis.legend()
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


def row(name, result):
    """Of the table in docs/speed.md."""
    if "value" in result:
        return "| %s | %.2f | |" % (name, result["value"])
    compared = "%.1f times as fast as %.1f ms" % (result["ratio"], 1000 * result["baseline_seconds"]) if "ratio" in result else ""
    return "| %s | %.1f ms | %s |" % (name, 1000 * result["seconds"], compared)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    os.makedirs(OUT, exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = os.path.join(OUT, "cache")
    print("%s\n\n| what | time, or value | compared |\n|---|---|---|" % processor())
    results = {}
    for name, result in measure():
        results[name] = result
        print(row(name, result), flush=True)
    grown = growth(results)
    draw(grown, "out/bench.png")
    with open("out/bench.json", "w") as stream:
        json.dump(dict(results, growth=grown, processor=processor()), stream, indent=1)


if __name__ == "__main__":
    main()
