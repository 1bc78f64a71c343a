"""A network with its weights, to be called with pictures."""
import os
from typing import TYPE_CHECKING, List, Optional, Sequence, Union

import numpy as np

from multiperson.correction import everybody
from multiperson.predict import PeoplePredictor
from nnet.predict import PosePredictor
from pose_tensorflow.configs import for_several
from pose_tensorflow.people import OnePerson, People, SeveralPeople
from util.config import Config
from util.image import as_image
from util.skeleton import Skeleton
from util.threads import in_groups

if TYPE_CHECKING:
    from PIL import Image

Picture = Union[str, "os.PathLike[str]", "Image.Image", np.ndarray]


class Pose(object):
    """What pose_tensorflow.load gives.

    >>> import pose_tensorflow
    >>> pose = pose_tensorflow.load("multi")
    >>> [len(people) for people in pose(["demo/images/skier.jpg", "demo/images/woman_standing.jpg"])]
    [1, 1]
    """

    def __init__(self, cfg: Config, again: Optional[bool] = None):
        """again: see nnet.map_predictor.MapPredictor"""
        self.cfg = cfg
        self._predictor = (PeoplePredictor if for_several(cfg) else PosePredictor)(cfg, again=again)
        self.skeleton = Skeleton.from_config(cfg)  # the weights may have brought it

    @property
    def joint_names(self) -> List[str]:
        """What the J keypoints of a person are, in their order."""
        return self.skeleton.joint_names

    def __call__(self, image: Union[Picture, Sequence[Picture]]) -> Union[People, List[People]]:
        """The people of a picture; of a list or tuple of pictures a list of these.

        image: the path of a file; a PIL image; an array, uint8 or uint16, [h, w, 3] RGB, [h, w] grey or [h, w, 4] RGBA
        Raises ValueError for what is no picture.
        """
        if isinstance(image, (list, tuple)):
            size = self._predictor.group if len(image) > 1 else 1
            return [people for group in in_groups(image, size) for people in self._found(group)]
        return self._found([image])[0]

    def _found(self, images: Sequence[Picture]) -> List[People]:
        pixels = [as_image(image) for image in images]
        if isinstance(self._predictor, PeoplePredictor):
            return [SeveralPeople(self.cfg, image.shape[:2], everybody(self.cfg, searches))
                    for image, searches in zip(pixels, self._predictor.search_all(pixels))]
        return [OnePerson(self.cfg, image.shape[:2], found) for image, found in zip(pixels, self._predictor.find_all(pixels))]
