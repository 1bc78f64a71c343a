"""The people of a picture, what explains them, and what somebody who looks at it knows better."""
import operator
from collections.abc import Sequence
from typing import Any, Dict, Iterable, List, Optional, Tuple

import numpy as np

from multiperson.correction import Constraints, Everybody, correct
from multiperson.explanation import Explanation, Node, Size, explain
from multiperson.graph import costs
from multiperson.predict import Search
from multiperson.visualize import draw_people
from nnet.predict import Found
from util.config import Config
from util.image import as_image
from util.mscoco_util import coco_result
from util.pose_json import image_entry, person_entry
from util.skeleton import Skeleton
from util.visualize import draw_pose, drawn_limbs


class Person(object):
    """Somebody in a picture.

    keypoints: [J, 3] float64 (x, y, score), px of the picture
    visibility: [J] bool, the joints that were detected; the others are where those expect them. Of one person, who always
        has all joints: those that score at least the config's score_threshold
    score: how surely it is somebody; people come the surest first
    """

    def __init__(self, cfg: Config, keypoints: np.ndarray, visibility: np.ndarray, score: float):
        self.keypoints, self.visibility, self.score = keypoints, visibility, float(score)
        self._cfg = cfg

    def draw(self, image: Any) -> np.ndarray:
        """The picture, of any form that can be searched, with this person on it, left and right in different colours: uint8
        RGB [h, w, 3]. Joints that score less than the config's score_threshold are left out."""
        return draw_pose(as_image(image), self.keypoints, Skeleton.from_config(self._cfg), self._cfg.score_threshold)

    def to_json(self) -> Dict[str, Any]:
        """{"keypoints": [[x, y, score], ...], "score": s}, as the commands write it."""
        return person_entry(self.keypoints, self.score)

    def to_coco(self, image_id: int = 0) -> Dict[str, Any]:
        """An entry of a COCO results file: image_id, category_id, keypoints [x, y, 1, ...], score."""
        return coco_result(image_id, self.keypoints, self.score)

    def __repr__(self) -> str:
        return "<Person of %d joints, score %.2f>" % (self.visibility.sum(), self.score)


class People(Sequence):
    """The Persons of a picture, the surest first; nothing changes them.

    >>> import pose_tensorflow
    >>> people = pose_tensorflow.load("single")("demo/images/woman_standing.jpg")
    >>> drawn = people.draw("demo/images/woman_standing.jpg")
    >>> [person.keypoints.shape for person in people]
    [(14, 3)]
    >>> sorted(people.to_json("woman_standing.jpg"))
    ['height', 'image', 'people', 'width']
    """

    def __init__(self, cfg: Config, size: Tuple[int, int], persons: List[Person]):
        """size: (height, width) of the picture"""
        self.size = size
        self._cfg, self._persons = cfg, persons

    def __getitem__(self, place):
        return self._persons[place]

    def __len__(self) -> int:
        return len(self._persons)

    def __repr__(self) -> str:
        return repr(self._persons)

    def draw(self, image: Any) -> np.ndarray:
        """The picture with everybody on it, each in a colour of their own; see Person.draw."""
        limbs = drawn_limbs(Skeleton.from_config(self._cfg))
        poses = [person.keypoints for person in self]
        return draw_people(as_image(image), poses, limbs, threshold=self._cfg.score_threshold)

    def to_json(self, name: str = "") -> Dict[str, Any]:
        """{"image": name, "width": w, "height": h, "people": [...]}, as the commands write it for each picture."""
        return image_entry(name, self.size, [person.to_json() for person in self])

    def to_coco(self, image_id: int = 0) -> List[Dict[str, Any]]:
        """Entries of a COCO results file."""
        return [person.to_coco(image_id) for person in self]

    def explain(self, edges: bool = True) -> Explanation:
        """What the people were assembled from, see multiperson.explanation. edges: False leaves them out, of which a crowd
        has tens of thousands"""
        raise NotImplementedError

    def correct(self, join: Iterable[Tuple[int, int]] = (), cut: Iterable[Tuple[int, int]] = (),
                keep: Iterable[int] = ()) -> "People":
        """The people as somebody knows better; these stay as they are."""
        raise NotImplementedError


class OnePerson(People):
    """The one person whom a network for one person finds."""

    def __init__(self, cfg: Config, size: Tuple[int, int], found: Found):
        scores = found.pose[:, 2]
        self._scale = found.scale
        super().__init__(cfg, size, [Person(cfg, found.pose, scores >= cfg.score_threshold, scores.mean())])

    def draw(self, image: Any) -> np.ndarray:
        return self[0].draw(image)

    def explain(self, edges: bool = True) -> Explanation:
        """A node for each joint, the best place in its score map; there are no edges, and nothing was assembled."""
        names = Skeleton.from_config(self._cfg).joint_names
        nodes = [Node(joint, names[joint], (x, y), score, float(costs(score)), 0, 0, False)
                 for joint, (x, y, score) in enumerate(self[0].keypoints.tolist())]
        return Explanation(nodes, [], [Size(self._scale)])

    def correct(self, join=(), cut=(), keep=()):
        """Raises ValueError: only several people are assembled, and can be corrected."""
        raise ValueError("one person is not assembled, so that nothing can be joined or cut: load(\"multi\") finds people "
                         "that can be corrected")


class SeveralPeople(People):
    """The people whom a minimum cost multicut assembled from detections of their joints.

    constraints: what was said in correct(); none of people as they were found
    difference: by how much the objective rose against the people whom correct() was called on: what was said costs so much

    >>> import pose_tensorflow
    >>> people = pose_tensorflow.load("multi")("demo/images/skier.jpg")
    >>> explanation = people.explain()
    >>> a, b = [node.number for node in explanation.nodes if node.person == 0][:2]
    >>> apart = people.correct(cut=[(a, b)])
    >>> len(people), len(apart), apart.difference > 0
    (1, 2, True)
    """

    def __init__(self, cfg: Config, size: Tuple[int, int], found: Everybody, constraints: Constraints = Constraints(),
                 before: Optional["SeveralPeople"] = None):
        """found: everybody as the picture gave them; before: whom correct() was called on"""
        self.constraints = constraints
        self._found = found
        self._everybody = correct(cfg, found, constraints) if any(constraints) else found
        self.difference = 0.0 if before is None else _objective(self._everybody) - _objective(before._everybody)
        persons = (same[0][1] for same in self._everybody.people)
        super().__init__(cfg, size, [Person(cfg, one.keypoints, one.visibility, one.score) for one in persons])

    @property
    def searches(self) -> List[Search]:
        """What the picture showed at each size, as multiperson.predict.Search: its maps, detections and assembly."""
        return self._everybody.searches

    def explain(self, edges: bool = True) -> Explanation:
        """The graph of detections, the nodes, and pairs of them, the edges, over all sizes at which the picture was
        searched; what they cost, and how far from the best the assembly can be. See multiperson.explanation. edges: False
        leaves them out, of which a crowd has tens of thousands"""
        return explain(self._cfg, self._everybody, edges)

    def correct(self, join: Iterable[Tuple[int, int]] = (), cut: Iterable[Tuple[int, int]] = (),
                keep: Iterable[int] = ()) -> "SeveralPeople":
        """The people as somebody knows better, assembled again; these people stay as they are. Corrections add up: on
        corrected people, what was said before still holds.

        join, cut: pairs of nodes, by their numbers in explain(), that are one person, or are not
        keep: nodes that are joints of somebody, and may not be suppressed
        A node's number stays the same. The picture was searched at several sizes: what is said holds at that size at which
        the person is reported, where the joints were detected there as well, else at the nodes' own. Two nodes of which no
        size shows both: join makes their people one, cut tells them apart.
        Raises ValueError where there is no such node, or constraints contradict each other.
        """
        try:
            said = Constraints(_pairs(join), _pairs(cut), tuple(operator.index(node) for node in keep))
        except (TypeError, ValueError):
            raise ValueError("join and cut are lists of pairs of nodes, such as [(3, 17), (4, 9)], keep is a list of nodes"
                             ) from None
        constraints = Constraints(*(before + more for before, more in zip(self.constraints, said)))
        return SeveralPeople(self._cfg, self.size, self._found, constraints, self)


def _pairs(pairs: Iterable[Tuple[int, int]]) -> Tuple[Tuple[int, int], ...]:
    return tuple((operator.index(a), operator.index(b)) for a, b in pairs)


def _objective(everybody: Everybody) -> float:
    return sum(found.assembly.objective for found in everybody.searches)
