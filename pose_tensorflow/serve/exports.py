"""People as files: poses as the commands write them, COCO results, and labels to train on."""
import io
import json
import os
import re
import zipfile

import numpy as np
from PIL import Image

from dataset.formats.coco import annotation_document, image_entry
from util.pose_json import poses_document

ZIPPED_AT = (2000, 1, 1, 0, 0, 0)  # the same people give the same file


def poses(people, skeleton, name, image):
    """poses.json of one picture."""
    return json.dumps(poses_document(skeleton, [people.to_json(name)]), indent=1).encode(), "application/json"


def results(people, skeleton, name, image):
    """A COCO results file; the picture's id is 1, as in the data set."""
    return json.dumps(people.to_coco(1)).encode(), "application/json"


def data_set(people, skeleton, name, image):
    """A zip with the picture and its labels in COCO's form, as a folder for dataset_type coco; several of them may be unpacked
    into the same folder, and become one by python -m dataset.convert annotations/*.json. Joints that were not detected, but
    filled in, are not labelled.
    """
    phase = re.sub(r"[\W_]+", "-", os.path.splitext(os.path.basename(name))[0]).strip("-")[:60] or "picture"
    file_name = phase + ".png"
    labels = [(1, np.column_stack([np.flatnonzero(person.visibility), person.keypoints[person.visibility, :2]]))
              for person in people]
    document = annotation_document([image_entry(1, file_name, people.size)], labels, skeleton)
    picture = io.BytesIO()
    Image.fromarray(image).save(picture, "PNG")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (("annotations/person_keypoints_%s.json" % phase, json.dumps(document)),
                              ("images/%s/%s" % (phase, file_name), picture.getvalue())):
            archive.writestr(zipfile.ZipInfo(path, ZIPPED_AT), content)
    return stream.getvalue(), "application/zip"


EXPORTS = {"json": poses, "coco": results, "dataset": data_set}
