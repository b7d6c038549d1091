"""Two programs in turn, and how many times as fast the first one is.

On a shared machine a time means little, and the ratio of two taken one after the other much more. So the programs run in
processes of their own, A B A B ..., and what counts is the median of the ratios, pair by pair.
"""
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Finished:
    """What a process printed, how long it ran, and the most memory that it held."""

    output: str
    seconds: float
    peak_bytes: int

    def document(self) -> dict:
        return json.loads(self.output)


def run(command: list, threads: int | None = None) -> Finished:
    """Runs a command to its end, with `threads` threads for libraries that ask the environment."""
    environment = dict(os.environ)
    if threads is not None:
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, env=environment, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        sys.exit(f"failed with exit code {process.returncode}: {' '.join(map(str, command))}")
    # In bytes on macOS, in KiB elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(output, seconds, usage.ru_maxrss * unit)


def twin(script: str, *arguments) -> list:
    """The command that runs `script` of this folder as the other program of a pair."""
    return [sys.executable, Path(__file__).parent / script, *arguments]


def ratios(first: list[float], second: list[float]) -> dict:
    """How many times as large the first numbers are, pair by pair, with the median."""
    pairs = [a / b for a, b in zip(first, second)]
    return {"pairs": pairs, "median": statistics.median(pairs)}


def add_program(parser) -> None:
    """The options that every comparison has."""
    release = Path(__file__).parent.parent / "target/release/foliar"
    parser.add_argument("--foliar", type=Path, default=release, help="the program, a release build [%(default)s]")
    parser.add_argument("--pairs", type=int, default=5, help="how often each of the two runs [%(default)s]")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def warn_if_busy(threads: int) -> None:
    """Says so if others are at work on the machine: threads that wait for each other at every step, as PyTorch's do, lose
    more by that than threads that take the next piece of work."""
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load + threads > processors + 0.5:
        print(f"others are using this machine (load {load:.1f} of {processors}): the ratios are unsure", file=sys.stderr)
