import importlib.util
import subprocess
import sys

import pytest


def test_without_tensorflow_it_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", "import sys; sys.modules['tensorflow'] = None; import nnet.tf"],
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 1 and 'pip install -e ".[cpu]"' in done.stderr and '".[tf1]"' in done.stderr


def test_importing_is_quiet():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", "import nnet.tf"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True)
    assert done.returncode == 0 and done.stdout == ""


@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="without Keras there is nothing to leave out")
def test_keras_is_left_for_those_who_need_it():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c",
                           "import sys, nnet.tf; assert 'keras' not in sys.modules; import keras; keras.layers.Dense"],
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
