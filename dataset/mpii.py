"""MPII Human Pose, and whatever else has its 14 joints (LSP)."""
from dataset.pose_dataset import PoseDataset


class MPII(PoseDataset):
    mirror_shift = 0
