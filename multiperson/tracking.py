"""People followed through a video by a minimum cost multicut over space and time: ArtTrack (arXiv 1612.01465), section 3.

Nodes are the detections of several frames. Edges are those of each frame, see multiperson/graph.py, and temporal ones between
detections of one joint in different frames, see multiperson/temporal.py; a cluster is a person through time. Of a long video
the graph is solved in a sliding window: people of earlier frames stay what they were, each contracted to one node, and two who
were seen together may not be joined.
"""
from collections import deque
from typing import Any, List, NamedTuple

import numpy as np

from lib.multicut_cython.solution import Solution
from multiperson.graph import Graph, costs
from multiperson.motion import Motion, View
from multiperson.people import (SAME_PERSON, Person, filled_in, people_of, similarity, solve_within_reach,
                                warn_if_stopped)
from multiperson.temporal import Points, candidate_pairs, carried, points_of, temporal_features
from multiperson.tracks import (empty_tracks, merged, person_points, predicted, returns, rivals, stacked, steadied,
                                strangers)


class TrackedFrame(NamedTuple):
    """A frame whose people are decided.

    frame: what was given to Tracker.add; people: Persons; numbers: those of their tracks
    then: what a Tracker needs to go on after this frame, see Tracker.start: Tracks, the number of the next one, frames so far
    solution: lib.multicut_cython.solution.Solution of the window in which it was decided: objective, bound and gap
    """

    frame: Any
    people: List[Person]
    numbers: List[int]
    then: Any
    solution: Solution

    def only(self, kept):
        """The same with some of the people. kept: whether, for each of them"""
        people, numbers = ([one for one, keep in zip(part, kept) if keep] for part in (self.people, self.numbers))
        return self._replace(people=people, numbers=numbers)


class WindowFrame(object):
    """A frame that is not decided yet.

    graph: Graph, px of the frame; points: its nodes; motion: from the frame before; complete: see Tracker.add
    carried: its nodes, seen from the newest frame; links: {earlier WindowFrame: (edges [m, 2], probability [m])}
    """

    def __init__(self, frame, graph, points, motion, complete):
        self.frame, self.graph, self.points, self.motion, self.complete = frame, graph, points, motion, complete
        self.carried = points
        self.links = {}


class Tracker(object):
    """Follows people through the frames of a video. Give each to add(), in order; finish() gives those still undecided."""

    def __init__(self, cfg, temporal, sigmas=None):
        """
        cfg: the keys track_..., person_min_joints, num_joints, and the solver's
        temporal: multiperson.pairwise.PairModel, see multiperson/temporal.py; sigmas: [J], see util.skeleton.Skeleton
        """
        self._cfg, self._temporal, self._sigmas = cfg, temporal, sigmas
        self._tracks, self._next = empty_tracks(), 0
        self._window, self._waiting = deque(), deque()
        self._view = None
        self._count = 0  # frames so far
        self._seen = {}  # {number of a track: frames in which it was seen}
        self._renamed = {}  # {number of a track: that of the one of whom it was the return}

    def start(self, image, then):
        """Go on after a frame. image: the frame, uint8 RGB [h, w, 3]; then: TrackedFrame.then of it."""
        self._view = View(image)
        self._tracks, self._next, self._count = then
        self._seen = dict(zip(self._tracks.number.tolist(), self._tracks.seen.tolist()))

    def add(self, frame, image, graph, unit, complete=lambda people: people):
        """The next frame -> [TrackedFrame], those that are decided now, some frames later than they came.

        frame: anything; image: uint8 RGB [h, w, 3]; graph: multiperson.graph.Graph of its detections, px of the image
        unit: [n] px, for each node as from multiperson.pairwise.person_units
        complete: what fills in the absent joints of [Person], see multiperson.completion
        """
        view = View(image)
        self._count += 1
        motion = Motion(self._view or view, view)
        self._view = view
        new = WindowFrame(frame, graph, points_of(graph, unit, view), motion, complete)
        for earlier in self._window:
            earlier.carried = carried(earlier.carried, motion)
            new.links[earlier] = self._linked(earlier.carried, new.points)
        self._window.append(new)
        return self._decide() if len(self._window) >= self._cfg.track_window else []

    def finish(self):
        """[TrackedFrame]: those that are left."""
        found = []
        while self._window:
            found += self._decide()
        return found + [self._reported() for _ in range(len(self._waiting))]

    def _linked(self, before, after):
        """Temporal edges [m, 2], places in two Points, and their probability [m]."""
        start, end = candidate_pairs(before, after)
        return np.column_stack([start, end]), self._temporal.probability(temporal_features(before, after, start, end))

    def _window_graph(self):
        """(The Graph of the window: one node a track, then those of each frame; the tracks' Points, seen from the first frame).
        Tracks are certain: their cost is 0."""
        tracks, frames = self._tracks, list(self._window)
        first = np.cumsum([len(tracks.number)] + [len(frame.graph.joint) for frame in frames])
        place = dict(zip(frames, first))
        links = [returns(tracks, self._temporal)]
        seen = list(predicted(tracks, (frame.motion for frame in frames), self._cfg.track_lost))
        for frame, points in zip(frames, seen):
            edges, probability = self._linked(points, frame.points)
            links.append((np.column_stack([tracks.owner[edges[:, 0]], edges[:, 1] + place[frame]]), probability))
            links.append((frame.graph.edges + place[frame], frame.graph.edge_probability))
            links += [(edges + [place[earlier], place[frame]], probability)
                      for earlier, (edges, probability) in frame.links.items()]
        nobody = np.full(first[0], -1)
        parts = zip(*((frame.graph.joint, frame.graph.position, frame.graph.probability) for frame in frames))
        joint, position, probability = map(np.concatenate, parts)
        graph = Graph(np.append(nobody, joint), np.concatenate([np.zeros((len(nobody), 2)), position]),
                      np.append(np.full(len(nobody), 0.5), probability), *map(np.concatenate, zip(*links)))
        return graph, seen[0]

    def _solve(self, graph):
        """The Solution of the window's graph. A warning tells where the solver was stopped."""
        limit = self._cfg.solver_time_limit
        solution = solve_within_reach(
            graph, costs(graph.probability), costs(graph.edge_probability), must_keep=np.arange(len(self._tracks.number)),
            must_cut=rivals(self._tracks, self._cfg.track_rival_joints), time_limit=limit, effort=self._cfg.solver_effort)
        warn_if_stopped(solution, len(graph.joint), limit)
        return solution

    def _decide(self):
        """Decide the first frame of the window, and take it out -> [TrackedFrame] that can be reported."""
        graph, remembered = self._window_graph()
        solution = self._solve(graph)
        frame, count = self._window[0], len(self._tracks.number)
        labels = solution.labels[:count + len(frame.graph.joint)]
        found = self._people(frame, labels[count:])
        whole = self._whole(frame, labels, found)
        if (whole != labels).any():
            labels, found = whole, self._people(frame, whole[count:])
        row = oldest(labels[:count])
        absorbed = {place: row[label] for place, label in enumerate(labels[:count]) if row[label] != place}
        people = [(person, row.get(label)) for person, label in found]
        people = [(person, known) for person, known in people if known is None or self._in_sight(person, known)]
        numbers = self._remember(people, frame, remembered, absorbed)
        self._window.popleft()
        for later in self._window:
            later.links.pop(frame)
        then = self._tracks, self._next, self._count - len(self._window)
        self._waiting.append((frame.frame, [person for person, _ in people], numbers, then, solution))
        return [self._reported()] if len(self._waiting) >= self._cfg.track_min_frames else []

    def _in_sight(self, person, row):
        """Whether enough of the joints are found by which the track in a row remembers a person: else those few may well be
        somebody's who covers them."""
        return person.visibility.sum() >= self._cfg.track_known_part * np.sum(self._tracks.owner == row)

    def _people(self, frame, labels):
        """[(Person, its label)]: those whom the frame's nodes [n] of one label are, where these have enough joints."""
        kept = labels >= 0
        label, place = np.unique(labels[kept], return_inverse=True)
        cluster = np.full(len(labels), -1)
        cluster[kept] = place
        graph = frame.graph
        _, people = people_of(graph, cluster, costs(graph.probability), costs(graph.edge_probability), self._cfg.num_joints)
        people = frame.complete([person for person in people if person.visibility.sum() >= self._cfg.person_min_joints])
        return [(person, label[cluster[person.members[0]]]) for person in people]

    def _whole(self, frame, labels, people):
        """Labels of the tracks and of a frame's nodes, those of people put together whose absent joints, filled in, make them
        alike: parts of one person. people: [(Person, label)] by falling score"""
        count = len(labels) - len(frame.graph.joint)
        row = oldest(labels[:count])
        apart = {frozenset(pair) for pair in rivals(self._tracks, self._cfg.track_rival_joints).tolist()}
        kept = []
        for person, label in sorted(people, key=lambda one: row.get(one[1], count)):
            for other, known in kept:
                others = [row for row, one in enumerate(labels[:count]) if one == known]
                if not any(frozenset((row.get(label), other)) in apart for other in others) and alike(person, other, self._sigmas):
                    labels = np.where(labels == label, known, labels)
                    break
            else:
                kept.append((person, label))
        return labels

    def _remember(self, people, frame, remembered, absorbed):
        """Make the Tracks those after this frame -> the people's numbers.

        people: [(Person, row of its track or None)]; remembered: the tracks' Points, seen from this frame
        absorbed: {row of a track: that of the older one that it turned out to belong to}
        """
        tracks, rows = self._tracks, []
        found = {row: person for person, row in people if row is not None}
        for row in range(len(tracks.number)):
            mine = Points(*(part[tracks.owner == row] for part in remembered))
            before = tracks.points.position[tracks.owner == row]
            velocity, absent, seen = tracks.velocity[row], tracks.absent[row] + 1, tracks.seen[row]
            if row in found:
                now = person_points(found[row], frame.points)
                velocity = steadied(tracks.velocity[row], now, mine, before, seen == 1, self._cfg.track_whole,
                                    self._cfg.track_steady)
                absent, seen = 0, seen + 1
                mine = merged(now, mine, self._cfg.track_max_gap)
            else:  # the flow, if it led here, is that of whoever covers them
                mine = mine._replace(position=before + velocity)
            if absent <= self._cfg.track_max_gap and row not in absorbed:
                rows.append((tracks.number[row], velocity, absent, seen, tracks.life[row] + 1, mine))
        numbers = []
        for person, row in people:
            if row is None:
                rows.append((self._next, np.zeros(2), 0, 1, 1, person_points(person, frame.points)))
                self._next += 1
            numbers.append(int(rows[-1][0] if row is None else tracks.number[row]))
        gone = strangers(tracks)
        self._renamed.update((int(tracks.number[row]), int(tracks.number[older])) for row, older in absorbed.items()
                             if gone[older, row])
        self._tracks = stacked(rows)
        self._seen.update(zip(self._tracks.number.tolist(), self._tracks.seen.tolist()))
        return numbers

    def _reported(self):
        """The TrackedFrame that waits longest: of its people those that were seen in enough frames by now."""
        frame, people, numbers, then, solution = self._waiting.popleft()
        numbers = [self._name(number) for number in numbers]
        fewest = min(self._cfg.track_min_frames, self._count)
        sure = [self._seen[number] >= fewest for number in numbers]
        needed = set(self._tracks.number.tolist()).union(*(waiting[2] for waiting in self._waiting))
        self._renamed = {number: self._name(number) for number in self._renamed if number in needed}
        needed |= {self._name(number) for number in needed}
        self._seen = {number: seen for number, seen in self._seen.items() if number in needed}
        return TrackedFrame(frame, people, numbers, then, solution).only(sure)

    def _name(self, number):
        while number in self._renamed:
            number = self._renamed[number]
        return number


def oldest(labels):
    """{label: its first row}: of several tracks with one label the oldest."""
    return {label: row for row, label in reversed(list(enumerate(labels)))}


def alike(first, second, sigmas):
    """Whether two Persons are one, by all their joints, found or filled in."""
    return similarity(filled_in(first), filled_in(second), sigmas) >= SAME_PERSON
