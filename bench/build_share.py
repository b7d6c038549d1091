"""How much of a cold build of the program is for some of its crates alone.

    cargo build --release --locked -p foliar-cli --target-dir DIR --timings
    python bench/build_share.py DIR/cargo-timings/cargo-timing.html foliar-serve foliar-http foliar-review

Sums the times of the compiler's units, as cargo wrote them down, over the crates that the program would not need without the named
ones: those themselves and whatever nothing else depends on. DIR should be empty before, and the machine idle.
"""
import collections
import json
import re
import subprocess
import sys
from pathlib import Path


def reached(nodes: dict, names: dict, root: str, without: set[str]) -> set[tuple[str, str]]:
    """(name, version) of what the package `root` needs to be built, without some crates."""
    seen, queue = set(), [root]
    while queue:
        at = queue.pop()
        if at not in seen and names[at][0] not in without:
            seen.add(at)
            needed = (link for link in nodes[at]["deps"] if any(kind["kind"] != "dev" for kind in link["dep_kinds"]))
            queue.extend(link["pkg"] for link in needed)
    return {names[package] for package in seen}


def main() -> None:
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    page, without = Path(sys.argv[1]).read_text(), set(sys.argv[2:])
    units = json.loads(re.search(r"const UNIT_DATA = (\[.*?\]);", page, re.S).group(1))
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    names = {package["id"]: (package["name"], package["version"]) for package in found["packages"]}
    root = next(package for package in nodes if names[package][0] == "foliar-cli")
    alone = reached(nodes, names, root, set()) - reached(nodes, names, root, without)
    times: collections.Counter = collections.Counter()
    for unit in units:
        if (unit["name"], unit["version"].lstrip("v").split(" ")[0]) in alone:
            times[unit["name"]] += unit["duration"]
    total = sum(unit["duration"] for unit in units)
    print(f"{sum(times.values()):.1f} of {total:.1f} s of compilers, {100 * sum(times.values()) / total:.1f} %")
    for name, seconds in times.most_common():
        print(f"  {name:24} {seconds:6.1f} s")


if __name__ == "__main__":
    main()
