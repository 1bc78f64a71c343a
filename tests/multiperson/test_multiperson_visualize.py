import numpy as np
import pytest

from multiperson.visualize import PersonDraw, person_colour, visualize_detections
from scenes import multi_person_config, place

IMAGE = np.full((300, 900, 3), 40, np.uint8)
PERSON = np.array([[0, 0], [50, 0], [50, 250], [0, 250]]) + 20


class Square(object):
    """The dataset's part that drawing needs."""

    @staticmethod
    def get_pose_segments():
        return [[0, 1], [1, 2], [2, 3], [3, 0]]


@pytest.fixture
def drawing():
    """(PersonDraw, people's offsets in x) -> the numbers of the colours that they are drawn in."""
    def draw(drawer, offsets):
        people = np.array([PERSON + [x, 0] for x in offsets]).reshape(-1, 4, 2)
        image = drawer.draw(IMAGE, Square, people)
        assert image.dtype == np.uint8 and image.shape == IMAGE.shape
        limb_middles = image[145, np.array(offsets) + 20].astype(int)
        difference = np.abs(limb_middles[:, None] - [person_colour(k) for k in range(10)]).max(axis=2)
        assert (difference.min(axis=1) < 20).all()
        return difference.argmin(axis=1).tolist()
    return draw


def test_colours_stay_with_people(drawing):
    drawer = PersonDraw()
    first = drawing(drawer, [0, 300, 600])
    assert len(set(first)) == 3
    # The same people moved, in another order.
    assert drawing(drawer, [690, 50, 250]) == [first[2], first[0], first[1]]


def test_far_away_is_somebody_else(drawing):
    drawer = PersonDraw()
    first = drawing(drawer, [0, 700])
    second = drawing(drawer, [199, 480])
    assert second[0] == first[0] and second[1] not in first


def test_the_assignment_is_the_best_for_all(drawing):
    """Taking the nearest pair first (90 and 100) would send the others a long way."""
    drawer = PersonDraw()
    first = drawing(drawer, [0, 100])
    assert drawing(drawer, [90, 190]) == first


@pytest.mark.parametrize("newcomer_first", [False, True])
def test_who_stays_is_not_sacrificed_to_who_leaves_and_comes(drawing, newcomer_first):
    drawer = PersonDraw()
    first = drawing(drawer, [0, 250])
    step = -1 if newcomer_first else 1
    stayed, newcomer = drawing(drawer, [250, 600][::step])[::step]
    assert stayed == first[1] and newcomer not in first


def test_nobody_in_between_forgets(drawing):
    drawer = PersonDraw()
    drawing(drawer, [0])
    assert (drawer.draw(IMAGE, Square, np.zeros((0, 4, 2))) == IMAGE).all()
    assert drawing(drawer, [0]) == [0]


def test_people_of_few_joints_are_not_drawn():
    two, three = PERSON.astype(float), PERSON.astype(float)
    two[[1, 2]], three[1] = 0, np.nan
    assert (PersonDraw().draw(IMAGE, Square, [two]) == IMAGE).all()
    drawn = PersonDraw().draw(IMAGE, Square, [three])
    np.testing.assert_allclose(drawn[145, 20], person_colour(0), atol=20)  # on the limb between joints 0 and 3
    assert (drawn[10:140, 40:] == 40).all()  # joint 1 is absent, and so are its limbs


def test_detections_are_dots():
    cfg = multi_person_config()
    found = place([[[100, 100], [300, 200]], [[500, 100], [700, 200]]])
    found.conf[1] = np.array([[0.9], [0.0]])
    image = visualize_detections(cfg, IMAGE, found)
    assert image.dtype == np.uint8 and image.shape == IMAGE.shape and (IMAGE == 40).all()
    assert (image[100, 100] == image[100, 500]).all() and (image[100, 100] != image[200, 300]).any()
    dots = [(image[150:250, x - 50:x + 50] != 40).any(axis=2).sum() for x in (300, 700)]
    assert dots[0] > 3 * dots[1] > 0
