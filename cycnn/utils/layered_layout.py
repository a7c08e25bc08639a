"""Layered layout: where the boxes of a directed graph lie, and how its edges run between them.

The method of Sugiyama, Tagawa and Toda (1981), in four steps:

    rows        each box below all that lead to it; where an edge passes a row, a joint keeps its place there
    order       within the rows, by barycentres, until edges cross one another as rarely as that finds
    columns     boxes that follow only one another, and the joints of an edge, stand in one straight column
    routes      curves in the gaps between rows, straight lines through the rows: no edge runs across a box

The first axis, `x`, is that of a row, the second one, `y`, that of the edges; whoever wants rows from left to right swaps them.
Nothing is random: a graph has one layout.
"""

from itertools import pairwise
from typing import NamedTuple

SWEEPS = 12  # over the rows, for their order
ROUNDS = 40  # over the columns, for their places
JOINT = 10.0  # breadth of an edge that passes a row, in points like all lengths
APART = 18.0  # between neighbours of a row
GAP = 24.0  # between rows, at least
CORNER = 10.0  # from an edge's end to the corner of its box, at least


class Layout(NamedTuple):
    """Where everything is.

    Attributes:
        centers: (x, y) of each box.
        routes: for each edge a list of points: the first, then for each cubic Bézier curve two control points and the end.
        width, height: of everything; it begins at (0, 0).
    """

    centers: list
    routes: list
    width: float
    height: float


def layout(sizes, edges, ports=None, ends=()):
    """The layout of a graph.

    Args:
        sizes: (width, height) of each box.
        edges: (source, target) of each edge, numbers of boxes; those that close a circle run along the side.
        ports: `{(edge, end): x}`: where an edge begins (end 0) or ends (end 1), from the box's center; else it is where the
            edge comes from, within the box.
        ends: boxes for the last row. Where there are any, the boxes to which nothing leads are in the first one; else each is
            as low as what it leads to permits.

    Returns:
        `Layout`.
    """
    forward = _forward(len(sizes), edges)
    ranks = _ranks(len(sizes), [edges[k] for k in forward], ends)
    items = _Items(sizes, ranks, {k: edges[k] for k in forward})
    items.order_rows()
    x = _columns(items)
    return _routes(items, x, edges, ports or {})


def _forward(count, edges):
    """The edges that close no circle, searched depth first from the first box on."""
    following = [[] for _ in range(count)]
    for k, (source, _) in enumerate(edges):
        following[source].append(k)
    state, forward = [0] * count, []  # 1: on the way, 2: done
    for root in range(count):
        stack = [(root, iter(following[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            node, waiting = stack[-1]
            k = next(waiting, None)
            if k is None:
                state[node] = 2
                stack.pop()
                continue
            target = edges[k][1]
            if state[target] != 1:
                forward.append(k)
            if state[target] == 0:
                state[target] = 1
                stack.append((target, iter(following[target])))
    return sorted(forward)


def _ranks(count, edges, ends):
    """The row of each box: the longest way to it."""
    leads, left = [[] for _ in range(count)], [0] * count
    for source, target in edges:
        leads[source].append(target)
        left[target] += 1
    ranks, ready = [0] * count, [k for k in range(count) if not left[k]]
    sources = [k for k in ready if leads[k]]
    while ready:
        node = ready.pop()
        for target in leads[node]:
            ranks[target] = max(ranks[target], ranks[node] + 1)
            left[target] -= 1
            if not left[target]:
                ready.append(target)
    for node in ends:
        ranks[node] = max(ranks)
    for node in () if ends else sources:
        ranks[node] = min(ranks[target] for target in leads[node]) - 1
    return ranks


class _Items:
    """Boxes and joints in their rows.

    Attributes:
        rows: list of lists of items; an item's number is its box's, joints come behind.
        up, down: neighbours of each item in the row above and below.
        chains: `{edge: [source, joints, target]}`.
        passing: the joints of edges that pass by what else follows from their source.
    """

    def __init__(self, sizes, ranks, edges):
        self.boxes = len(sizes)
        self.sizes = list(sizes)
        self.rank = list(ranks)
        self.chains, length = {}, [0] * len(sizes)
        for k, (source, target) in edges.items():
            chain = [source]
            for rank in range(ranks[source] + 1, ranks[target]):
                chain.append(len(self.sizes))
                self.sizes.append((JOINT, 0.0))
                self.rank.append(rank)
                length.append(ranks[target] - ranks[source])
            self.chains[k] = [*chain, target]
        self.up, self.down = ([[] for _ in self.sizes] for _ in range(2))
        self.passing = set()
        for chain in self.chains.values():
            for above, below in pairwise(chain):
                if below not in self.down[above]:
                    self.down[above].append(below)
                    self.up[below].append(above)
        for source, *joints, _ in self.chains.values():
            if len(self.down[source]) > 1:
                self.passing.update(joints)
        self.rows = [[] for _ in range(max(ranks, default=-1) + 1)]
        # To begin with, boxes as they are given, then the edges that pass, those that go farthest outside.
        for item in sorted(range(len(self.sizes)), key=lambda item: (length[item], item)):
            self.rows[self.rank[item]].append(item)

    def is_joint(self, item):
        return item >= self.boxes

    def order_rows(self):
        """Sort the rows so that few edges cross."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            downwards = sweep % 2 == 0
            span = range(1, len(self.rows)) if downwards else range(len(self.rows) - 2, -1, -1)
            for rank in span:
                self._sort(rank, self.up if downwards else self.down, rank - 1 if downwards else rank + 1)
            self._swap()
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _sort(self, rank, neighbours, fixed):
        place = {item: k for k, item in enumerate(self.rows[fixed])}
        own = {item: k for k, item in enumerate(self.rows[rank])}

        def barycentre(item):
            near = neighbours[item]
            return sum(place[n] for n in near) / len(near) if near else own[item]

        self.rows[rank].sort(key=lambda item: (barycentre(item), own[item]))

    def _swap(self):
        """Swap neighbours of a row as long as that removes crossings."""
        for rank, row in enumerate(self.rows):
            above = {item: k for k, item in enumerate(self.rows[rank - 1])} if rank else {}
            below = {item: k for k, item in enumerate(self.rows[rank + 1])} if rank + 1 < len(self.rows) else {}

            def between(a, b, above=above, below=below):
                """Crossings of the edges of two items, a left of b."""
                return _inversions([above[n] for n in self.up[a]], [above[n] for n in self.up[b]]) + _inversions(
                    [below[n] for n in self.down[a]], [below[n] for n in self.down[b]]
                )

            for k in range(len(row) - 1):
                if between(row[k], row[k + 1]) > between(row[k + 1], row[k]):
                    row[k], row[k + 1] = row[k + 1], row[k]

    def _crossings(self):
        total = 0
        for row, below in pairwise(self.rows):
            place = {item: k for k, item in enumerate(below)}
            ends = [[place[n] for n in self.down[item]] for item in row]
            total += sum(_inversions(ends[a], ends[b]) for b in range(len(row)) for a in range(b))
        return total


def _inversions(left, right):
    return sum(a > b for a in left for b in right)


# --------------------------------------------------------------------------------------------------------- columns


def _columns(items):
    """The x of each item: columns are packed to the left, then each goes where its neighbours are, the median."""
    column = _straight(items)
    members = {}
    for item, name in enumerate(column):
        members.setdefault(name, []).append(item)
    left, right = (
        {name: {} for name in members} for _ in range(2)
    )  # the columns beside, and how far away they must be
    for row in items.rows:
        for a, b in pairwise(row):
            apart = (items.sizes[a][0] + items.sizes[b][0]) / 2 + APART
            a, b = column[a], column[b]
            left[b][a] = right[a][b] = max(left[b].get(a, 0.0), apart)
    pulls = {name: [] for name in members}  # columns at the other ends of the edges
    for above, near in enumerate(items.down):
        for below in near:
            a, b = column[above], column[below]
            if a != b:
                pulls[a].append(b)
                pulls[b].append(a)
    order = _left_to_right(members, left, right)
    x = {}
    for name in order:
        x[name] = max((x[near] + apart for near, apart in left[name].items()), default=0.0)
    for _ in range(ROUNDS):
        before = dict(x)
        for name in reversed(order):
            _move([name], x, left, right, pulls)
        for group in _touching(order, x, right):
            _move(group, x, left, right, pulls)
        for name in order:
            _move([name], x, left, right, pulls)
        if all(abs(x[name] - before[name]) < 0.01 for name in x):
            break
    return [x[name] for name in column]


def _straight(items):
    """The column of each item, named by its first item: chains of items that have but one another."""
    column = list(range(len(items.sizes)))

    def main(near):  # an edge that passes by does not draw a box out of its column
        return [item for item in near if item not in items.passing] or near

    for above, below in pairwise(items.rows):
        place = {item: k for k, item in enumerate(below)}
        pairs = [
            (k, place[down[0]], item, down[0])
            for k, item in enumerate(above)
            if len(down := main(items.down[item])) == 1 and main(items.up[down[0]]) == [item]
        ]
        joints = [pair for pair in pairs if items.is_joint(pair[2]) and items.is_joint(pair[3])]
        accepted = []
        for pair in joints + [pair for pair in pairs if pair not in joints]:
            if all((pair[0] < other[0]) == (pair[1] < other[1]) for other in accepted):
                accepted.append(pair)
                column[pair[3]] = column[pair[2]]
    return column


def _left_to_right(members, left, right):
    waiting = {name: len(left[name]) for name in members}
    ready, order = sorted((name for name in members if not waiting[name]), reverse=True), []
    while ready:
        name = ready.pop()
        order.append(name)
        for near in sorted(right[name], reverse=True):
            waiting[near] -= 1
            if not waiting[near]:
                ready.append(near)
    return order


def _touching(order, x, right):
    """Groups of columns that leave one another no room: they can only move together."""
    group = {name: [name] for name in order}
    for name in order:
        for near, apart in right[name].items():
            if x[near] - x[name] < apart + 0.01 and group[near] is not group[name]:
                group[name] += group[near]
                for member in group[near]:
                    group[member] = group[name]
    return [list(found) for found in {id(found): found for found in group.values()}.values() if len(found) > 1]


def _move(group, x, left, right, pulls):
    """Move columns together to the median of what pulls them, as far as there is room."""
    inside = set(group)
    wanted = sorted(x[other] - x[name] for name in group for other in pulls[name] if other not in inside)
    if not wanted:
        return
    step = (wanted[(len(wanted) - 1) // 2] + wanted[len(wanted) // 2]) / 2
    least = max((x[o] + apart - x[n] for n in group for o, apart in left[n].items() if o not in inside), default=step)
    most = min((x[o] - apart - x[n] for n in group for o, apart in right[n].items() if o not in inside), default=step)
    step = min(max(step, min(least, 0.0)), max(most, 0.0))
    for name in group:
        x[name] += step


# ---------------------------------------------------------------------------------------------------------- routes


def _routes(items, x, edges, ports):
    """Everything at its place, moved so that it begins at (0, 0)."""
    tops, bottoms, y = [], [], 0.0
    for row in items.rows:
        tops.append(y)
        y += max(items.sizes[item][1] for item in row)
        bottoms.append(y)
        reach = max((abs(x[a] - x[b]) for a in row for b in items.down[a]), default=0.0)
        y += GAP + min(0.08 * reach, 1.5 * GAP)
    center = [(tops[rank] + bottoms[rank]) / 2 for rank in items.rank]

    def span(item, port):
        """Where on an item an edge may end: the middle, and how far from it."""
        if port is not None:
            return x[item] + port, 0.0
        return x[item], 0.0 if items.is_joint(item) else max(items.sizes[item][0] / 2 - CORNER, 0.0)

    routes = []
    for k, (source, target) in enumerate(edges):
        if k not in items.chains:
            routes.append(_beside(items.sizes, x, center, source, target))
            continue
        chain = items.chains[k]
        begin, end = span(source, ports.get((k, 0))), span(target, ports.get((k, 1)))
        joints = [(x[joint], 0.0) for joint in chain[1:-1]]
        first, _ = _facing(begin, (joints or [end])[0])
        _, last = _facing((joints or [begin])[-1], end)
        points = [(first, center[source] + items.sizes[source][1] / 2), (first, bottoms[items.rank[source]])]
        for joint in chain[1:-1]:
            points += [(x[joint], tops[items.rank[joint]]), (x[joint], bottoms[items.rank[joint]])]
        points += [(last, tops[items.rank[target]]), (last, center[target] - items.sizes[target][1] / 2)]
        routes.append(_curves(points))
    return _from_zero(items, x, center, routes)


def _facing(above, below):
    """Where an edge leaves one span and enters another: straight below, if there is such a place."""
    (a, room_a), (b, room_b) = above, below
    low, high = max(a - room_a, b - room_b), min(a + room_a, b + room_b)
    if low <= high:
        middle = (a + b) / 2 if room_a == room_b else a if room_a < room_b else b  # the smaller one's middle
        straight = min(max(middle, low), high)
        return straight, straight
    return min(max(b, a - room_a), a + room_a), min(max(a, b - room_b), b + room_b)


def _curves(points):
    """Points as Bézier curves: straight where x stays, else leaving and arriving along y."""
    route = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 0.01 and abs(y0 - y1) < 0.01:
            continue
        middle = (y0 + y1) / 2
        route += [(x0, middle), (x1, middle), (x1, y1)]
    return route


def _beside(sizes, x, center, source, target):
    """From a box back to one above, or to itself, along the right side."""
    right = [x[box] + sizes[box][0] / 2 for box in (source, target)]
    out = max(right) + 3 * APART
    slope = 8.0 if source == target else 0.0
    start, end = (right[0], center[source] + slope), (right[1], center[target] - slope)
    return [start, (out, start[1]), (out, end[1]), end]


def _from_zero(items, x, center, routes):
    boxes = range(items.boxes)
    xs = [x[k] + side * items.sizes[k][0] / 2 for k in boxes for side in (-1, 1)]
    xs += [px for route in routes for px, _ in route]
    left = min(xs, default=0.0)
    height = max((center[k] + items.sizes[k][1] / 2 for k in boxes), default=0.0)
    moved = [[(px - left, py) for px, py in route] for route in routes]
    return Layout([(x[k] - left, center[k]) for k in boxes], moved, max(xs, default=0.0) - left, height)
