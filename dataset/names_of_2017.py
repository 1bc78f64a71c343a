"""What scripts of 2017 may ask of a data set, and nothing here needs."""
import numpy as np

from util.image import read_image
from util.mat import read_mat
from util.visualize import distinct_colours, draw_poses, show_on_axes


class NamesOf2017(object):
    """Of every data set."""

    @property
    def raw_data(self):
        """All variables of dataset.mat; may be set by a load_dataset of one's own."""
        return self.__dict__.get("_raw_data") or read_mat(self.dataset_paths()[0])

    @raw_data.setter
    def raw_data(self, variables):
        self._raw_data = variables

    def set_pairwise_stats_collect(self, collect):
        """Whether the data_item of a batch has pairwise_stats, see differences; the pictures then come at scale 1."""
        self.pairwise_stats_collect = collect


class CocoNamesOf2017(object):
    """Of COCO's."""

    def visualize_coco(self, coco_img_results, visibilities):
        """Show a picture's results, see util.mscoco_util, on the current axes -> the picture.

        visibilities: one [J] a result; joints of visibility 0 are left out
        """
        if not coco_img_results:
            return None
        coco_id = coco_img_results[0]["image_id"]
        item = next(item for item in self.data if item.coco_id == coco_id)
        poses = [np.reshape(result["keypoints"], (-1, 3)) * 1.0 for result in coco_img_results]
        for pose, visible in zip(poses, visibilities):
            pose[np.asarray(visible) == 0] = np.nan
        colours = [[colour] * len(poses[0]) for colour in distinct_colours(len(poses))]
        return show_on_axes(draw_poses(read_image(item.im_path), poses, self.get_pose_segments(), colours, threshold=0.5))


def differences(people):
    """{(a, b): [p_b - p_a of each person who has both joints]}, people: arrays n x 3 (joint id, x, y)."""
    found = {}
    for person in people:
        for a, *start in person:
            for b, *end in person:
                if a != b:
                    found.setdefault((int(a), int(b)), []).append(np.subtract(end, start))
    return found
