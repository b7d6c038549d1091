"""A fault at every call of the operating system that opens, writes, flushes, renames or removes, and what is left of the work.

    cargo build --release
    python bench/faults.py target/release/foliar [--commands train quick fine tune audit report] [--faults kill EIO ENOSPC]
        [--calls openat write ...] [--every 1] [--show]

Needs strace. For each command the script counts its calls, then runs it once a call and fault, on drawn leaves, in a fresh folder:
the process is killed just before the call, or the call fails as on a broken (EIO) or full (ENOSPC) disk. After that the same
command is given again without a fault. If it answers that the work goes on with `resume`, that is done. What lies in the folder
then must have the same bits as without a fault. A command that failed must have said why, with exit code 1; nothing may end with a
panic, a signal of its own, or not at all. A photograph that cannot be read is left out, which exit code 3 and a line say: the bits
are then others, and the row counts as `left out`. Calls before the program's own first ones, which load it, are not failed.
"""
import argparse
import collections
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

CALLS = ["openat", "write", "writev", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "mkdir", "unlink"]
SMALL = ["--image-size", "32", "--batch-size", "8", "--threads", "1"]
TRAIN = ["train", "leaves", *SMALL, "--model", "baseline", "--out", "out"]
COMMANDS = {
    "train": [*TRAIN, "--recipe", "scratch", "--epochs", "3"],
    "quick": [*TRAIN, "--recipe", "quick", "--weights", "first/model.foliar", "--epochs", "3"],
    "fine": [*TRAIN, "--recipe", "fine", "--weights", "first/model.foliar", "--epochs", "3"],
    "tune": ["tune", "leaves", *SMALL, "--model", "baseline", "--recipe", "quick", "--weights", "first/model.foliar",
             "--epochs", "2", "--trials", "3", "--repeats", "1", "--cv-weight-decay", "2", "--out", "out"],
    "audit": ["audit", "leaves", "--threads", "1", "--out", "out", "--quarantine", "out/quarantine.csv"],
    "report": ["report", "first", "--threads", "1", "--out", "out"],
}
#: What must have the same bits; the other files hold times.
KEPT = ["model.foliar", "out-of-fold.csv", "split.csv", "recipe.toml", "problems.jsonl", "tuned/model.foliar",
        "untuned/model.foliar", "audit.json", "audit.csv", "audit.html", "duplicates.csv", "groups.csv", "quarantine.csv",
        "report.html", "report.json", "model-card.md"]
#: The longest time that a command may take, in seconds.
LONGEST = 120


def png(path: Path, side: int, pixels: bytes) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[3 * side * row : 3 * side * (row + 1)] for row in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def draw(folder: Path, seed: int, leaves: int = 12, side: int = 48) -> None:
    """Ellipses with and without brown spots, on stones."""
    lot = random.Random(seed)
    for name, spotted in (("healthy", False), ("rust", True)):
        (folder / name).mkdir(parents=True)
        for _ in range(leaves):
            x0, y0, a, b = lot.uniform(20, 28), lot.uniform(20, 28), lot.uniform(12, 20), lot.uniform(8, 14)
            stones = [(lot.uniform(0, side), lot.uniform(0, side), lot.randrange(60, 200)) for _ in range(9)]
            green = lot.randrange(90, 190)
            spots = [(lot.uniform(8, 40), lot.uniform(8, 40), lot.uniform(2, 4)) for _ in range(12 * spotted)]
            pixels = bytearray()
            for y in range(side):
                for x in range(side):
                    leaf = ((x - x0) / a) ** 2 + ((y - y0) / b) ** 2 < 1
                    spot = leaf and any((x - u) ** 2 + (y - v) ** 2 < r * r for u, v, r in spots)
                    stone = min(stones, key=lambda stone: (x - stone[0]) ** 2 + (y - stone[1]) ** 2)[2]
                    colour = (170, 80, 30) if spot else (60, green, 50) if leaf else (stone, stone - 20, stone - 40)
                    pixels += bytes(max(0, min(255, value + lot.randrange(-12, 13))) for value in colour)
            png(folder / name / f"{lot.getrandbits(48):012x}.png", side, bytes(pixels))


class Scene:
    """A folder with leaves, a finished run, and room for one output."""

    def __init__(self, program: Path, root: Path):
        self.program, self.root = program.resolve(), root
        draw(root / "leaves", 1)
        draw(root / "others", 2)
        self.clear()
        first = [*SMALL, "--model", "baseline", "--recipe", "scratch", "--epochs", "2", "--out", "first"]
        self.run(["train", "others", *first]).check_returncode()

    def clear(self) -> None:
        for name in ("out", "cache"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def run(self, arguments: list[str], before: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        environment = dict(os.environ, FOLIAR_CACHE=str(self.root / "cache"), FOLIAR_OFFLINE="1")
        return subprocess.run([*before, str(self.program), *arguments], cwd=self.root, env=environment, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=LONGEST, text=True, errors="replace")

    def kept(self) -> dict[str, bytes]:
        paths = ((name, self.root / "out" / name) for name in KEPT)
        return {name: path.read_bytes() for name, path in paths if path.is_file()}

    def points(self, arguments: list[str]) -> tuple[dict[str, list[int]], int]:
        """For each kind of call the numbers, counted in its thread, of those to try: of writes to one file in a row the first two
        and the last. And the opens that load the program."""
        self.clear()
        log = self.root / "trace"
        self.run(arguments, ("strace", "-f", "-qq", "-o", str(log), "-e", "trace=" + ",".join(CALLS))).check_returncode()
        counts: dict[str, collections.Counter] = {call: collections.Counter() for call in CALLS}
        streaks: dict[tuple[str, str], list] = collections.defaultdict(list)
        loading = 0
        first_thread = None
        for line in log.read_text(errors="replace").splitlines():
            if found := re.match(r"(\d+) +(\w+)\((.*)", line):
                thread, call, rest = found.groups()
                first_thread = first_thread or thread
                counts[call][thread] += 1
                streak = streaks[thread, call]
                target = rest.split(",")[0] if "write" in call else None
                if target is not None and streak and streak[-1][0] == target:
                    streak[-1][1].append(counts[call][thread])
                else:
                    streak.append((target, [counts[call][thread]]))
                if call == "openat" and thread == first_thread and re.search(r'"[^"]*(\.so[.0-9]*|ld\.so\.cache)"', rest):
                    loading = counts[call][thread]
        points: dict[str, set[int]] = {call: set() for call in CALLS}
        for (_, call), streak in streaks.items():
            for _, numbers in streak:
                points[call].update([*numbers[:2], numbers[-1]])
        return {call: sorted(numbers) for call, numbers in points.items()}, loading


def inject(call: str, fault: str, number: int, log: Path) -> tuple[str, ...]:
    what = "signal=KILL" if fault == "kill" else f"error={fault}"
    return ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}")


def judge(scene: Scene, arguments: list[str], expected: dict[str, bytes], call: str, fault: str, number: int) -> tuple[str, str]:
    """(outcome, words) of one fault."""
    scene.clear()
    log = scene.root / "trace"
    try:
        ended = scene.run(arguments, inject(call, fault, number, log))
    except subprocess.TimeoutExpired:
        return "hangs", ""
    words = ended.stderr.strip().splitlines()
    last = words[-1] if words else ""
    hit = "INJECTED" in log.read_text(errors="replace") or "killed by SIGKILL" in log.read_text(errors="replace")
    if not hit:
        return "not reached", ""
    if fault != "kill":
        if ended.returncode not in (0, 1, 2, 3) or "panicked" in ended.stderr:
            return "breaks", f"exit code {ended.returncode}: {last}"
        if ended.returncode in (1, 2) and not any("error" in line for line in words) and call not in ("write", "writev"):
            return "says nothing", last
        left_out = ended.returncode == 3 or "left out" in ended.stderr
    else:
        left_out = False
    way = "same command"
    again = scene.run(arguments)
    if again.returncode not in (0, 3) and "resume" in again.stderr:
        way = "resume"
        again = scene.run(["tune", "--resume", "out", "--threads", "1"] if arguments[0] == "tune" else ["resume", "out"])
    if again.returncode not in (0, 3):
        if left_out:
            return "left out", ""
        lines = again.stderr.strip().splitlines()
        return "stuck", lines[-1] if lines else f"exit code {again.returncode}"
    kept = scene.kept()
    if kept == expected:
        return way, last
    if left_out:
        return "left out", last
    return "other bits", ", ".join(name for name in {**expected, **kept} if kept.get(name) != expected.get(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--faults", nargs="+", default=["kill", "EIO", "ENOSPC"])
    parser.add_argument("--calls", nargs="+", default=CALLS, choices=CALLS)
    parser.add_argument("--every", type=int, default=1, help="try one call of so many")
    parser.add_argument("--show", action="store_true", help="print every fault, not the bad ones alone")
    options = parser.parse_args()
    good = ["same command", "resume", "left out"]
    bad = ["stuck", "other bits", "breaks", "says nothing", "hangs"]
    totals = []
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(options.program, Path(folder))
        for name in options.commands:
            arguments = COMMANDS[name]
            scene.clear()
            scene.run(arguments).check_returncode()
            expected = scene.kept()
            scene.clear()
            scene.run(arguments).check_returncode()
            assert expected and scene.kept() == expected, f"{name} does not repeat itself"
            points, loading = scene.points(arguments)
            for fault in options.faults:
                outcomes: collections.Counter = collections.Counter()
                for call in options.calls:
                    loads = loading if call == "openat" and fault != "kill" else 0
                    for number in [number for number in points[call] if number > loads][:: options.every]:
                        outcome, words = judge(scene, arguments, expected, call, fault, number)
                        outcomes[outcome] += 1
                        if options.show or outcome in bad:
                            print(f"{name} {fault} {call} {number}: {outcome}; {words}", flush=True)
                totals.append((name, fault, outcomes))
    print(f"\n{'command':8} {'fault':7} {'points':>6} " + " ".join(f"{word:>12}" for word in good + bad))
    for name, fault, outcomes in totals:
        points = sum(count for outcome, count in outcomes.items() if outcome != "not reached")
        print(f"{name:8} {fault:7} {points:6} " + " ".join(f"{outcomes[word]:12}" for word in good + bad))
    sys.exit(any(outcomes[word] for _, _, outcomes in totals for word in bad))


if __name__ == "__main__":
    main()
