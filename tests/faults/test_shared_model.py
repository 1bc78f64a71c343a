"""Eight threads and two processes that use one model, and make its frozen network in one empty cache at the same time. Eight
threads alone are in test_pose.py; this runs with POSE_FAULTS=1."""
import json
import os
import subprocess
import sys

import pytest

import pose_tensorflow
from conftest import ROOT

PICTURES = [os.path.join(ROOT, "demo/images", name) for name in ("skateboarder_jumping.jpg", "skateboarder_standing.jpg")]
CODE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import pose_tensorflow
pose = pose_tensorflow.load(sys.argv[1])
with ThreadPoolExecutor(8) as pool:
    print(json.dumps([people.to_json() for people in pool.map(pose, sys.argv[2:] * 8)]))
"""


@pytest.mark.skipif(not os.environ.get("POSE_FAULTS"), reason="runs for a minute; make faults")
@pytest.mark.parametrize("model", ["single", "multi"])
def test_eight_threads_in_each_of_two_processes(tmp_path, model):
    environment = dict(os.environ, PYTHONPATH=ROOT, XDG_CACHE_HOME=str(tmp_path))
    processes = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", CODE, model] + PICTURES, stdout=subprocess.PIPE,
                                  env=environment) for _ in range(2)]
    found = [json.loads(process.communicate()[0].decode()) for process in processes]
    pose = pose_tensorflow.load(model)
    alone = [json.loads(json.dumps(pose(path).to_json())) for path in PICTURES]
    assert found == [alone * 8] * 2
