"""Scripts of 2017 that read data sets, and subclasses of 2017 that change how they do it."""
import numpy as np
import pytest
import scipy.io
from easydict import EasyDict
from PIL import Image

from experiments import JOINTS, experiment, weights  # noqa: F401 (fixtures)


def hand_made(**keys):
    """A config with the keys that 2017 knew, without a file."""
    cfg = EasyDict()
    cfg.stride = 8.0
    cfg.weigh_part_predictions = False
    cfg.weigh_negatives = False
    cfg.fg_fraction = 0.25
    cfg.weigh_only_present_joints = False
    cfg.mean_pixel = [123.68, 116.779, 103.939]
    cfg.shuffle = True
    cfg.snapshot_prefix = "snapshot"
    cfg.log_dir = "log"
    cfg.global_scale = 1.0
    cfg.location_refinement = True
    cfg.locref_stdev = 7.2801
    cfg.mirror = False
    cfg.crop = False
    cfg.crop_pad = 0
    cfg.scoremap_dir = "test"
    cfg.dataset = "dataset.mat"
    cfg.dataset_type = "default"
    cfg.num_joints = JOINTS
    cfg.all_joints = [[0, 1], [2], [3]]
    cfg.all_joints_names = ["hand", "head", "foot"]
    cfg.pos_dist_thresh = 17
    cfg.max_input_size = 850
    cfg.scale_jitter_lo = cfg.scale_jitter_up = 1.0
    cfg.pairwise_predict = False
    cfg.batch_size = 1
    cfg.update(keys)
    return cfg


def test_a_hand_made_config(experiment):
    from dataset.factory import create
    from dataset.mpii import MPII
    from dataset.pose_dataset import Batch, PoseDataset
    from nnet.predict import setup_pose_prediction

    cfg = hand_made(net_type="resnet_50")
    batch = create(cfg).next_batch()
    assert [key.name for key in Batch] == ["inputs", "part_score_targets", "part_score_weights", "locref_targets",
                                           "locref_mask", "pairwise_targets", "pairwise_mask", "data_item"]
    assert set(batch) == set(Batch) - {Batch.pairwise_targets, Batch.pairwise_mask}
    assert batch[Batch.inputs].dtype == np.float32 and batch[Batch.part_score_targets].shape[3] == JOINTS
    assert PoseDataset(EasyDict(dataset="", mirror=False, shuffle=False)).num_images == 0
    mpii = EasyDict(dataset="", dataset_type="mpii", mirror=True, shuffle=True)
    assert isinstance(create(mpii), MPII) and mpii.num_joints == 14
    with pytest.raises(ValueError, match="there are no weights nowhere"):
        setup_pose_prediction(hand_made(net_type="resnet_50", init_weights="nowhere"))


@pytest.mark.parametrize("keys", [dict(batch_size=2), dict(pairwise_predict=True, batch_size=2),
                                  dict(pairwise_predict=True)])
def test_batches_have_the_members_of_2017_alone(experiment, keys):
    from dataset.factory import create
    from dataset.pose_dataset import Batch
    batch = create(hand_made(pairwise_stats_fn="pairwise_stats.mat", **keys)).next_batch()
    for name in ("inputs", "part_score_targets", "locref_mask"):
        assert batch[Batch[name]].shape[0] == keys.get("batch_size", 1)
    if "pairwise_predict" in keys:
        assert batch[Batch.pairwise_targets].shape[3] == 2 * JOINTS * (JOINTS - 1)
        assert batch[Batch.pairwise_targets][batch[Batch.pairwise_mask] == 0].max() == 0
    assert all(isinstance(key, Batch) for key in batch) or keys["batch_size"] == 2


def test_pairwise_statistics(experiment):
    experiment(mirror=True, pairwise_predict=True, global_scale=0.5, max_input_size=110, pairwise_stats_fn="none.mat",
               scale_jitter_lo=0.5, scale_jitter_up=2.0)
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import Batch
    from util.config import load_config

    cfg = load_config()
    dataset = create_dataset(cfg)
    dataset.set_shuffle(True)
    dataset.set_pairwise_stats_collect(True)
    num_images = dataset.num_images
    if cfg.mirror:
        num_images *= 2
    all_pairwise_differences = {}
    for k in range(num_images):
        batch = dataset.next_batch()
        batch_stats = batch[Batch.data_item].pairwise_stats
        for joint_pair in batch_stats:
            if joint_pair not in all_pairwise_differences:
                all_pairwise_differences[joint_pair] = []
            all_pairwise_differences[joint_pair] += batch_stats[joint_pair]

    people = [record["joints"][0, 0] for record in scipy.io.loadmat("dataset.mat")["dataset"][0]]
    right = np.array([joints[2, 1:] - joints[0, 1:] for joints in people])
    left = np.array([joints[2, 1:] - joints[1, 1:] for joints in people]) * [-1, 1]
    expected = np.concatenate([right, left])  # of the mirrored pictures the other hand
    found = all_pairwise_differences[0, 2]
    assert len(found) == 10 and len(all_pairwise_differences) == 12
    np.testing.assert_allclose(np.mean(found, axis=0), expected.mean(axis=0))
    np.testing.assert_allclose(np.std(found, axis=0), expected.std(axis=0))


def test_a_data_set_without_joints(experiment):
    from dataset.factory import create
    from dataset.pose_dataset import Batch
    records = np.empty((1, 2), [("image", object), ("size", object)])
    for number in range(2):
        Image.fromarray(np.zeros((30, 40 + number, 3), np.uint8)).save("small%d.png" % number)
        records[0, number] = "small%d.png" % number, np.array([[3, 30, 40 + number]])
    scipy.io.savemat("dataset.mat", {"dataset": records})
    dataset = create(hand_made())
    dataset.set_shuffle(False)
    assert not dataset.has_gt
    for number in range(2):
        batch = dataset.next_batch()
        assert set(batch) == {Batch.inputs, Batch.data_item} and batch[Batch.inputs].shape[2] == 40 + number


def test_attributes_and_steps(experiment):
    from dataset.factory import create
    from dataset.pose_dataset import Batch
    dataset = create(hand_made(mirror=True))
    assert dataset.raw_data["dataset"][0, 0]["image"][0] == "im0.png"
    assert dataset.symmetric_joints.tolist() == [1, 0, 2, 3] and dataset.num_training_samples() == 10
    dataset.shuffle_images()
    assert sorted(dataset.image_indices) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    dataset.next_batch()
    assert dataset.curr_img == 1
    imidx, mirror = dataset.next_training_sample()
    assert dataset.curr_img == 2
    data_item = dataset.get_training_sample(imidx)
    scale = dataset.get_scale()
    assert scale == 1.0 and dataset.is_valid_size(data_item.im_size, scale)
    assert not dataset.is_valid_size([3, 99, 400], 1.0) and not dataset.is_valid_size([3, 400, 400], 3.0)

    batch = dataset.make_batch(data_item, scale, False)
    mirrored = dataset.make_batch(data_item, scale, True)
    np.testing.assert_array_equal(batch[Batch.inputs], mirrored[Batch.inputs][:, :, ::-1])
    width = batch[Batch.inputs].shape[2]
    joints = dataset.mirror_joints(data_item.joints[0], dataset.symmetric_joints, width)
    assert joints[:, 0].tolist() == [1, 0, 2, 3]
    np.testing.assert_allclose(joints[:, 1], width - data_item.joints[0][:, 1] - 1)
    np.testing.assert_allclose(dataset.mirror_joint_coords(joints, width)[:, 1], data_item.joints[0][:, 1])
    weights_there = dataset.compute_scmap_weights((16, 14, JOINTS), [np.array([0, 2])], data_item)
    assert weights_there.shape == (16, 14, JOINTS) and weights_there.all()
    dataset.cfg.weigh_only_present_joints = True
    weights_there = dataset.compute_scmap_weights((16, 14, JOINTS), [np.array([0, 2])], data_item)
    assert weights_there[..., [0, 2]].all() and not weights_there[..., [1, 3]].any()


def make_own_kind():
    """A subclass as somebody may have written it."""
    from dataset.pose_dataset import Batch, DataItem, PoseDataset

    class Own(PoseDataset):
        def __init__(self, cfg):
            cfg.all_joints = [[0, 1], [2], [3]]
            cfg.all_joints_names = ["hand", "head", "foot"]
            cfg.num_joints = JOINTS
            super(Own, self).__init__(cfg)
            self.called = set()

        def load_dataset(self):
            mlab = scipy.io.loadmat(self.cfg.dataset)
            self.raw_data = mlab
            data = []
            for i in range(mlab["dataset"].shape[1]):
                sample = mlab["dataset"][0, i]
                item = DataItem()
                item.image_id = i
                item.im_path = sample[0][0]
                item.im_size = sample[1][0]
                item.joints = [sample[2][0, 0]]
                item.note = "number %d" % i
                data.append(item)
            self.has_gt = True
            return data

        def num_training_samples(self):
            return 2

        def shuffle_images(self):
            self.called.add("shuffle_images")
            self.image_indices = [3, 1]

        def next_training_sample(self):
            self.called.add("next_training_sample")
            if self.curr_img == 0 and self.shuffle:
                self.shuffle_images()
            curr_img = self.curr_img
            self.curr_img = (self.curr_img + 1) % self.num_training_samples()
            return self.image_indices[curr_img], self.cfg.mirror

        def get_training_sample(self, imidx):
            self.called.add("get_training_sample")
            return self.data[imidx]

        def get_scale(self):
            return 0.5

        def is_valid_size(self, image_size, scale):
            assert len(image_size) == 3 and scale == 0.5
            self.called.add("is_valid_size")
            return True

        def mirror_joint_coords(self, joints, image_width):
            joints[:, 1] = image_width - joints[:, 1]
            return joints

        def mirror_joints(self, joints, symmetric_joints, image_width):
            self.called.add("mirror_joints")
            assert list(symmetric_joints) == [1, 0, 2, 3]
            return super(Own, self).mirror_joints(joints, symmetric_joints, image_width)

        def compute_scmap_weights(self, scmap_shape, joint_id, data_item):
            assert data_item.note == "number %d" % data_item.image_id
            return np.full(scmap_shape, 0.25)

        def compute_targets_and_weights(self, joint_id, coords, data_item, size, scale, batch):
            self.called.add("compute_targets_and_weights")
            return super(Own, self).compute_targets_and_weights(joint_id, coords, data_item, size, scale, batch)

        def make_batch(self, data_item, scale, mirror):
            batch = super(Own, self).make_batch(data_item, scale, mirror)
            batch[Batch.inputs] = batch[Batch.inputs] + 1
            return batch

    return Own


@pytest.mark.parametrize("way", ["next_batch", "training_batch"])
def test_a_subclass_changes_every_step(experiment, way):
    from dataset.pose_dataset import Batch
    dataset = make_own_kind()(hand_made(mirror=True))
    batches = [dataset.next_batch() if way == "next_batch" else dataset.training_batch(k) for k in range(4)]
    assert [batch[Batch.data_item].image_id for batch in batches] == [3, 1, 3, 1]
    assert dataset.called == {"shuffle_images", "next_training_sample", "get_training_sample", "is_valid_size",
                              "mirror_joints", "compute_targets_and_weights"}
    picture = np.asarray(Image.open("im3.png").convert("RGB").transpose(Image.FLIP_LEFT_RIGHT).resize((64, 60),
                                                                                                      Image.BILINEAR))
    np.testing.assert_array_equal(batches[0][Batch.inputs][0], picture + 1.0)
    assert (batches[0][Batch.part_score_weights] == 0.25).all()
    x, y = (dataset.data[3].joints[0][2, 1:] * [-1, 1] + [128, 0]) / 2
    assert batches[0][Batch.part_score_targets][0, int(y // 8), int(x // 8), 2] == 1
