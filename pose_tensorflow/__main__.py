"""``python -m pose_tensorflow``: the command ``pose``, where it is not installed."""
from pose_tensorflow.cli import main

main()
