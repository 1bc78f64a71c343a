"""Show a page on which people in pictures are found, and corrected: in a browser, on this machine.

    pose serve                                   # the shipped weights for several people: http://127.0.0.1:8000
    pose serve pose_cfg.yaml --weights snapshot-1500 --port 8080
    pose serve --host 0.0.0.0                    # whoever reaches this machine may use it: there are no passwords

Ctrl-C ends it. Pictures are kept in memory only. Other programs may use it as well: /openapi.json describes how. It needs
packages of its own, the extra "serve", and Python 3.10 or newer.
"""
import argparse
import gc
import socket
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", metavar="CONFIG", default="multi",
                        help="a pose_cfg.yaml for several people; default: the shipped one")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--host", default="127.0.0.1",
                        help="address, or name, at which it listens; default: %(default)s, for this machine alone")
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free; default: %(default)s")
    args = parser.parse_args()
    from util.command import UserError
    if sys.version_info < (3, 10):
        raise UserError("this needs Python 3.10 or newer; here is %d.%d" % sys.version_info[:2])
    try:
        import uvicorn
        from pose_tensorflow.serve.app import make_app
    except ImportError as error:
        raise UserError("this needs packages of its own (%s): pip install \"pose-tensorflow[serve]\"" % error) from None
    with listen(args.host, args.port) as listener:
        app = make_app(load(args.config, args.weights), [args.host])
        host = "[%s]" % args.host if ":" in args.host else args.host
        print("http://%s:%d shows the page; Ctrl-C ends it" % (host, listener.getsockname()[1]), flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def listen(host, port):
    """A socket that listens; port: 0 = any that is free. Raises UserError."""
    from util.command import UserError
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise UserError("cannot listen at %s, port %d (%s)" % (host, port, error)) from None


def load(config, weights):
    """The Pose of a config for several people, called once: the first picture takes a network longest."""
    import numpy as np
    from pose_tensorflow.configs import choose_config, for_several
    from pose_tensorflow.pose import Pose
    from util.command import UserError
    cfg = choose_config(config, weights)
    if not for_several(cfg):
        raise UserError("%s finds one person, who is not assembled: a config with pairwise_model_dir is needed" % config)
    pose = Pose(cfg)
    pose(np.zeros((416, 416, 3), np.uint8))
    gc.freeze()  # what TensorFlow has made is never rubbish, and looking through it takes longer than an assembly
    return pose
