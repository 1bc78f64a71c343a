"""Scripts of 2017 that find everybody in pictures, and what they do with COCO."""
import matplotlib.pyplot as plt
import numpy as np
import pytest
from easydict import EasyDict
from PIL import Image
from pycocotools import mask as maskUtils

from experiments import canvas, experiment, weights  # noqa: F401 (fixtures)


def fill_in(sm):
    """Parameters set from outside, by which all detections are one person's."""
    for a in range(sm.cfg.num_joints):
        for b in range(a + 1, sm.cfg.num_joints):
            sm.X_min[a][b], sm.X_max[a][b], sm.w[a][b] = np.zeros(8), np.ones(8), np.append(np.zeros(8), 2.0)


def test_a_picture(experiment):
    experiment(pairwise_predict=True, nms_radius=5.0, det_min_score=0.0, sparse_graph=[[0, 1], [1, 2]])
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import data_to_input
    from multiperson.detections import extract_detections
    from multiperson.predict import SpatialModel, eval_graph, get_person_conf_multicut
    from multiperson.visualize import PersonDraw, visualize_detections
    from nnet import predict
    from util.config import load_config

    cfg = load_config()
    dataset = create_dataset(cfg)
    sm = SpatialModel(cfg)
    fill_in(sm)
    draw_multi = PersonDraw()
    sess, inputs, outputs = predict.setup_pose_prediction(cfg)
    image = np.array(Image.open("im0.png").convert("RGB"))
    outputs_np = sess.run(outputs, feed_dict={inputs: data_to_input(image)})
    scmap, locref, pairwise_diff = predict.extract_cnn_output(outputs_np, cfg, dataset.pairwise_stats)
    scmap = scmap.clip(0.5, 1)
    detections = extract_detections(cfg, scmap, locref, pairwise_diff)
    assert len(detections.coord) == 4
    unLab, pos_array, unary_array, pwidx_array, pw_array = eval_graph(sm, detections)
    person_conf_multi = get_person_conf_multicut(sm, unLab, unary_array, pos_array)
    assert person_conf_multi.shape[1:] == (4, 2)

    plt.imshow(visualize_detections(cfg, image, detections))
    plt.clf()
    plt.imshow(image)
    draw_multi.draw(image.copy(), dataset, person_conf_multi)
    plt.savefig("out.png")


class Limbs(object):
    @staticmethod
    def get_pose_segments():
        return [[0, 1], [1, 2], [2, 3]]


@pytest.mark.parametrize("grey", [False, True])
def test_people_are_plotted_on_the_current_axes(canvas, grey):
    from multiperson.visualize import PersonDraw

    img = np.full((200, 300) if grey else (200, 300, 3), 200, np.uint8)
    people = np.array([[[40, 40], [60, 80], [50, 120], [60, 160]], [[200, 40], [220, 80], [0, 0], [220, 160]]], float)
    plt.imshow(img)
    axes, before, limits = plt.gca(), canvas(), plt.axis()
    PersonDraw().draw(img, Limbs, people)
    assert (canvas() != before).any() and plt.axis() == limits
    plotted = np.concatenate([line.get_xydata() for line in axes.lines])
    for point in people[people.any(axis=2)]:
        assert (plotted == point).all(axis=1).any()
    assert not (plotted == 0).any()
    plt.clf()
    PersonDraw().draw(img, Limbs, people)  # where nothing is shown yet, the picture too
    assert plt.gca().images


def test_detections_are_shown_on_the_current_axes(canvas):
    from multiperson.detections import Detections
    from multiperson.visualize import visualize_detections

    found = Detections([np.array([[30.0, 30.0]])] * 2, [np.array([[28.0, 28.0]])] * 2, [np.array([[0.9]])] * 2, [])
    plt.figure()
    before = canvas()
    visualize_detections(EasyDict(num_joints=2), np.zeros((60, 80, 3), np.uint8), found)
    assert (canvas() != before).any() and plt.gca().images


def test_nobody():
    from multiperson.predict import SpatialModel, get_person_conf_multicut
    sm = SpatialModel(EasyDict(num_joints=4, sparse_graph=[]))
    assert len(get_person_conf_multicut(sm, np.array([]), np.array([]), np.array([]))) == 0


@pytest.fixture
def coco(coco_root, monkeypatch):
    """(**keys) -> a config for coco_root."""
    monkeypatch.chdir(coco_root)

    def config(**keys):
        cfg = EasyDict(dataset=str(coco_root), dataset_type="coco", dataset_phase="val", dataset_ann="person_keypoints",
                       global_scale=1.0, stride=8.0, pos_dist_thresh=17, mirror=False, shuffle=False)
        cfg.update(keys)
        return cfg
    return config


def test_people_cut_out_with_their_masks(coco):
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import Batch
    from util.mscoco_util import pose_predict_with_gt_segm

    cfg = coco(use_gt_segm=True)
    dataset = create_dataset(cfg)
    dataset.set_shuffle(False)
    dataset.set_test_mode(True)
    item = dataset.next_batch()[Batch.data_item]
    assert item.gt_segm.shape == (120, 160, 2) and item.gt_segm.dtype == bool
    assert item.gt_segm[20, 20, 0] and not item.gt_segm[20, 20, 1] and item.gt_segm[50, 80, 1]
    assert [np.flatnonzero(v).tolist() for v in item.visibilities] == [[0, 5], [16]] and item.visibilities[0][5] == 1
    ignored = maskUtils.decode(item.im_neg_mask)
    assert ignored[10, 100] and ignored[100, 10] and not ignored[20, 20]

    scmap = np.zeros((16, 20, 17), np.float32)
    scmap[2, 2], scmap[6, 10] = 0.6, 0.9  # (20, 20) and (84, 52)
    results = pose_predict_with_gt_segm(scmap, None, cfg.stride, item.gt_segm, item.coco_id)
    assert [result["keypoints"][:2] for result in results] == [[20, 20], [84, 52]]
    assert results == pose_predict_with_gt_segm(scmap, None, 8.0, list(np.moveaxis(item.gt_segm, 2, 0)), 7)
    dataset.visualize_coco(results, item.visibilities)
    assert plt.gca().images
    assert dataset.coco.loadRes(results).getAnnIds() == [1, 2]


def test_pictures_without_ground_truth(coco):
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import Batch

    dataset = create_dataset(coco(dataset_ann="image_info"))
    batches = [dataset.next_batch() for _ in range(dataset.num_images)]
    assert [set(batch) for batch in batches] == [{Batch.inputs, Batch.data_item}] * 2
    assert [batch[Batch.data_item].coco_id for batch in batches] == [7, 9]
