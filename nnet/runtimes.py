"""What runs a frozen network, see nnet.freeze: OpenVINO, ONNX Runtime or TensorFlow. Each has

    Runtime.version() -> of its package; None where there is none that can be loaded; always "" for TensorFlow, which takes seconds
    Runtime.keep(source, path)                 # source: of what nnet.freeze or nnet.beside wrote; path: of its own files
    Runtime.precisions(path) -> {precision: by how much its outputs may differ, see nnet.engine}
    Runtime(path, names, precision, parallel, hyper_threads).run({input: array}, again) -> {output: array}
    .reserve({input: array})                   # takes now what memory inputs of all sizes up to these need, with again=False
    .hyper_threads                             # whether it does as it was told, and more than one thread computes on each core

Paths have no endings; names: of the outputs to compute; precision: "float32", "bfloat16" or "int8"
parallel: so many threads may call run() at a time, each with its part of the processor's cores; with OpenVINO others wait
again: whether inputs of these sizes will come again, so that the network is compiled for these alone: True: before it runs,
    False: never, None: where at most FIXED sizes have come lately, this one more than once. Results differ in the last bits, so
    that videos say what is the case

None of their packages is loaded before it is used.
"""
import os
import queue
import shutil
import threading
from collections import deque
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from nnet.beside import INT8
from util.processor import computes_bfloat16, cores, thread_budget

EXACT = 1e-4
NEAR = 0.03  # of the networks that come along it is 0.01: joints move by 0.06 px in the median
FIXED = 2  # sizes for which a network is compiled: each has weights of its own, and takes the others' place in the cache
REPEATS = 4  # runs with no more sizes than that, before it is: where sizes vary it is slower than what takes all
ONNX_OPSET = 15  # the latest that the ONNX Runtime of Python 3.7 knows


class OpenVINO(object):
    """Starts at once, and needs a third of TensorFlow's memory."""

    def __init__(self, path, names, precision, parallel=1, hyper_threads=False):
        from openvino import Core
        self.path, self.precision, self.parallel, self.names = path, precision, parallel, names
        self._core, self._lock = Core(), threading.Lock()
        self.model = _reduced_to(self._core.read_model(path + (INT8 if precision == "int8" else "") + ".xml"), names)
        # Left to itself OpenVINO computes in bfloat16 wherever the processor can, and ties its threads to cores, where those
        # of another process may be tied as well.
        others = precision == "int8" and computes_bfloat16()  # of the layers that are not of 8 bits
        self._settings = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" or others else "f32",
                          "ENABLE_CPU_PINNING": False, "ENABLE_HYPER_THREADING": hyper_threads, "NUM_STREAMS": parallel,
                          "INFERENCE_NUM_THREADS": thread_budget()}
        self._any_size, self._fixed, self._recent = self._compiled(self.model), {}, deque(maxlen=2 * REPEATS)

    @staticmethod
    def version():
        return _version("openvino")

    @staticmethod
    def keep(source, path):
        """As OpenVINO's own files, which are read ten times as fast."""
        import openvino
        ending = ".meta" if os.path.exists(source + ".meta") else ".pb"
        openvino.save_model(openvino.Core().read_model(source + ending), path + ".xml", compress_to_fp16=False)

    @staticmethod
    def precisions(path):
        return dict({"float32": EXACT}, **{"bfloat16": NEAR} if computes_bfloat16() else {},
                    **{"int8": NEAR} if os.path.exists(path + INT8 + ".xml") else {})

    def run(self, feed, again=None):
        with self._lock:
            sizes = tuple(sorted((name, np.shape(value)) for name, value in feed.items()))
            idle, types = self._for_sizes(sizes) if self._come_again(sizes, again) else self._any_size
        request = idle.get()  # one request computes one input at a time
        try:
            self._infer(request, types, feed)
            return {name: request.get_tensor(name + ":0").data.copy() for name in self.names}
        finally:
            idle.put(request)

    def reserve(self, feed):
        idle, types = self._any_size
        requests = [idle.get() for _ in range(self.parallel)]
        try:
            for request in requests:
                self._infer(request, types, feed)
        finally:
            for request in requests:
                idle.put(request)

    @staticmethod
    def _infer(request, types, feed):
        request.infer({name + ":0": np.asarray(value, types[name]) for name, value in feed.items()}, share_inputs=True)

    def _compiled(self, model):
        """(queue of requests that wait for inputs, {input: dtype})"""
        compiled = self._core.compile_model(model, "CPU", self._settings)
        self.hyper_threads = compiled.get_property("ENABLE_HYPER_THREADING")  # False where the processor has none
        types = {name[:-len(":0")]: port.element_type.to_dtype() for port in compiled.inputs for name in port.get_names()}
        idle = queue.LifoQueue()
        for _ in range(self.parallel):
            idle.put(compiled.create_infer_request())
        return idle, types

    def _come_again(self, sizes, again):
        """Whether inputs of these sizes, ((name, shape), ...), shall be run by what is compiled for no others."""
        if again is not None:
            return again
        self._recent.append(sizes)
        return len(self._recent) >= REPEATS and len(set(self._recent)) <= FIXED and self._recent.count(sizes) > 1

    def _for_sizes(self, sizes):
        """What runs inputs of these sizes -> (requests, types): for the first ones what is compiled for no others, which takes 10
        to 20 % less time."""
        if sizes not in self._fixed and len(self._fixed) < FIXED and all(0 not in shape for _, shape in sizes):
            model = self.model.clone()
            model.reshape({name + ":0": list(shape) for name, shape in sizes})
            self._fixed[sizes] = self._compiled(model)
        return self._fixed.get(sizes, self._any_size)


def _reduced_to(model, names):
    """An openvino.Model, left with the outputs of these names, and the inputs that they need."""
    for output in model.outputs:
        if output.get_names().isdisjoint(name + ":0" for name in names):
            model.remove_result(output.get_node())
    needed = {operation.get_friendly_name() for operation in model.get_ops()}
    for parameter in model.get_parameters():
        takers = {port.get_node().get_friendly_name() for port in parameter.output(0).get_target_inputs()}
        if takers.isdisjoint(needed):
            model.remove_parameter(parameter)
    return model


class ONNXRuntime(object):
    """Computes in float32 alone."""

    hyper_threads = False  # not as it is told
    _TYPES = {"tensor(float)": np.float32, "tensor(int32)": np.int32}

    def __init__(self, path, names, precision, parallel=1, hyper_threads=False):
        from onnxruntime import InferenceSession, SessionOptions
        self.path, self.precision, self.parallel, self.names = path, precision, parallel, names
        settings = SessionOptions()
        settings.log_severity_level = 3  # no notes on constants that are left over
        # Threads that call run() compute as well, beside those of the session, which they share.
        settings.intra_op_num_threads = max(1, (thread_budget() or cores()) - parallel + 1)
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or waiting threads take as much time again
        model = _onnx_reduced_to(path + ".onnx", names)
        self._session = InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
        self._types = {one.name: self._TYPES[one.type] for one in self._session.get_inputs()}

    @staticmethod
    def version():
        """None too where there is no tf2onnx, which makes its files."""
        return _version("onnxruntime") if find_spec("tf2onnx") else None

    @staticmethod
    def keep(source, path):
        """Converted, and not optimised: ONNX Runtime does that itself, where tf2onnx takes gigabytes for it."""
        from tf2onnx.tfonnx import process_tf_graph
        graph = _imported(source)
        operations = graph.get_operations()
        inputs = [one.name for one in operations if one.type == "Placeholder"]
        outputs = [one.name for one in operations if not any(tensor.consumers() for tensor in one.outputs)]
        with graph.as_default():
            model = process_tf_graph(
                graph, opset=ONNX_OPSET, input_names=[name + ":0" for name in inputs],
                output_names=[name + ":0" for name in outputs],
                tensors_to_rename={name + ":0": name for name in inputs + outputs}).make_model(os.path.basename(path))
        with open(path + ".onnx", "wb") as stream:
            stream.write(model.SerializeToString())

    @staticmethod
    def precisions(path):
        return {"float32": EXACT}

    def run(self, feed, again=None):
        feed = {name: np.asarray(value, self._types[name]) for name, value in feed.items()}
        return dict(zip(self.names, self._session.run(self.names, feed)))

    def reserve(self, feed):
        pass


def _onnx_reduced_to(path, names):
    """The onnx.ModelProto of a file, left with the outputs of these names, and what they need: ONNX Runtime computes all that
    there is, whatever is fetched."""
    import onnx
    model = onnx.load(path)
    nodes, needed = [], set(names)
    for node in reversed(model.graph.node):  # what takes an output comes after it
        if not needed.isdisjoint(node.output):
            nodes.append(node)
            needed.update(node.input)
    for parts, kept in [(model.graph.node, nodes[::-1]),
                        (model.graph.input, [one for one in model.graph.input if one.name in needed]),
                        (model.graph.output, [one for one in model.graph.output if one.name in names])]:
        del parts[:]
        parts.extend(kept)
    return model


class TensorFlow(object):
    """Is always there, and can use a graphics card; shares the cores out by itself."""

    hyper_threads = False  # not as it is told

    def __init__(self, path, names, precision, parallel=1, hyper_threads=False):
        from nnet.tf import frozen_session_config, tf
        self.path, self.precision, self.parallel = path, precision, parallel
        self._session = tf.Session(graph=_imported(path), config=frozen_session_config(precision == "bfloat16"))
        self._fetched = {name: name + ":0" for name in names}

    @staticmethod
    def version():
        return ""

    @staticmethod
    def keep(source, path):
        shutil.copy(source + ".pb", path + ".pb")

    @staticmethod
    def precisions(path):
        from nnet.tf import has_bfloat16
        return dict({"float32": np.inf}, **{"bfloat16": NEAR} if has_bfloat16() else {})  # its float32 is what others are held to

    def run(self, feed, again=None):
        return self._session.run(self._fetched, {name + ":0": value for name, value in feed.items()})

    def reserve(self, feed):
        pass


def _version(package):
    try:
        return import_module(package).__version__.split("-")[0]
    except Exception:  # whatever a broken package raises
        return None


def _imported(path):
    """The tf.Graph of what nnet.freeze wrote."""
    from nnet.tf import tf
    graph_def = tf.GraphDef()
    with open(path + ".pb", "rb") as stream:
        graph_def.ParseFromString(stream.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return graph
