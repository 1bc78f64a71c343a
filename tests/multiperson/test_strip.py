import json
import sys

import numpy as np
import pytest
from PIL import Image

import vis_dataset
from multiperson.strip import write_strip
from multiperson.visualize import colour_numbers, person_colour
from util.command import UserError
from util.skeleton import MPII

pytest.importorskip("av")


@pytest.fixture
def followed(tmp_path):
    """Eight grey frames, every second of which has poses: track 4 is left, then right of track 1, and in the end alone."""
    (tmp_path / "video").mkdir()
    lines = [{"joint_names": MPII.joint_names, "limbs": MPII.limbs, "fps": 25.0}]
    for number in range(8):
        Image.fromarray(np.full((200, 400, 3), 60, np.uint8)).save(str(tmp_path / "video" / ("%d.png" % number)))
        people = [{"track": track, "score": 1, "keypoints": [[x, 10 + 12 * joint, 0.9] for joint in range(14)]}
                  for track, x in ((1, 200 - (number - 3) * 40), (4, 200 + (number - 3) * 40)) if number < 6 or track == 4]
        if number % 2 == 0:
            lines.append({"frame": number, "time": number / 25, "people": people})
    (tmp_path / "poses.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(tmp_path / "poses.jsonl"), str(tmp_path / "video")


def test_a_strip_and_a_moving_picture(followed, tmp_path, monkeypatch, capsys):
    arguments = ["--poses", followed[0], "--video", followed[1], "--out", str(tmp_path / "out"), "--count", "3"]
    monkeypatch.setattr(sys, "argv", ["vis_dataset.py"] + arguments)
    vis_dataset.main()
    assert "poses.png and" in capsys.readouterr().out
    sheet = np.asarray(Image.open(str(tmp_path / "out/poses.png")))
    assert sheet.shape[1] == 3 * (320 + 8) + 8
    moving = Image.open(str(tmp_path / "out/poses.webp"))
    assert moving.size == (320, 160) and moving.n_frames == 4
    for frame, x in ((0, 80), (2, 240), (3, 320)):  # where track 4 is
        moving.seek(frame)
        column = np.asarray(moving.convert("RGB"))[40:100, int(x * 0.8)].mean(axis=0)
        np.testing.assert_allclose(column, person_colour(4), atol=70)


def test_not_one_frame(followed, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["vis_dataset.py", "--poses", followed[0], "--video", followed[1], "--count", "0"])
    with pytest.raises(SystemExit):
        vis_dataset.main()
    assert "--count: 0 is not at least 1" in capsys.readouterr().err


def test_colours_stay_with_tracks():
    assert colour_numbers([{"track": 7}, {"track": None}, {}]) == [7, 1, 2]


def test_another_video(followed, tmp_path):
    (tmp_path / "short").mkdir()
    with open(followed[0]) as stream:
        header, first, second, *_ = stream.readlines()
    with open(followed[0], "w") as stream:
        stream.writelines([header, second])
    Image.new("RGB", (400, 200)).save(str(tmp_path / "short/0.png"))
    with pytest.raises(UserError, match="has none of the frames"):
        write_strip(followed[0], str(tmp_path / "short"), str(tmp_path), 3)
