"""Fixtures of the tests of `pose serve`, which import * from here."""
import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx")

from starlette.testclient import TestClient  # noqa: E402

import pose_tensorflow  # noqa: E402
from pose_tensorflow.serve.app import make_app  # noqa: E402
from pose_tensorflow.serve.limits import Limits  # noqa: E402

@pytest.fixture(scope="module")
def pose():
    return pose_tensorflow.load("multi")


@pytest.fixture(scope="module")
def make_client(pose):
    """(limits, see Limits) -> a client of a server, as if in a browser on this machine."""
    return lambda **limits: TestClient(make_app(pose, limits=Limits(**limits)), "http://localhost:8000",
                                       raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(make_client):
    return make_client()


@pytest.fixture(scope="session")
def photograph(two_skateboarders):
    """The bytes of a picture's file."""
    with open(two_skateboarders, "rb") as stream:
        return stream.read()


@pytest.fixture(scope="module")
def prediction(client, photograph):
    return client.post("/predict", content=photograph, headers={"Content-Type": "image/png"}).json()
