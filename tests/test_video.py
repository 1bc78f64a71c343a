"""demo/video.py and what it is made of: util.video, util.threads, util.pose_lines, demo.video_poses."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import numpy as np
import pandas
import pytest
from PIL import Image

from conftest import ROOT
from demo import video_poses
from util.command import UserError
from util.pose_json import person_entry
from util.pose_lines import PoseLines, read_pose_lines
from util.skeleton import Skeleton
from util.threads import ahead, behind
from util.video import open_video, writing_video
from util.visualize import window

av = pytest.importorskip("av")

WIDTH, HEIGHT, FPS = 64, 48, 10
SKELETON = Skeleton.from_names(["nose", "left_ear", "right_ear"], [[0, 1]])
ALL = dict(every=1, start=0.0, end=None)


def picture(number, size=(WIDTH, HEIGHT)):
    """A ramp whose brightness tells the number of the frame, up to 20."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[...] = 20 + 10 * number
    image[:, :size[0] // 2, 0] = 255
    return image


def number_of(image):
    return int(round((image[-HEIGHT // 2:, -WIDTH // 4:, 1].mean() - 20) / 10))


def make_video(path, numbers=range(10), size=(WIDTH, HEIGHT), codec="mpeg4", damaged=(), **options):
    """Frames of these numbers; of the packets in places `damaged` the second half is zeros."""
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = size + ("yuvj420p" if codec == "mjpeg" else "yuv420p",)
        frames = [av.VideoFrame.from_ndarray(picture(number, size), format="rgb24") for number in numbers]
        for place, packet in enumerate(packet for frame in frames + [None] for packet in stream.encode(frame)):
            container.mux(_damaged(packet, stream) if place in damaged else packet)
    return str(path)


def _damaged(packet, stream):
    data = bytes(packet)
    broken = av.Packet(data[:len(data) // 2] + bytes(len(data) - len(data) // 2))
    broken.pts, broken.dts, broken.time_base, broken.stream = packet.pts, packet.dts, packet.time_base, stream
    return broken


def frames_of(source, **selection):
    opened = open_video(str(source))
    return [(frame.number, round(frame.time, 4), number_of(frame.image)) for frame in opened.frames(**selection)]


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mjpeg"])
def test_frames_and_times(tmp_path, codec):
    path = make_video(tmp_path / "a.mkv", codec=codec)
    assert frames_of(path) == [(number, number / FPS, number) for number in range(10)]
    assert frames_of(path, every=3) == [(number, number / FPS, number) for number in (0, 3, 6, 9)]
    assert frames_of(path, start=0.35, end=0.7) == [(number, number / FPS, number) for number in (4, 5, 6)]
    assert frames_of(path, every=2, start=0.3) == [(number, number / FPS, number) for number in (4, 6, 8)]


def test_how_many_frames(tmp_path):
    opened = open_video(make_video(tmp_path / "a.mp4"))
    assert (opened.fps, opened.count, opened.unreadable) == (FPS, 10, [])
    for selection in (dict(), dict(every=3), dict(start=0.4, end=0.7), dict(end=99.0), dict(every=4, start=0.5)):
        assert abs(opened.expected(**selection) - len(frames_of(tmp_path / "a.mp4", **selection))) <= 1
    assert abs(open_video(make_video(tmp_path / "a.mkv")).count - 10) <= 1


def test_a_video_that_was_held_upright(tmp_path):
    """Players turn it as its matrix says, and so do we."""
    path = tmp_path / "a.mp4"
    make_video(path)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    quarter = np.array([0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000], ">i4")  # clockwise
    data[matrix:matrix + 36] = quarter.tobytes()
    path.write_bytes(data)
    image = next(open_video(str(path)).frames()).image
    if not hasattr(av.VideoFrame, "rotation"):
        pytest.skip("this PyAV does not tell")
    assert image.shape == (WIDTH, HEIGHT, 3)
    assert image[:WIDTH // 4, :, 0].mean() > 200 > image[-WIDTH // 4:, :, 0].mean()  # what was left is above


def test_a_folder_of_frames(tmp_path):
    for number in (2, 10, 1):
        Image.fromarray(picture(number)).save(str(tmp_path / ("frame%d.png" % number)))
    (tmp_path / "notes.txt").write_text("no picture")
    assert frames_of(tmp_path) == [(0, 0.0, 1), (1, 0.04, 2), (2, 0.08, 10)]
    (tmp_path / "frame2.png").write_text("damaged")
    opened = open_video(str(tmp_path))
    assert [frame.number for frame in opened.frames()] == [0, 2]
    assert len(opened.unreadable) == 1 and "frame2.png" in opened.unreadable[0]


def test_damaged_frames_are_left_out(tmp_path):
    path = make_video(tmp_path / "a.mkv", codec="mjpeg", damaged=(3, 7))
    opened = open_video(path)
    assert [number_of(frame.image) for frame in opened.frames()] == [0, 1, 2, 4, 5, 6, 8, 9]
    assert [message.split(":")[0] for message in opened.unreadable] == ["frame 3, at 0.30 s", "frame 7, at 0.70 s"]
    assert frames_of(path, every=2) == [(number, number / FPS, number) for number in (0, 2, 4, 6, 8)]


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("damaged", [(0,), (4,), (9,)])
def test_numbers_stay_right_where_frames_are_damaged(tmp_path, codec, damaged):
    """Also with codecs whose frames build upon others and come in another order than their packets, or not at all."""
    opened = open_video(make_video(tmp_path / "a.mkv", codec=codec, damaged=damaged))
    found = [(frame.number, round(frame.time, 4), number_of(frame.image)) for frame in opened.frames()]
    assert found == [(number, number / FPS, number) for number, _, _ in found]
    assert 5 <= len(found) < 10 and len(opened.unreadable) == 10 - len(found)


def test_a_file_that_breaks_off(tmp_path):
    path = tmp_path / "a.mkv"
    make_video(path, codec="mjpeg")
    path.write_bytes(path.read_bytes()[:-path.stat().st_size // 2])
    assert 2 <= len(frames_of(path)) < 9


def write_wav(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_what_is_no_video(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("Dear diary")
    (tmp_path / "folder").mkdir()
    Image.fromarray(picture(0)).save(str(tmp_path / "picture.png"))
    Image.fromarray(picture(0)).save(str(tmp_path / "picture.jpg"))
    write_wav(tmp_path / "sound.wav")
    for name, message in [("nowhere.mp4", "cannot read the video .*nowhere.mp4 .No such file"),
                          ("empty.mp4", "cannot read the video .*empty.mp4 .it is empty"),
                          ("text.mp4", "cannot read the video .*text.mp4 .Invalid data"),
                          ("folder", "the folder .*folder holds no pictures"),
                          ("picture.png", "picture.png is a picture, not a video: demo/singleperson.py"),
                          ("picture.jpg", "picture.jpg is a picture, not a video"),
                          ("sound.wav", "sound.wav holds no video .FFmpeg takes it for WAV")]:
        with pytest.raises(UserError, match=message):
            open_video(str(tmp_path / name))
    with pytest.raises(UserError, match="cannot read the camera 99"):
        open_video("99")


def test_a_size_that_changes(tmp_path):
    parts = [make_video(tmp_path / name, size=size, codec="libx264", format="h264")
             for name, size in (("a.h264", (64, 48)), ("b.h264", (48, 64)))]
    (tmp_path / "both.h264").write_bytes(b"".join(open(part, "rb").read() for part in parts))
    with pytest.raises(UserError, match="both.h264 changes its size: frame 9 has 64 x 48 px, frame 10 48 x 64 px"):
        list(open_video(str(tmp_path / "both.h264")).frames())


def test_sound_with_a_cover(tmp_path):
    path = str(tmp_path / "a.mp3")
    with av.open(path, "w") as container:
        sound, cover = container.add_stream("mp3", rate=44100), container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), format="fltp", layout="stereo")
        frame.rate = 44100
        packets = cover.encode(av.VideoFrame.from_ndarray(picture(0), format="rgb24")) + cover.encode(None)
        container.mux(packets + sound.encode(frame) + sound.encode(None))
    with pytest.raises(UserError, match="a.mp3 holds no video"):
        open_video(path)


def test_a_codec_that_nobody_knows(tmp_path):
    path = tmp_path / "a.avi"
    make_video(path, codec="mjpeg")
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZZZZ"))
    with pytest.raises(UserError, match="a.avi is in a form that FFmpeg cannot decode here"):
        open_video(str(path))


def test_a_camera(tmp_path, monkeypatch):
    """It goes on until it is stopped."""
    path = make_video(tmp_path / "a.mp4")
    monkeypatch.setattr("util.video._camera", lambda number: av.open(path))
    opened = open_video("7")
    assert opened.live and opened.count is None and opened.expected() is None and opened.expected(end=0.5) == 5
    frames = opened.frames()
    assert [next(frames).number, next(frames).number] == [0, 1]
    opened.stop()
    assert list(frames) == []


def test_a_window_needs_a_display():
    import matplotlib
    matplotlib.use("Agg")
    with pytest.raises(UserError, match="there is no display"):
        window()


def test_without_pyav(monkeypatch):
    monkeypatch.setattr("util.video.av", None)
    with pytest.raises(UserError, match=r'videos need another package: pip install -e ".\[video\]"'):
        open_video("a.mp4")


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (64, 47)])
def test_writing(tmp_path, size):
    path = tmp_path / "out" / "a.mp4"
    with writing_video(str(path), Fraction(FPS)) as writer:
        for number in (0, 1, 3, 4):
            writer.write(picture(number, size), 5 + number / FPS)
        assert not path.exists()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (64, 48)
    assert frames_of(path) == [(0, 0.0, 0), (1, 0.1, 1), (2, 0.3, 3), (3, 0.4, 4)]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert os.listdir(str(path.parent)) == ["a.mp4"]


def test_writing_where_times_stand_still(tmp_path):
    with writing_video(str(tmp_path / "a.mp4"), Fraction(FPS)) as writer:
        for number, moment in enumerate([0.0, 0.2, 0.2, 0.1, 0.3]):
            writer.write(picture(number), moment)
    assert [number for _, _, number in frames_of(tmp_path / "a.mp4")] == [0, 1, 2, 3, 4]


def test_threads_keep_within_their_bounds():
    """However slow a step is, no more than `size` items wait before it."""
    taken, done, most_ahead, most_behind = [], [], [], []

    def items():
        for number in range(40):
            taken.append(number)
            yield number

    def slow(number):
        time.sleep(0.001)
        done.append(number)
        return -number

    def used():
        for number in ahead(items(), 3):
            most_ahead.append(len(taken) - number - 1)
            most_behind.append(number - len(done))
            yield number

    assert list(behind(slow, used(), 2)) == [-number for number in range(40)]
    assert 0 < max(most_ahead) <= 3 and 0 < max(most_behind) <= 3


def test_several_threads_keep_the_order():
    together = threading.Barrier(2)

    def slow(number):
        together.wait(10)  # for another one to be worked out at the same time
        time.sleep(0.002 * (number % 2))
        return -number

    assert list(behind(slow, range(8), 4, 2)) == [-number for number in range(8)]


def test_threads_hand_errors_on_in_their_turn():
    def items():
        yield 1
        yield 0
        raise ValueError("no more")

    coming = ahead(items(), 8)
    assert [next(coming), next(coming)] == [1, 0]
    with pytest.raises(ValueError, match="no more"):
        next(coming)
    with pytest.raises(ZeroDivisionError):
        list(behind(lambda number: 1 / number, [1, 0, 2], 8))
    coming = behind(abs, items(), 8)
    assert [next(coming), next(coming)] == [1, 0]
    with pytest.raises(ValueError, match="no more"):
        next(coming)
    before = threading.active_count()
    for one in ahead(iter(range(100)), 4):
        break
    del one
    assert threading.active_count() <= before + 1


HEADER = {"joint_names": ["a"], "settings": {"every": 1, "start": 0}}


def finish(path, header, numbers):
    with PoseLines(path, header) as lines:
        finished = []
        for number in numbers:
            if lines.finished(number):
                finished.append(number)
            else:
                lines.append({"frame": number, "people": []})
    return finished


def test_lines_go_on(tmp_path, capsys):
    path = str(tmp_path / "poses.jsonl")
    assert finish(path, HEADER, [0, 1, 2]) == []
    assert finish(path, HEADER, [0, 1, 2, 3]) == [0, 1, 2]
    whole = open(path, "rb").read()
    for length in range(len(whole)):  # wherever it was cut off
        with open(path, "wb") as stream:
            stream.write(whole[:length])
        if b"\n" in whole[:length] or not length:
            assert finish(path, HEADER, [0, 1, 2, 3]) == list(range(max(0, whole[:length].count(b"\n") - 1)))
            assert open(path, "rb").read() == whole
    with open(path, "r+b") as stream:  # zeros, as a power failure leaves them
        stream.seek(-20, 2)
        stream.write(bytes(19))
    assert finish(path, HEADER, [0, 1, 2, 3]) == [0, 1, 2] and open(path, "rb").read() == whole
    assert capsys.readouterr().out == ""


def test_other_settings_start_anew(tmp_path, capsys):
    path = str(tmp_path / "poses.jsonl")
    finish(path, HEADER, [0, 1])
    assert finish(path, dict(HEADER, settings={"every": 2, "start": 0}), [0, 2]) == []
    assert "made with other settings (every): starting anew" in capsys.readouterr().out
    assert [entry["frame"] for entry in read_pose_lines(path)] == [0, 2]


def test_other_files_stay(tmp_path):
    path = tmp_path / "diary.json"
    for text in ("Dear diary\n", "{}\n", "no line"):
        path.write_text(text)
        with pytest.raises(UserError, match="diary.json is there and holds something else"):
            PoseLines(str(path), HEADER)
        assert path.read_text() == text
    with pytest.raises(UserError, match="cannot write"):
        PoseLines(str(tmp_path), HEADER)


def find(image):
    """One person, whose joints tell what the picture is like."""
    level = image[..., 1].mean()
    return [person_entry(np.array([[level, level / 3, 0.9], [3, 4, 0.5], [np.nan] * 3]), level / 255)]


def draw(image, people):
    """A bright corner on each frame."""
    assert len(people) == 1
    image = image.copy()
    image[:8, -8:] = 255
    return image


def one_by_one(find, batch=1):
    return video_poses.OneByOne(lambda images: [find(image) for image in images], batch)


def write_poses(folder, path, find=find, show=None, draw=draw, **changes):
    selection = dict(ALL, **changes)
    opened = open_video(str(path))
    lines, drawn = str(folder / "poses.jsonl"), str(folder / "drawn.mp4")
    video_poses.write_video_poses(opened, selection, SKELETON, selection, one_by_one(find), draw, lines, drawn, show)
    return lines, drawn


def test_poses_of_a_video(tmp_path):
    shown = []
    lines, drawn = write_poses(tmp_path, make_video(tmp_path / "a.mp4"), show=shown.append)
    header, *entries = [json.loads(line) for line in open(lines)]
    assert header == {"joint_names": SKELETON.joint_names, "limbs": [[0, 1]], "width": WIDTH, "height": HEIGHT,
                      "fps": FPS, "settings": ALL}
    assert [entry["frame"] for entry in entries] == list(range(10))
    assert [entry["time"] for entry in entries] == [number / FPS for number in range(10)]
    for number, entry in enumerate(entries):
        person, = entry["people"]
        assert sorted(person) == ["keypoints", "score", "track"] and person["track"] is None
        assert person["keypoints"][0][0] == pytest.approx(20 + 10 * number, abs=40) and person["keypoints"][2] is None
    assert [time for _, time, _ in frames_of(drawn)] == [number / FPS for number in range(10)]
    assert len(shown) == 10 and shown[3][0, -1].tolist() == [255] * 3
    assert next(open_video(drawn).frames()).image[:6, -6:].mean() > 230


def test_every_third_frame_at_the_same_speed(tmp_path):
    lines, drawn = write_poses(tmp_path, make_video(tmp_path / "a.mp4"), every=3, start=0.2, end=0.8)
    assert [entry["frame"] for entry in read_pose_lines(lines)] == [3, 6]
    assert frames_of(drawn) == [(0, 0.0, 3), (1, 0.3, 6)]


def test_no_frame_at_all(tmp_path):
    path = make_video(tmp_path / "a.mkv", range(2), codec="mjpeg", damaged=(0, 1))
    with pytest.raises(UserError, match="a.mkv: no frame from 0 s on could be read\n  frame 0, at 0.00 s: "):
        write_poses(tmp_path, path)
    with pytest.raises(UserError, match="a.mp4: no frame from 99 s on could be read"):
        write_poses(tmp_path, make_video(tmp_path / "a.mp4"), start=99.0)
    assert not (tmp_path / "poses.jsonl").exists()


def find_gaps(image):
    """As find, but for frames 3 and 4, which have nobody, and frame 6, which lacks a joint."""
    person, = find(image)
    if number_of(image) == 6:
        person["keypoints"][0] = None
    return [] if number_of(image) in (3, 4) else [person]


def smooth(folder, path):
    """write_poses, made smooth and filled: (the lines as found, the second file, the people who were drawn)."""
    drawn = []

    def keep(image, people):
        drawn.append(people)
        return image

    second = video_poses.Smoothing(str(folder / "second.jsonl"), True, 2, 0.2)
    selection, lines = dict(ALL), str(folder / "poses.jsonl")
    video_poses.write_video_poses(open_video(path), selection, SKELETON, selection, one_by_one(find_gaps), keep, lines,
                                  str(folder / "drawn.mp4"), smoothing=second)
    return lines, second.path, drawn


def test_smooth_poses_go_to_a_second_file(tmp_path):
    """The first one is what it is without; where it is complete, or cut off, the second one comes out the same."""
    path = make_video(tmp_path / "a.mp4")
    lines, second, drawn = smooth(tmp_path, path)
    raw, found = list(read_pose_lines(lines)), list(read_pose_lines(second))
    (tmp_path / "without").mkdir()
    without, _ = write_poses(tmp_path / "without", path, find_gaps, draw=lambda image, people: image)
    assert open(lines, "rb").read() == open(without, "rb").read()
    assert [len(entry["people"]) for entry in raw] == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1]
    assert [entry["people"] for entry in found] == drawn and all(len(people) == 1 for people in drawn)
    assert drawn[3][0]["score"] is None and drawn[3][0]["keypoints"][1] == [3.0, 4.0, None]
    assert raw[6]["people"][0]["keypoints"][0] is None and drawn[6][0]["keypoints"][0][2] is None
    assert drawn[8][0]["keypoints"][0] != raw[8]["people"][0]["keypoints"][0]  # it moves, and lags
    header = json.loads(open(second).readline())
    assert header["settings"] == dict(ALL, smooth=True, fill=2) and header["joint_names"] == SKELETON.joint_names
    whole = open(second, "rb").read()
    for cut in (0, 100):
        with open(lines, "r+b") as stream:
            stream.truncate(os.path.getsize(lines) - cut)
        os.remove(second)
        assert smooth(tmp_path, path)[1] == second and open(second, "rb").read() == whole


def test_what_was_stopped_goes_on_with_a_whole_group(tmp_path):
    """Poses that were found are kept, but what was with them in a batch is searched with them again."""
    path = make_video(tmp_path / "a.mp4")
    lines, _ = write_poses(tmp_path, path)
    with open(lines, "rb") as stream:
        whole = stream.readlines()
    with open(lines, "wb") as stream:
        stream.writelines(whole[:1 + 6])  # the header and six frames
    groups = []

    def find_group(images):
        groups.append([number_of(image) for image in images])
        return [find(image) for image in images]

    drawn = str(tmp_path / "drawn.mp4")
    video_poses.write_video_poses(open_video(path), ALL, SKELETON, ALL, video_poses.OneByOne(find_group, 4), draw, lines, drawn)
    assert groups == [[4, 5, 6, 7], [8, 9]]
    with open(lines, "rb") as stream:
        assert stream.readlines() == whole


def test_an_error_leaves_no_video(tmp_path):
    def failing(image):
        if number_of(image) == 5:
            raise UserError("broken")
        return find(image)

    def pools():
        return [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]

    path, before = make_video(tmp_path / "a.mp4"), pools()
    with pytest.raises(UserError, match="broken") as raised:
        write_poses(tmp_path, path, find=failing)
    assert raised.tb and set(pools()) <= set(before)  # no thread waits to be closed by the garbage collector
    assert sorted(os.listdir(str(tmp_path))) == ["a.mp4", "poses.jsonl"]
    assert [entry["frame"] for entry in read_pose_lines(str(tmp_path / "poses.jsonl"))] == [0, 1, 2, 3, 4]


SLOW = """
import sys, time
sys.path[:0] = sys.argv[1:3]
import pathlib, test_video

def slow(image):
    time.sleep(0.03)
    print("found", flush=True)
    return test_video.find(image)

test_video.write_poses(pathlib.Path(sys.argv[3]), sys.argv[4], slow)
"""


def start(folder, path):
    return subprocess.Popen([sys.executable, "-c", SLOW, ROOT, os.path.join(ROOT, "tests"), str(folder), path],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def test_killed_and_started_again(tmp_path):
    """The same poses, byte for byte, and the same video; what was found is not looked for again."""
    path = make_video(tmp_path / "a.mp4", [number % 20 for number in range(40)])
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    lines, drawn = write_poses(tmp_path / "whole", path)
    for found in (5, 12):
        process = start(tmp_path / "killed", path)
        for _ in range(found):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "killed" / "drawn.mp4").exists()
    before = len(list(read_pose_lines(str(tmp_path / "killed" / "poses.jsonl"))))
    assert 15 <= before < 40
    process = start(tmp_path / "killed", path)
    said, _ = process.communicate()
    assert process.returncode == 0 and said.count(b"found") == 40 - before
    assert (tmp_path / "killed" / "poses.jsonl").read_bytes() == open(lines, "rb").read()
    assert (tmp_path / "killed" / "drawn.mp4").read_bytes() == open(drawn, "rb").read()
    assert sorted(os.listdir(str(tmp_path / "killed"))) == ["drawn.mp4", "poses.jsonl"]


def command(monkeypatch, arguments):
    from demo import video  # only here: it loads TensorFlow, which the processes that are killed do without
    monkeypatch.setattr("sys.argv", ["video.py"] + arguments.split())
    video.main()


def test_the_command(dots, write_config, random_weights, monkeypatch, capsys):
    pytest.importorskip("tables")
    folder = dots[0]
    monkeypatch.chdir(folder)
    write_config(folder, init_weights=random_weights)
    make_video("a.mkv", codec="mjpeg", size=(65, 49), damaged=(2,))
    command(monkeypatch, "a.mkv --single --config pose_cfg.yaml --csv a.csv --h5 a.h5 --end 0.6")
    said = capsys.readouterr().out
    assert "left out 1 frame that could not be read:\n  frame 2, at 0.20 s" in said
    assert "the drawn video is out/a_pose.mp4, the joints are in out/a_pose.jsonl, a.csv, a.h5" in said
    entries = list(read_pose_lines("out/a_pose.jsonl"))
    assert [entry["frame"] for entry in entries] == [0, 1, 3, 4, 5]
    assert sorted(os.listdir("out")) == ["a_pose.jsonl", "a_pose.mp4"]
    table = pandas.read_csv("a.csv", header=[0, 1, 2], index_col=0)
    assert table.columns.names == ["scorer", "bodyparts", "coords"] and list(table.index) == [0, 1, 3, 4, 5]
    np.testing.assert_allclose(table.values, [np.ravel(entry["people"][0]["keypoints"]) for entry in entries])
    pandas.testing.assert_frame_equal(pandas.read_hdf("a.h5"), table)
    with av.open("out/a_pose.mp4") as container:
        assert [(frame.width, frame.height) for frame in container.decode(video=0)] == [(66, 50)] * 5


def test_the_command_with_smoothing(dots, write_config, random_weights, monkeypatch, capsys):
    folder = dots[0]
    monkeypatch.chdir(folder)
    write_config(folder, init_weights=random_weights, score_threshold=0.0)
    make_video("a.mp4", size=(64, 48))
    for _ in range(2):
        command(monkeypatch, "a.mp4 --single --config pose_cfg.yaml --csv a.csv --smooth --fill 3 --end 0.4")
        assert "the joints are in out/a_pose.jsonl, out/a_pose_smooth.jsonl, a.csv" in capsys.readouterr().out
        raw, smooth = ([entry["people"][0]["keypoints"] for entry in read_pose_lines("out/a_pose%s.jsonl" % name)]
                       for name in ("", "_smooth"))
        assert raw[0] == smooth[0] and raw != smooth and np.array(raw)[..., 2].tolist() == np.array(smooth)[..., 2].tolist()
        np.testing.assert_allclose(pandas.read_csv("a.csv", header=[0, 1, 2], index_col=0).values,
                                   [np.ravel(pose) for pose in smooth])


def test_a_cameras_frames_are_taken_one_at_a_time(dots, write_config, random_weights, monkeypatch):
    folder, batches = dots[0], []
    monkeypatch.chdir(folder)
    monkeypatch.setattr("demo.video.OneByOne", lambda find, batch: batches.append(batch) or video_poses.OneByOne(find, batch))
    monkeypatch.setattr("util.video._camera", lambda number: av.open("a.mp4"))
    write_config(folder, init_weights=random_weights, test_batch_size=4)
    make_video("a.mp4", size=(64, 48))
    for video in ("7", "a.mp4"):
        command(monkeypatch, video + " --single --config pose_cfg.yaml --end 0.2")
    assert batches == [1, 4]


def test_options_that_do_not_fit(monkeypatch, capsys):
    for options, message in [("--every 0", "--every 0: it must be at least 1"), ("--csv a.csv", "are for one person"),
                             ("--fill -1", "--fill -1: it must be at least 0")]:
        with pytest.raises(SystemExit):
            command(monkeypatch, "a.mp4 " + options)
        assert message in capsys.readouterr().err
