"""People assembled again, as somebody who looks at the picture says: these two are one person, those are not, keep that one.

A picture is searched at several sizes, each with an assembly of its own; whoever was found at two of them, or in parts, is
reported once.
What is said is about joints of the picture: it holds at the size at which their person is reported, if they were detected
there as well. If no size shows both joints of a pair, it is about the people: whether those of two sizes are the same.
"""
from functools import reduce
from typing import List, NamedTuple, Tuple

import numpy as np

from multiperson.people import Person, grouped, with_joints_of
from multiperson.predict import Search, assemble_graph, reported
from util.skeleton import Skeleton

CONTRADICTION = "the corrections contradict each other: what is joined, by itself or by way of others, is also cut"


class Constraints(NamedTuple):
    """What is known about nodes, which are numbered over all sizes, those of the first size first.

    join: pairs that are one person's; cut: pairs that are not; keep: nodes that are somebody's
    """

    join: Tuple[Tuple[int, int], ...] = ()
    cut: Tuple[Tuple[int, int], ...] = ()
    keep: Tuple[int, ...] = ()


class Everybody(NamedTuple):
    """The people of a picture.

    searches: a Search for each size; people: for each person, the surest first, a list of (number of the size, Person):
    first as it is reported, then as it was found again
    """

    searches: List[Search]
    people: List[List[Tuple[int, Person]]]


def everybody(cfg, searches):
    """Searches as a picture gave them -> Everybody; the people are those of PeoplePredictor.find."""
    return _matched(cfg, searches, _Said(searches))


def correct(cfg, before, constraints):
    """Everybody, as everybody() gives it, under Constraints -> Everybody.

    Raises ValueError for nodes that do not exist, and where constraints contradict each other.
    """
    said = _Said(before.searches)
    home = {(size, node): same[0][0] for same in before.people for size, person in same for node in person.members.tolist()}
    for kind, pairs in (("join", constraints.join), ("cut", constraints.cut)):
        for pair in pairs:
            said.add_pair(cfg, kind, [_place(before.searches, node) for node in sorted(pair)], home)
    for node in constraints.keep:
        place = _place(before.searches, node)
        size, there = _at(cfg, before.searches, place, home.get(place)) or place
        said.keep[size].append(there)
    searches = [_again(cfg, *own) for own in zip(before.searches, said.join, said.cut, said.keep)]
    return _matched(cfg, searches, said)


class _Said(object):
    """Constraints, sorted. join, cut, keep: for each size, on nodes of its graph; across: {"join", "cut": [pair of places
    (size, node) of different sizes]}"""

    def __init__(self, searches):
        self._searches = searches
        self.join, self.cut, self.keep = ([[] for _ in searches] for _ in range(3))
        self.across = {"join": [], "cut": []}

    def add_pair(self, cfg, kind, places, home):
        """Where their people are reported, else where one was detected; else across sizes. places: two (size, node)"""
        for size in [home.get(place) for place in places] + [size for size, _ in places]:
            there = [_at(cfg, self._searches, place, size) for place in places]
            one_node = there[0] == there[1] and places[0][0] == places[1][0]  # for two of the size where they were detected
            if None not in there and not one_node:
                getattr(self, kind)[size].append(tuple(node for _, node in there))
                if kind == "join":  # whoever has them at their own sizes is that person as well
                    self.across[kind] += [pair for pair in zip(places, there) if pair[0] != pair[1]]
                return
        self.across[kind].append(places)
        if kind == "join":
            for size, node in places:
                self.keep[size].append(node)

    def nodes(self):
        """All places (size, node) of which something is said at their size."""
        return {(size, node) for size, lists in enumerate(zip(self.join, self.cut, self.keep))
                for node in _nodes(*lists)}


def first_nodes(searches):
    """[S + 1] int64: the number of each size's first node, and how many there are in all."""
    return np.cumsum([0] + [len(found.assembly.person) for found in searches])


def _place(searches, node):
    """(number of the size, the node in its graph) of a node. Raises ValueError."""
    first = first_nodes(searches)
    if not 0 <= node < first[-1]:
        raise ValueError("there is no node %d: explain() has the nodes 0 to %d" % (node, first[-1] - 1))
    size = int(np.searchsorted(first, node, side="right")) - 1
    return size, int(node - first[size])


def _at(cfg, searches, place, size):
    """The place (size, node) of the same detection at another size: of the same joint, and so near that at the smaller size
    non-maximum suppression would leave one of the two; None where there is none, or no size."""
    if size is None or place[0] == size:
        return None if size is None else place
    (found, node), other = (searches[place[0]], place[1]), searches[size]
    graph = found.assembly.graph
    distance = np.linalg.norm(other.assembly.graph.position / other.scale - graph.position[node] / found.scale, axis=1)
    distance[other.assembly.graph.joint != graph.joint[node]] = np.inf
    reach = cfg.nms_radius * cfg.stride / min(found.scale, other.scale)  # px of the picture
    return (size, int(distance.argmin())) if len(distance) and distance.min() <= reach else None


def _nodes(join, cut, keep):
    return [node for pair in join + cut for node in pair] + keep


def _again(cfg, found, join, cut, keep):
    """A Search under constraints on its nodes. Raises ValueError."""
    nodes = _nodes(join, cut, keep)
    if not nodes:
        return found
    try:
        assembly = assemble_graph(cfg, found.assembly.graph, must_join=join, must_cut=cut, must_keep=keep)
    except ValueError:
        raise ValueError(CONTRADICTION) from None
    found = found._replace(assembly=assembly)
    return found._replace(people=reported(cfg, found, nodes))


def _matched(cfg, searches, said):
    """Everybody whom Searches show that are as _Said.

    People of whom something is said come before those who are alike. Raises ValueError.
    """
    found = [(size, person) for size, one in enumerate(searches) for person in one.people]
    owner = {(size, node): number for number, (size, person) in enumerate(found) for node in person.members.tolist()}
    unit = _joined(len(found), _owners(said.across["join"], owner))
    cuts = _owners(said.across["cut"] + [tuple((size, node) for node in pair) for size, pairs in enumerate(said.cut)
                                         for pair in pairs], owner)
    if any(unit[a] == unit[b] for a, b in cuts):
        raise ValueError(CONTRADICTION)
    apart = {frozenset((unit[a], unit[b])) for a, b in cuts}

    def is_cut_off(number, group):
        return any(frozenset((unit[one], unit[number])) in apart for one in group)

    def told(number, group):
        if any(unit[one] == unit[number] for one in group):
            return True
        return False if is_cut_off(number, group) else None

    leading = {owner[place] for place in said.nodes() if place in owner}
    groups = grouped([person for _, person in found], Skeleton.from_config(cfg).oks_sigmas, told, leading)
    people = []
    for group in groups:
        best, *others = group
        rivals = [one for number, one in enumerate(found) if is_cut_off(number, group)]
        same = [(found[number][0], _without(cfg, searches, found[number], rivals)) for number in others]
        whole = reduce(with_joints_of, [found[best][1]] + [person for _, person in same])
        people.append([(found[best][0], whole)] + same)
    return Everybody(searches, sorted(people, key=lambda group: -group[0][1].score))


def _owners(pairs, owner):
    """For pairs of places the pairs of people to whom these belong, where those are two. owner: {place: number of a person}"""
    numbers = [tuple(owner.get(place) for place in pair) for pair in pairs]
    return [pair for pair in numbers if None not in pair and pair[0] != pair[1]]


def _joined(count, pairs):
    """[count]: a name for each, the same for those whom pairs join, by way of others or not."""
    name = list(range(count))
    for a, b in pairs:
        name = [name[a] if one == name[b] else one for one in name]
    return name


def _without(cfg, searches, one, rivals):
    """The Person of `one` (size, Person) without the joints that were cut off it and are now those of rivals [(size, Person)]."""
    size, person = one
    for other, rival in rivals:
        reach = cfg.nms_radius * cfg.stride / min(searches[size].scale, searches[other].scale)  # px of the picture
        cut_off = rival.visibility & (np.hypot(*(person.keypoints - rival.keypoints)[:, :2].T) <= reach)
        members = person.members[~cut_off[searches[size].assembly.graph.joint[person.members]]]
        person = person._replace(visibility=person.visibility & ~cut_off, members=members)
    return person
