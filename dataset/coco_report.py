"""COCO's average precision of predictions.json on a data set, printed."""
from dataset.formats.source import reading
from dataset.mscoco import load_annotations
from util.files import read_json_list
from util.mscoco_util import evaluate, tested_pictures


def print_precision(cfg, path):
    """The figures of a file of COCO results on the config's data set. Raises UserError."""
    results = read_json_list(path, "COCO results, as test_multiperson.py writes them")
    with reading("%s, or the annotations of %s," % (path, cfg.dataset)):
        coco = load_annotations(cfg)
        pictures = tested_pictures(cfg, path, results)
        figures = evaluate(coco, results, cfg.get("oks_sigmas"), pictures)
    count = len(coco.dataset["images"])
    tested = count if pictures is None else len(pictures)
    print("%d people in %d pictures" % (len(results), count) if tested == count else
          "%d people in %d of %d pictures; the others do not count" % (len(results), tested, count))
    for name, value in figures.items():
        print("%-9s %.3f" % (name, value))
