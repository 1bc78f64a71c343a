"""Build and install: ``pip install -e ".[cpu]"`` (see docs/index.md).

TensorFlow is an extra, because its packages exclude one another: ``cpu``, ``gpu``, and for Python 3.7 ``tf1`` and
``tf1-gpu``.
"""
import re
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup


def content(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


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

# Folders without __init__.py, of which the commands need files: they are imported, and found, as in a checkout.
FOLDERS = ["benchmarks", "models", "models.mpii", "models.pretrained", "models.single"]
# Named one by one, so that nothing comes along that was downloaded, trained or collected in a checkout.
DATA = {
    "benchmarks": ["crowd.npz"],
    "demo": ["pose_cfg*.yaml", "images/*.jpg", "images/ATTRIBUTION.md"],
    "models": ["README.md", "fetch.sh", "dataset_example.mat", "*/README.md", "*/download*.sh", "*/test/pose_cfg.yaml",
               "*/video/pose_cfg.yaml", "*/train/*_cfg.yaml", "single/mobilenet-v2-fpn-single.*", "single/reliability.png",
               "multi/mobilenet-v2-fpn-multi.*", "multi/pairwise/*.mat", "single/graph/*", "multi/graph/*"],
    "pose_tensorflow": ["py.typed", "serve/page/*"],
}
TEST = ["pytest", "pytest-xdist", "hypothesis", "httpx", "setuptools"]

setup(
    name="pose-tensorflow",
    version=re.search('__version__ = "(.*)"', content("pose_tensorflow/__init__.py")).group(1),
    description="DeeperCut / ArtTrack human pose estimation",
    long_description=content("README.md"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.7",
    packages=FOLDERS + find_packages(include=[
        name + "*" for name in ("dataset", "nnet", "multiperson", "pose_tensorflow", "util", "lib", "demo")]),
    package_data=DATA,
    entry_points={"console_scripts": ["pose = pose_tensorflow.cli:main"]},
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
        "video": ["av", "opencv-python-headless"],
        "track": ["motmetrics"],
        "onnx": ["onnx", "onnxruntime", "tf2onnx"],
        "openvino": ["nncf", "openvino"],
        "parquet": ["pyarrow"],
        "ray": ["ray[data]>=2.9; python_version >= '3.9'"],
        "serve": ["starlette>=0.37; python_version >= '3.10'", "uvicorn; python_version >= '3.10'"],
        "completion": ["argcomplete"],
        "docs": ["mkdocs-material>=9.5", "mkdocstrings[python]>=0.26"],
        "test": TEST,
        "dev": TEST + ["argcomplete", "build"],
    },
)
