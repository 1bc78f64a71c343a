"""Find people in millions of pictures: a table of their joints. ``python3 predict_many.py --help`` says more."""
from pose_tensorflow.commands.many import main
from util.command import run_command

if __name__ == "__main__":
    run_command(main)
