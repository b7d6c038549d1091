"""Speed of `foliar serve` against `foliar predict`, on the same photos.

    python bench/serve.py FOLIAR RUN PHOTOS [--clients 16] [--rounds 3]

Prints how long the server takes to be ready, photos a second of both (all of PHOTOS, the best of the rounds), the times of
requests, and the largest memory of both. Answers are compared with the rows of `foliar predict`: none may differ.
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


def predict(foliar, run, photos):
    start = time.perf_counter()
    process = subprocess.Popen([foliar, "predict", run, "--format", "jsonl", *photos], stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, out.decode().splitlines(), usage.ru_maxrss / 1024


async def client(address, jobs, answers, times):
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    while jobs:
        path, body = jobs.pop()
        start = time.perf_counter()
        name = urllib.parse.quote(path)
        head = f"POST /v1/predict?name={name} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length"))
        answers[path] = await reader.readexactly(length)
        times.append(time.perf_counter() - start)
    writer.close()


async def load(address, files, clients):
    jobs, answers, times = list(files.items()), {}, []
    start = time.perf_counter()
    await asyncio.gather(*(client(address, jobs, answers, times) for _ in range(clients)))
    return time.perf_counter() - start, answers, times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foliar")
    parser.add_argument("run")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    kinds = {".jpg", ".jpeg", ".png"}
    photos = sorted(str(path) for path in arguments.photos.rglob("*") if path.suffix.lower() in kinds)
    files = {path: Path(path).read_bytes() for path in photos}

    start = time.perf_counter()
    command = [arguments.foliar, "serve", arguments.run, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().strip().removeprefix("http://")
    print(f"ready in {1000 * (time.perf_counter() - start):.0f} ms")
    # Alternating, so that whatever else the machine does slows both.
    best_predict, best_serve = float("inf"), float("inf")
    for _ in range(arguments.rounds):
        seconds, rows, memory = predict(arguments.foliar, arguments.run, photos)
        best_predict = min(best_predict, seconds)
        seconds, answers, times = asyncio.run(load(address, files, arguments.clients))
        best_serve = min(best_serve, seconds)
    differ = 0
    for path, row in zip(photos, rows):
        if "error" not in json.loads(row):
            differ += not answers[path].startswith(row.removesuffix("}").encode() + b',"model":')
    times.sort()
    server.terminate()
    _, status, usage = os.wait4(server.pid, 0)
    print(f"predict {len(photos) / best_predict:.1f} photos a second, {memory:.0f} MB")
    print(f"serve   {len(photos) / best_serve:.1f} photos a second, {usage.ru_maxrss / 1024:.0f} MB, {arguments.clients} clients")
    print(f"        median {1000 * statistics.median(times):.0f} ms, p99 {1000 * times[int(0.99 * (len(times) - 1))]:.0f} ms")
    print(f"{differ} of {len(photos)} answers differ; exit code {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
