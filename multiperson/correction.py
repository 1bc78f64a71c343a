"""People assembled again, as somebody who looks at the picture says: these two are one person, those are not, keep that one.

A picture is searched at several sizes, each with an assembly of its own; whoever was found at two of them is reported once.
What is said is about joints of the picture: it holds at the size at which their person is reported, if they were detected
there as well. If no size shows both joints of a pair, it is about the people: whether those of two sizes are the same.
"""
from typing import List, NamedTuple, Tuple

import numpy as np

from multiperson.people import Person, grouped, with_joints_of
from multiperson.predict import Search, assemble_graph, reported
from util.skeleton import Skeleton


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
    return _matched(cfg, searches, _Said(searches), {})


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
    return _matched(cfg, searches, said, home)


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

    def cut_off(self, size, members):
        """Joints that somebody with these nodes at a size may not have, since they were cut off."""
        joint = self._searches[size].assembly.graph.joint
        return [joint[b] for pair in self.cut[size] for a, b in (pair, pair[::-1]) if a in members]

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
        raise ValueError("the corrections contradict each other: what is joined, by itself or by way of others, is also cut"
                         ) from None
    found = found._replace(assembly=assembly)
    return found._replace(people=reported(cfg, found, nodes))


def _matched(cfg, searches, said, home):
    """Everybody whom Searches show that are as _Said. home: {place: size at which its person was reported before}

    People of whom something is said where they were reported come before those who are alike.
    """
    found = [(size, person) for size, one in enumerate(searches) for person in one.people]
    owner = {(size, node): number for number, (size, person) in enumerate(found) for node in person.members.tolist()}
    nodes = [place for place in said.nodes() if place in owner]
    settled = {owner[place] for place in nodes}
    leading = {owner[place] for place in nodes if home.get(place) == place[0]}
    same, other = ({frozenset(owner.get(place) for place in pair) for pair in said.across[kind]} for kind in ("join", "cut"))

    def told(number, group):
        pairs = {frozenset((number, one)) for one in group}
        if pairs & (same | other):
            return bool(pairs & same)
        of_this_size = [one for one in group if found[one][0] == found[number][0]]
        return False if number in settled and not settled.isdisjoint(of_this_size) else None  # they have been told apart

    groups = grouped([person for _, person in found], Skeleton.from_config(cfg).oks_sigmas, told, leading)
    people = []
    for best, *others in groups:
        size, person = found[best]
        cut_off = said.cut_off(size, set(person.members.tolist()))
        lenders = [lender._replace(visibility=lender.visibility & ~np.isin(np.arange(len(lender.visibility)), cut_off))
                   for lender in (found[number][1] for number in others)]
        people.append([(size, with_joints_of(person, lenders))] + [found[number] for number in others])
    return Everybody(searches, sorted(people, key=lambda group: -group[0][1].score))
