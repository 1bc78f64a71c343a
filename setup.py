"""Build and install: ``pip install -e ".[cpu]"`` (see README.md).

TensorFlow is an extra, because its packages exclude one another: ``cpu``, ``gpu``, and for Python 3.7 ``tf1`` and
``tf1-gpu``.
"""
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup


def extension(folder, name, *cpp_sources):
    return Extension(
        "lib.%s.%s" % (folder, name),
        ["lib/%s/%s.pyx" % (folder, name)] + ["lib/%s/%s" % (folder, source) for source in cpp_sources],
        depends=glob("lib/%s/*.hpp" % folder),
        include_dirs=["lib/%s" % folder],
        language="c++",
        extra_compile_args=["-std=c++17", "-O3", "-Wall", "-Wextra"],
    )


EXTENSIONS = [
    extension("nms_cython", "nms_grid", "greedy_nms.cpp"),
    extension(
        "multicut_cython",
        "multicut",
        "graph.cpp",
        "problem.cpp",
        "greedy.cpp",
        "kernighan_lin.cpp",
        "local_search.cpp",
        "annealing.cpp",
        "relaxation.cpp",
        "cycles.cpp",
        "search.cpp",
    ),
]

setup(
    name="pose-tensorflow",
    version="1.0.0",
    description="DeeperCut / ArtTrack human pose estimation",
    license="Apache-2.0",
    python_requires=">=3.7",
    packages=find_packages(include=["dataset*", "nnet*", "multiperson*", "util*", "lib*", "demo*"]),
    py_modules=["config", "default_config", "multicut", "nms_grid"],
    ext_modules=cythonize(EXTENSIONS, language_level=3),
    install_requires=[
        "numpy",
        "scipy",
        "scikit-image",
        "scikit-learn",
        "matplotlib",
        "pillow",
        "pandas",
        "pyyaml",
        "easydict",
        "cython",
        "pycocotools",
        "tqdm",
    ],
    extras_require={
        "cpu": [
            "tensorflow-cpu>=2.16; platform_machine == 'x86_64' and sys_platform != 'darwin'",
            "tensorflow>=2.16; platform_machine != 'x86_64' or sys_platform == 'darwin'",
            "openvino>=2025.0; platform_machine == 'x86_64' and sys_platform != 'darwin'",
        ],
        "gpu": ["tensorflow[and-cuda]>=2.16"],
        "tf1": ["tensorflow==1.15.*", "protobuf<3.21"],
        "tf1-gpu": ["tensorflow-gpu==1.15.*", "protobuf<3.21"],
        "tensorboard": ["tensorboard"],
        "h5": ["tables"],
        "exact": ["highspy>=1.8; python_version >= '3.8'"],
        "video": ["av"],
        "onnx": ["onnx", "onnxruntime", "tf2onnx"],
        "openvino": ["nncf", "openvino"],
        "test": ["pytest", "pytest-xdist", "hypothesis"],
    },
)
