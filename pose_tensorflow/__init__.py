"""Human poses in pictures, in a few lines:

    >>> import pose_tensorflow
    >>> pose = pose_tensorflow.load("multi")
    >>> people = pose("demo/images/skier.jpg")
    >>> len(people), people[0].keypoints.shape
    (1, (17, 3))

TensorFlow is imported when load() is called, which switches its eager execution off in the whole process.
"""
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from pose_tensorflow.pose import Pose

__version__ = "1.1.0"


def load(model: str = "multi", weights: Optional[str] = None) -> "Pose":
    """A network with its weights, ready for pictures. It may be called from several threads at once.

    model: "multi", the shipped weights for several people; "single", those for one person; or the path of a pose_cfg.yaml,
        which finds several people if it has a pairwise_model_dir
    weights: checkpoint prefix, instead of the config's init_weights
    Raises ValueError where the config or its weights are missing or of no use, ImportError without TensorFlow.

    >>> load("single").joint_names[:3]
    ['right_ankle', 'right_knee', 'right_hip']
    """
    from pose_tensorflow.configs import choose_config  # only here: a program that draws no poses today starts at once
    from pose_tensorflow.pose import Pose
    return Pose(choose_config(model, weights))
