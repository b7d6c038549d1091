"""Speed of `foliar serve` against `foliar predict`, on the same photos.

    cargo build --release -p foliar-serve --example load
    python bench/serve.py FOLIAR RUN PHOTOS [--clients 16] [--rounds 5] [--seconds 10] [--alone]

Prints how long the server takes to be ready (clock and processor time, medians of nine starts), photos a second and processor time
a photo of both (all of PHOTOS, rounds in turn, and the median ratios), the largest memory of both, and the times of requests that
arrive at a constant rate, 80 % of the photos a second that the server reached with the same client, `crates/serve/examples/load.rs`: a
request counts from when it was due, whether or not there was a connection for it. Other programs on the same cores lengthen times by the
clock, the slowest most: `--alone` runs everything before them (`chrt -r 1`, which needs the right to). Answers are compared with the rows
of `foliar predict`: none may differ.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import time
import urllib.parse
from pathlib import Path

LOAD = Path(__file__).parent.parent / "target/release/examples/load"
# Connections for requests at a constant rate.
OPEN = 64


def start(foliar, run):
    began = time.perf_counter()
    command = [foliar, "serve", run, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    address = server.stdout.readline().strip().removeprefix("http://")
    return server, address, time.perf_counter() - began


def processor_seconds(process):
    folder = f"/proc/{process.pid}/task"
    times = [Path(folder, task, "schedstat").read_text().split()[0] for task in os.listdir(folder)]
    return sum(map(int, times)) / 1e9


def starts(foliar, run, count=9):
    clock, processor = [], []
    for _ in range(count):
        server, _, seconds = start(foliar, run)
        clock.append(seconds)
        processor.append(processor_seconds(server))
        server.terminate()
        server.wait()
    return statistics.median(clock), statistics.median(processor)


def predict(foliar, run, photos):
    began = time.perf_counter()
    process = subprocess.Popen([foliar, "predict", run, "--format", "jsonl", *photos], stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    seconds, processor = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return seconds, processor, out.decode().splitlines(), usage.ru_maxrss / 1024


async def connect(address):
    host, port = address.rsplit(":", 1)
    return await asyncio.open_connection(host, int(port))


async def ask(connection, address, path, body):
    reader, writer = connection
    name = urllib.parse.quote(path)
    head = f"POST /v1/predict?name={name} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length"))
    return head.split(" ", 2)[1], await reader.readexactly(length)


async def client(address, jobs, answers):
    connection = await connect(address)
    while jobs:
        path, body = jobs.pop()
        answers[path] = (await ask(connection, address, path, body))[1]
    connection[1].close()


async def load(address, files, clients):
    """The answers. Each client asks as soon as it is answered."""
    jobs, answers = list(files.items()), {}
    await asyncio.gather(*(client(address, jobs, answers) for _ in range(clients)))
    return answers


def ask_in_time(address, photos, connections, seconds, rate):
    """What `load` saw."""
    command = [LOAD, address, str(connections), str(seconds), str(rate), *photos]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foliar")
    parser.add_argument("run")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--load", type=float, default=0.8)
    arguments = parser.parse_args()
    if arguments.alone:
        # All that is started from here on inherits it.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    kinds = {".jpg", ".jpeg", ".png"}
    photos = sorted(str(path) for path in arguments.photos.rglob("*") if path.suffix.lower() in kinds)
    files = {path: Path(path).read_bytes() for path in photos}

    clock, processor = starts(arguments.foliar, arguments.run)
    print(f"ready in {1000 * clock:.0f} ms, {1000 * processor:.0f} ms of processor time")
    server, address, _ = start(arguments.foliar, arguments.run)
    # In turn, so that whatever else the machine does slows both.
    predicted, served, times_of_processor, tails = [], [], [], []
    for _ in range(arguments.rounds):
        seconds, predicting, rows, memory = predict(arguments.foliar, arguments.run, photos)
        predicted.append(len(photos) / seconds)
        before = processor_seconds(server)
        answers = asyncio.run(load(address, files, arguments.clients))
        times_of_processor.append((predicting, processor_seconds(server) - before))
        served.append(ask_in_time(address, photos, arguments.clients, arguments.seconds, "max")["rate"])
        seen = ask_in_time(address, photos, OPEN, arguments.seconds, arguments.load * served[-1])
        tails.append(seen["p99"] / seen["median"])
        print(
            f"{predicted[-1]:.1f} photos a second by predict, {served[-1]:.1f} by serve; at {seen['rate']:.1f} a second the "
            f"median takes {seen['median']:.1f} ms, p99 {seen['p99']:.1f} ms ({tails[-1]:.2f} times), {seen['refused']} refused"
        )
    differ = 0
    for path, row in zip(photos, rows):
        if "error" not in json.loads(row):
            differ += not answers[path].startswith(row.removesuffix("}").encode() + b',"model":')
    server.terminate()
    _, status, usage = os.wait4(server.pid, 0)
    ratio = statistics.median(served / predicted for served, predicted in zip(served, predicted))
    predicting, serving = (1000 * statistics.median(times) / len(photos) for times in zip(*times_of_processor))
    ratio_of_processor = statistics.median(serving / predicting for predicting, serving in times_of_processor)
    print(f"processor time a photo: predict {predicting:.2f} ms, serve {serving:.2f} ms, ratio {ratio_of_processor:.2f}")
    print(f"photos a second: serve over predict {ratio:.2f}; p99 over median {statistics.median(tails):.2f} (medians of the rounds)")
    print(f"memory: predict {memory:.0f} MB, serve {usage.ru_maxrss / 1024:.0f} MB")
    print(f"{differ} of {len(photos)} answers differ; exit code {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
