#!/usr/bin/env python3
"""Writes zoo/data/karate.npz: the karate club's friendships, from the networkx package.

    python Tests/Reference/make_karate.py

The same package and the same zlib write the same bytes.
"""

from importlib import metadata

import networkx
import numpy as np

from make_data import DATA, write_npz

LICENCE = "licenses/LICENSE.txt"
CLUBS = ["Mr. Hi", "Officer"]
KNOWN = [0, 33]  # the two whom the clubs formed around
IGNORED = -1


def main() -> None:
    graph = networkx.karate_club_graph()
    nodes = sorted(graph.nodes)
    assert nodes == list(range(34)) and graph.number_of_edges() == 78
    friends = [(a, b) for a in nodes for b in sorted(graph[a])]  # each friendship twice, once from either side
    labels = np.array([CLUBS.index(graph.nodes[node]["club"]) for node in nodes], np.int64)
    assert labels.sum() == 17 and [labels[node] for node in KNOWN] == [0, 1]
    target = np.full(len(nodes), IGNORED, np.int64)
    target[KNOWN] = labels[KNOWN]
    features = np.eye(len(nodes), dtype=np.float32)
    write_npz(DATA / "karate.npz", edges=np.array(friends, np.int64).T, features=features, labels=labels, target=target)
    licence = next(file for file in metadata.files("networkx") if str(file).endswith(LICENCE))
    (DATA / "karate.LICENSE.txt").write_bytes(licence.locate().read_bytes())


if __name__ == "__main__":
    main()
