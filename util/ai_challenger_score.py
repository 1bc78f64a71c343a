"""AI Challenger's score of keypoints (Wu et al., arXiv 1711.06475): precision by object keypoint similarity."""
import numpy as np

from util.skeleton import AI_CHALLENGER

THRESHOLDS = np.linspace(0.5, 0.95, 10)
VISIBLE = 1


def object_keypoint_similarity(keypoints, boxes, predicted):
    """[G, P]: how alike each annotated and each predicted person of a picture are, 0 to 1; 0 where no joint is visible.

    keypoints: [G, 14, 3] (x, y, v), of which those with v = 1 count; boxes: [G, 4] (x1, y1, x2, y2); predicted:
    [P, 14, 2 or more] (x, y, ...)
    """
    visible = keypoints[..., 2] == VISIBLE  # [G, J]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    squared = np.square(keypoints[:, None, :, :2] - predicted[None, ..., :2]).sum(axis=-1)  # [G, P, J]
    deltas = 2 * np.array(AI_CHALLENGER.oks_sigmas)
    similarity = np.exp(-squared / (2 * deltas ** 2 * (area[:, None, None] + 1)))
    return (similarity * visible[:, None]).sum(axis=-1) / np.maximum(visible.sum(axis=-1), 1)[:, None]


def precisions(annotated, predictions):
    """[10]: for each of THRESHOLDS the part of people who are found; their mean is the score.

    annotated: {image_id: (keypoints, boxes)}, predictions: {image_id: people}, as for object_keypoint_similarity. An
    annotated person takes the prediction most like them. A picture counts as many people as it is annotated or predicted
    to have, whichever is more; predictions for a picture that is not annotated count nothing.
    """
    found, count = np.zeros(len(THRESHOLDS)), 0
    for image_id, (keypoints, boxes) in annotated.items():
        people = predictions.get(image_id, ())
        count += max(len(keypoints), len(people))
        if len(keypoints) and len(people):
            best = object_keypoint_similarity(keypoints.astype(float), boxes.astype(float), people).max(axis=1)  # [G]
            found += (best[:, None] > THRESHOLDS).sum(axis=0)
    return found / max(count, 1)
