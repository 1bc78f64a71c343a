"""COCO's form of results, and its evaluation (Lin et al., arXiv 1405.0312; cocodataset.org/#keypoints-eval)."""
import contextlib
import os

import numpy as np

from dataset.maps import cell_centres
from util.command import UserError
from util.files import read_json
from util.names_of_2017 import interweave_matrices, multi_dim_argmax  # noqa: F401
from util.pose_json import POSES
from util.skeleton import COCO, Skeleton

PERSON_CATEGORY = 1
FIGURES = ("AP", "AP50", "AP75", "APmedium", "APlarge", "AR", "AR50", "AR75", "ARmedium", "ARlarge")


def category_of(skeleton):
    """The category of people with these joints, as in an annotation file; oks_sigmas are this project's addition."""
    return {"supercategory": "person", "id": PERSON_CATEGORY, "name": "person", "keypoints": skeleton.joint_names,
            "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs], "oks_sigmas": skeleton.oks_sigmas}


def skeleton_of(categories):
    """The Skeleton that an annotation file's categories name, or None; left_ and right_ joints are mirror pairs.

    The first category with keypoints counts. Raises UserError.
    """
    for category in categories:
        if category.get("keypoints") == COCO.joint_names:
            return COCO  # with the limbs, and the order in pairs, that dataset_type coco always had
        if category.get("keypoints"):
            try:
                limbs = [[int(a) - 1, int(b) - 1] for a, b in category.get("skeleton", [])]
                return Skeleton.from_names(category["keypoints"], limbs, category.get("oks_sigmas"))
            except (TypeError, ValueError) as error:
                raise UserError("the annotations' category %s: keypoints must be names, and skeleton pairs of their "
                                "numbers, from 1 (%s)" % (category.get("name"), error)) from None
    return None


def predictions_file(cfg):
    """The name of test_multiperson.py's results."""
    return "predictions_with_segm.json" if cfg.use_gt_segm else "predictions.json"


def coco_result(coco_id, keypoints, score):
    """An entry of a COCO results file. keypoints: [J, 3] (x, y, score), px of the picture, nan where absent: (0, 0, 0)."""
    found = np.isfinite(keypoints).all(axis=1)
    joints = np.where(found[:, None], keypoints[:, :2], 0)
    flat = np.column_stack([joints, found]).ravel()
    return {"image_id": int(coco_id), "category_id": PERSON_CATEGORY, "keypoints": [round(float(v), 3) for v in flat],
            "score": float(score)}


def pose_predict_with_gt_segm(scmap, offmat, stride, gt_segm, coco_id):
    """The people that masks cut out: for each, the arg max per joint of the score maps inside, plus location refinement.

    scmap: [H, W, J]; offmat: [H, W, J, 2] px, or None; gt_segm: bool [h, w, P] or a list of P masks [h, w], px of
    the network's input; a mask and the maps share their top left corner
    Returns COCO results, see coco_result; a person whose mask lies outside the maps is left out.
    """
    height, width, joints = scmap.shape
    results = []
    for mask in gt_segm if isinstance(gt_segm, (list, tuple)) else np.moveaxis(gt_segm, -1, 0):
        rows, columns = np.nonzero(mask[:int(height * stride), :int(width * stride)])
        if not len(rows):
            continue
        cells = np.unique(np.column_stack([rows // stride, columns // stride]).astype(int), axis=0)
        scores = scmap[cells[:, 0], cells[:, 1]]  # [n, J]
        best = cells[scores.argmax(axis=0)]  # [J, (row, column)]
        points = cell_centres(best[:, 0], best[:, 1], stride)
        if offmat is not None:
            points = points + offmat[best[:, 0], best[:, 1], np.arange(joints)]
        pose = np.column_stack([points, scores.max(axis=0)])
        results.append(coco_result(coco_id, pose, pose[:, 2].mean()))
    return results


def tested_pictures(cfg, path, results):
    """The ids of the pictures whose people are the COCO results in the file `path`, or None where nothing tells.

    Of pictures in which nobody was found only poses.json knows, which lies beside them. Masks find somebody wherever the
    ground truth has anybody.
    """
    if cfg.use_gt_segm:
        return sorted({result["image_id"] for result in results})
    poses = os.path.join(os.path.dirname(path), POSES)
    images = read_json(poses)["images"] if os.path.exists(poses) else []
    if not images or sum(len(image["people"]) for image in images) != len(results):  # of another run
        return None
    return [image["id"] for image in images]


def evaluate(coco, results, sigmas=None, pictures=None):
    """{figure: value} of COCO's keypoint evaluation.

    coco: pycocotools' COCO object with the annotations; results: see coco_result; sigmas: [J], default: COCO's
    pictures: ids of those that count, default: all of the annotations
    """
    from pycocotools.cocoeval import COCOeval
    if not results:
        return dict.fromkeys(FIGURES, 0.0)
    joints = len(COCO.joint_names) if sigmas is None else len(sigmas)
    if any(len(result["keypoints"]) != 3 * joints for result in results):
        raise UserError("each person of the results must have %d keypoints, one for each of the oks_sigmas (COCO's, "
                        "where neither config nor annotations have any)" % joints)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        evaluation = COCOeval(coco, coco.loadRes(results), "keypoints")
        if sigmas is not None:
            evaluation.params.kpt_oks_sigmas = np.array(sigmas)
        if pictures is not None:
            evaluation.params.imgIds = list(pictures)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(FIGURES, (float(value) for value in evaluation.stats)))
