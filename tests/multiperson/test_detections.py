import numpy as np
import pytest

from dataset.maps import Maps
from multiperson.detections import best_of_each_joint, detections_at, extract_detections, make_nms_grid
from scenes import load_case, multi_person_config, numbers
from util.config import default_config


@pytest.mark.parametrize("number", range(5))
def test_equal_to_the_reference(number):
    nms_numbers = numbers("nms")
    radius, threshold = nms_numbers["n%d_radius_thresh" % number]
    np.testing.assert_array_equal(make_nms_grid(radius), nms_numbers["n%d_grid" % number])
    scmap = nms_numbers["n%d_map" % number]
    cfg = default_config()
    cfg.update(nms_radius=radius, det_min_score=threshold)
    found = extract_detections(cfg, scmap[..., None], None, None)
    kept = nms_numbers["n%d_kept" % number]
    rows, columns = np.unravel_index(kept, scmap.shape)
    np.testing.assert_array_equal(found.coord_grid[0], np.column_stack([columns * 8 + 4, rows * 8 + 4]))
    np.testing.assert_array_equal(found.conf[0][:, 0], scmap.ravel()[kept])


@pytest.mark.parametrize("letter", "abc")
def test_detections_of_the_assembly_cases(letter):
    case = load_case(letter)
    found, expected = case.detections, case.expected
    assert [len(coord) for coord in found.coord] == np.bincount(expected["det_part"], minlength=17).tolist()
    np.testing.assert_array_equal(np.concatenate(found.coord_grid), expected["det_grid"])
    np.testing.assert_array_equal(np.concatenate(found.pairwise), expected["det_pairwise"])
    np.testing.assert_allclose(np.concatenate(found.coord), expected["pos"], rtol=0, atol=1e-9)


def test_one_bright_cell_by_hand():
    cfg = multi_person_config()
    scmap, locref, pairwise = np.zeros((6, 7, 2)), np.zeros((6, 7, 2, 2)), np.zeros((6, 7, 2, 2))
    scmap[2, 3, 1] = 0.75
    locref[2, 3, 1] = 1.5, -2
    pairwise[2, 3, 1] = 30, 40  # from joint 1 to joint 0
    found = extract_detections(cfg, scmap, locref, pairwise)
    assert [part.shape for part in (found.coord[0], found.coord_grid[0], found.conf[0], found.pairwise[0])] == [
        (0, 2), (0, 2), (0, 1), (0, 2, 2)]
    assert found.coord_grid[1].tolist() == [[28, 20]] and found.coord[1].tolist() == [[29.5, 18]]
    assert found.conf[1].tolist() == [[0.75]] and found.pairwise[1].tolist() == [[[0, 0], [30, 40]]]


def test_only_the_best_of_many(caplog):
    cfg = multi_person_config()
    cfg.nms_radius = 0.0
    scmap = np.linspace(0.3, 0.9, 84).reshape(6, 7, 2)
    scmap[1:, :, 1] = 0
    found = extract_detections(cfg, scmap, None, None)
    best = best_of_each_joint(found, 10)
    assert best.conf[0][:, 0].tolist() == np.sort(scmap[..., 0].ravel())[:-11:-1].tolist()
    assert [len(part[1]) for part in best] == [7] * 4
    assert "49 detections, 42 of joint 0: the best 10" in caplog.text
    caplog.clear()
    assert len(best_of_each_joint(found, 42).coord[0]) == 42 and not caplog.text


def test_what_is_not_a_number_is_named():
    cfg = multi_person_config()
    scmap, locref = np.zeros((6, 7, 2)), np.zeros((6, 7, 2, 2))
    scmap[0, 0, 1] = 0.5
    locref[0, 0, 1, 0] = np.nan
    with pytest.raises(ValueError, match="joint 1: the location refinement"):
        extract_detections(cfg, scmap, locref, None)
    scmap[3, 3, 1] = np.nan
    with pytest.raises(ValueError, match="joint 1: the score map contains NaN"):
        extract_detections(cfg, scmap, locref, None)


def test_maps_of_different_networks():
    cfg = multi_person_config()
    with pytest.raises(ValueError, match=r"pairwise offsets: .* must be \(6, 7, 2, 2\)"):
        extract_detections(cfg, np.zeros((6, 7, 2)), None, np.zeros((6, 7, 6, 2)))


def test_annotated_joints_as_detections():
    pairwise = np.random.RandomState(0).rand(6, 7, 2, 2)
    maps = Maps(np.zeros((6, 7, 2)), None, pairwise)
    people = [np.array([[0, 17.0, 40.0], [1, 3, 3]]), np.array([[0, 8.0, 9.0]]), np.array([[1, 60.0, 3.0]])]
    found = detections_at(people, maps, 8.0)  # the last one is outside
    assert found.coord[0].tolist() == [[17, 40], [8, 9]] and found.coord_grid[0].tolist() == [[20, 44], [12, 12]]
    assert found.coord[1].tolist() == [[3, 3]] and found.conf[0].tolist() == [[1], [1]]
    np.testing.assert_array_equal(found.pairwise[0], pairwise[[5, 1], [2, 1]])
    assert [len(coord) for coord in detections_at([], maps, 8.0).coord] == [0, 0]
