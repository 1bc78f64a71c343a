"""Draw the pictures of docs/how_it_works.md.

    python docs/make_pictures.py    # docs/images/how_*.jpg

They show what the shipped weights for several people make of one photograph of the demo: the skateboarder, next to his own
mirror image, so that there are two people to tell apart.
"""
import argparse
import os

import numpy as np
from PIL import Image, ImageDraw

import pose_tensorflow
from dataset.maps import get_pairwise_index
from multiperson.visualize import person_colour
from util.config import PROJECT
from util.image import read_image

PHOTOGRAPH = os.path.join(PROJECT, "demo/images/skateboarder_standing.jpg")
OUT = os.path.join(PROJECT, "docs/images")
CROP = slice(75, 255)  # columns of the photograph: he and little else
ZOOM = 2  # of the drawn picture over the photograph
JOINTS = ("nose", "left_wrist", "right_knee")  # whose score maps are shown
ANCHOR = "right_shoulder"  # whose offsets are shown
SUPPRESSED, SAME, DIFFERENT = (255, 255, 255), (40, 220, 90), (255, 50, 60)


def two_people():
    """The photograph and its mirror image side by side: uint8 [h, w, 3]."""
    half = read_image(PHOTOGRAPH)[:, CROP]
    return np.concatenate([half, half[:, ::-1]], axis=1)


class Canvas(object):
    """A picture, enlarged and paled, to be drawn on in the picture's own pixels."""

    def __init__(self, image, paleness=0.35):
        size = image.shape[1] * ZOOM, image.shape[0] * ZOOM
        large = Image.fromarray(image).resize(size, Image.BICUBIC)
        self.image = Image.blend(large, Image.new("RGB", size, (20, 20, 30)), paleness)
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    def line(self, start, end, colour, width=1.5, alpha=255):
        ends = [tuple(float(value) * ZOOM for value in point) for point in (start, end)]
        self._pen.line(ends, fill=tuple(colour) + (int(alpha),), width=max(1, int(width * ZOOM)))

    def dot(self, point, colour, radius=3.0, hollow=False):
        x, y = (float(value) * ZOOM for value in point)
        radius *= ZOOM
        box = [x - radius, y - radius, x + radius, y + radius]
        self._pen.ellipse(box, fill=None if hollow else tuple(colour), outline=tuple(colour) if hollow else (0, 0, 0),
                          width=ZOOM if hollow else 1)


def score_maps(image, names, found, stride):
    """The picture once for each of JOINTS, under the joint's score map."""
    panels = []
    for name in JOINTS:
        scores = found.maps.scores[:, :, names.index(name)].clip(0, 1)
        covered = 0, 0, image.shape[1] * found.scale / stride, image.shape[0] * found.scale / stride  # of all cells
        heat = Image.fromarray(scores.astype(np.float32)).resize(image.shape[1::-1], Image.BILINEAR, box=covered)
        heat = np.asarray(heat)[:, :, None]
        colour = np.array([255, 60, 0]) + heat * np.array([0, 180, 0])
        panels.append((image * 0.55 * (1 - heat) + colour * heat).astype(np.uint8))
    return Image.fromarray(np.concatenate(panels, axis=1))


def offsets(image, names, found):
    """From each detection of ANCHOR a line to where it expects each other joint, a ring."""
    canvas, anchor = Canvas(image), names.index(ANCHOR)
    detections = found.detections
    pairs = [pair for pair in found_pairs(found) if anchor in pair]
    others = sorted({joint for pair in pairs for joint in pair} - {anchor})
    columns = [values[anchor] for values in (detections.coord_grid, detections.coord, detections.pairwise)]
    for number, (centre, coord, pairwise) in enumerate(zip(*columns)):
        colour = person_colour(number)
        for other in others:
            expected = centre + pairwise[get_pairwise_index(anchor, other, len(names))]
            canvas.line(coord / found.scale, expected / found.scale, colour, 1)
            canvas.dot(expected / found.scale, colour, 3, hollow=True)
        canvas.dot(coord / found.scale, colour, 4.5)
    return canvas.image


def found_pairs(found):
    """Pairs of different joints between which the graph of a Search has edges."""
    graph = found.assembly.graph
    return {tuple(sorted(graph.joint[list(edge)].tolist())) for edge in graph.edges.tolist()} - {
        (joint, joint) for joint in set(graph.joint.tolist())}


def graph(image, nodes, edges):
    """Every node, and every edge: green where it is one person's, red where not, stronger where surer."""
    canvas = Canvas(image, 0.6)
    for edge in sorted(edges, key=lambda edge: -edge.cost):  # those that hold people together on top
        sure = min(1.0, abs(edge.cost) / 4)
        colour = SAME if edge.cost < 0 else DIFFERENT
        canvas.line(nodes[edge.a].position, nodes[edge.b].position, colour, 0.5, 50 + 170 * sure)
    for node in nodes.values():
        canvas.dot(node.position, (255, 230, 90), 2 + 2 * node.score)
    return canvas.image


def cut(image, nodes, edges):
    """What is left of the graph: the edges inside people, in their colours; white rings were left out."""
    canvas = Canvas(image, 0.6)
    for edge in edges:
        if edge.joined:
            canvas.line(nodes[edge.a].position, nodes[edge.b].position, colour_of(nodes[edge.a]), 0.5, 150)
    for node in nodes.values():
        canvas.dot(node.position, colour_of(node), 2 + 2 * node.score, hollow=node.suppressed)
    return canvas.image


def colour_of(node):
    return SUPPRESSED if node.person is None else person_colour(node.person)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    image = two_people()
    pose = pose_tensorflow.load("multi")
    people = pose(image)
    explanation = people.explain()
    size = next(node.size for node in explanation.nodes if node.person == 0)
    nodes = {node.number: node for node in explanation.nodes if node.size == size}
    edges = [edge for edge in explanation.edges if edge.a in nodes]
    found, names = people.searches[size], list(pose.joint_names)
    pictures = {"score_maps": score_maps(image, names, found, pose.cfg.stride), "offsets": offsets(image, names, found),
                "graph": graph(image, nodes, edges), "cut": cut(image, nodes, edges),
                "people": Image.fromarray(people.draw(image))}
    for name, picture in pictures.items():
        path = os.path.join(OUT, "how_%s.jpg" % name)
        picture.save(path, quality=80, optimize=True)
        print("%s: %d kB" % (os.path.relpath(path), os.path.getsize(path) // 1000))
    of = explanation.sizes[size]
    print("%d people, %d nodes, %d of them left out, %d edges, %d of them joined; objective %.1f, bound %.1f" % (
        len(people), len(nodes), sum(node.suppressed for node in nodes.values()), len(edges),
        sum(edge.joined for edge in edges), of.objective, of.lower_bound))


if __name__ == "__main__":
    main()
