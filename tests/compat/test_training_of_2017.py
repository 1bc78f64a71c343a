"""Training loops of 2017: a queue that a thread fills, the losses, and snapshots."""
import threading

import numpy as np
import pytest

from experiments import JOINTS, experiment, weights  # noqa: F401 (fixtures)
from test_data_sets import make_own_kind


@pytest.mark.parametrize("pairwise", [False, True])
def test_a_training_loop(experiment, pairwise):
    experiment(pairwise_predict=pairwise)
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import Batch
    from nnet.net_factory import pose_net
    from nnet.pose_net import get_batch_spec
    from nnet.tf import tf
    from util.config import load_config

    cfg = load_config()
    dataset = create_dataset(cfg)
    batch_spec = get_batch_spec(cfg)
    placeholders = {name: tf.placeholder(tf.float32, shape=spec) for (name, spec) in batch_spec.items()}
    names, placeholders_list = list(placeholders.keys()), list(placeholders.values())
    queue = tf.FIFOQueue(20, [tf.float32] * len(names))
    enqueue_op = queue.enqueue(placeholders_list)
    batch = {}
    for idx, tensor in enumerate(queue.dequeue()):
        tensor.set_shape(batch_spec[names[idx]])
        batch[names[idx]] = tensor
    losses = pose_net(cfg).train(batch)
    assert set(losses) == {"part_loss", "locref_loss", "total_loss"} | ({"pairwise_loss"} if pairwise else set())
    train_op = tf.train.MomentumOptimizer(learning_rate=0.0001, momentum=0.9).minimize(losses["total_loss"])
    saver = tf.train.Saver(max_to_keep=5)

    with tf.Session() as sess:
        def load_and_enqueue():
            for _ in range(2):
                batch_np = dataset.next_batch()
                sess.run(enqueue_op, feed_dict={pl: batch_np[name] for (name, pl) in placeholders.items()})

        sess.run(tf.global_variables_initializer())
        thread = threading.Thread(target=load_and_enqueue)
        thread.start()
        values = [sess.run([train_op, losses["total_loss"]])[1] for _ in range(2)]
        thread.join()
        saver.save(sess, "./snapshot", global_step=2)
    assert np.isfinite(values).all() and Batch.inputs in batch


def test_train_goes_through_a_subclass(experiment, monkeypatch):
    experiment(pairwise_predict=True, multi_step=[[0.0001, 1002]], mirror=True)
    from dataset import factory
    from dataset.pose_dataset import Batch
    from nnet import training
    from util.config import load_config

    class Checked(make_own_kind()):
        def compute_targets_and_weights(self, joint_id, coords, data_item, size, scale, batch):
            self.lists_pairwise = False  # dense ones, as an override of 2017 made them
            batch = super(Checked, self).compute_targets_and_weights(joint_id, coords, data_item, size, scale, batch)
            assert batch[Batch.pairwise_targets].shape[2] == 2 * JOINTS * (JOINTS - 1)
            return batch

    monkeypatch.setitem(factory.TYPES, "default", Checked)
    losses = []
    step = training.Trainer.step
    monkeypatch.setattr(training.Trainer, "step", lambda self, *args: losses.append(step(self, *args)) or losses[-1])
    training.train(load_config())
    assert len(losses) == 2 and losses[0]["pairwise_loss"] > 0


def test_tools_that_know_tensorflow_alone(experiment):
    """They find the newest snapshot by the file `checkpoint`, and its graph in its .meta."""
    experiment(multi_step=[[0.0001, 1002]])
    from nnet import training
    from nnet.tf import tf
    from util.config import load_config

    training.train(load_config())
    newest = tf.train.latest_checkpoint(".")
    assert newest.endswith("snapshot-1002")
    with tf.Graph().as_default(), tf.Session() as sess:
        saver = tf.train.import_meta_graph(newest + ".meta")
        saver.restore(sess, newest)
        name = "pose/part_pred/block4/weights"
        np.testing.assert_array_equal(sess.run(name + ":0"), tf.train.NewCheckpointReader(newest).get_tensor(name))
