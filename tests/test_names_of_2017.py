"""Scripts that people wrote for the 2017 code import these names with these parameters."""
import importlib
import inspect

import pytest

NAMES = {
    "config": {"load_config": ["filename"]},
    "util.config": {"load_config": ["filename"], "cfg_from_file": ["filename"]},
    "util.logging": {"setup_logging": []},
    "dataset.factory": {"create": ["cfg"]},
    "dataset.pose_dataset": {"PoseDataset": ["cfg"], "Batch": None, "DataItem": [], "data_to_input": ["data"],
                             "mirror_joints_map": ["all_joints", "num_joints"],
                             "get_pairwise_index": ["j_id", "j_id_end", "num_joints"], "load_pairwise_stats": ["cfg"]},
    "nnet.net_factory": {"pose_net": ["cfg"]},
    "nnet.pose_net": {"PoseNet": ["cfg"], "get_batch_spec": ["cfg"]},
    "nnet.losses": {"huber_loss": ["labels", "predictions", "weight", "k", "scope"]},
    "nnet.predict": {"setup_pose_prediction": ["cfg"], "extract_cnn_output": ["outputs_np", "cfg", "pairwise_stats"],
                     "argmax_pose_predict": ["scmap", "offmat", "stride"],
                     "argmax_arrows_predict": ["scmap", "offmat", "pairwise_diff", "stride"]},
    "multiperson.detections": {"Detections": ["coord", "coord_grid", "conf", "pairwise"], "make_nms_grid": ["nms_radius"],
                               "extract_detections": ["cfg", "scmap", "locref", "pairwise_diff"]},
    "multiperson.predict": {"SpatialModel": ["cfg"], "eval_graph": ["sm", "detections"],
                            "get_person_conf_multicut": ["sm", "unLab", "unary_array", "pos_array"]},
    "multiperson.visualize": {"PersonDraw": [], "visualize_detections": ["cfg", "img", "detections"]},
    "util.visualize": {"visualize_joints": ["image", "pose"], "waitforbuttonpress": [],
                       "show_heatmaps": ["cfg", "img", "scmap", "pose", "cmap"],
                       "show_arrows": ["cfg", "img", "pose", "arrows"]},
    "util.mscoco_util": {"pose_predict_with_gt_segm": ["scmap", "offmat", "stride", "gt_segm", "coco_id"]},
}


@pytest.mark.parametrize("module, name", [(module, name) for module, names in sorted(NAMES.items()) for name in names])
def test_is_there_with_its_parameters(module, name):
    found = getattr(importlib.import_module(module), name)
    wanted = NAMES[module][name]
    if wanted is None:
        return
    parameters = list(inspect.signature(found).parameters.values())
    assert [p.name for p in parameters[:len(wanted)]] == wanted
    assert all(p.default is not p.empty for p in parameters[len(wanted):])


def test_extensions_by_their_bare_names():
    from multicut import solve_nl_lmp
    from nms_grid import nms_grid
    assert callable(solve_nl_lmp) and callable(nms_grid)


def test_a_data_item_can_be_filled_in():
    from dataset.pose_dataset import DataItem
    item = DataItem()
    item.im_path = "a.png"
    assert item.im_path == "a.png"
