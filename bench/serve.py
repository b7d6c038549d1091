"""Speed of `foliar serve` against `foliar predict`, on the same photos.

    python bench/serve.py FOLIAR RUN PHOTOS [--clients 16] [--rounds 3] [--seconds 20]

Prints how long the server takes to be ready (clock and processor time, medians of nine starts), photos a second and processor time
a photo of both (all of PHOTOS, rounds in turn, and the median ratios), the largest memory of both, and the times of requests that
arrive at a constant rate, 80 % of the photos a second that the server reached: a request counts from when it was due, whether or not
there was a connection for it. Other programs on the same cores lengthen times by the clock, the slowest most, and hardly change
processor times. Answers are compared with the rows of `foliar predict`: none may differ.
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
    """Each client asks as soon as it is answered: as many photos a second as the server can."""
    jobs, answers = list(files.items()), {}
    began = time.perf_counter()
    await asyncio.gather(*(client(address, jobs, answers) for _ in range(clients)))
    return time.perf_counter() - began, answers


async def constant_rate(address, files, rate, seconds):
    """Requests that are due every 1 / rate seconds: their times from then on, and how many were refused."""
    jobs, times, refused, idle = list(files.items()), [], 0, []
    began = time.perf_counter()

    async def one(place):
        nonlocal refused
        # The server closes what is idle for 10 s.
        while idle and idle[-1][0].at_eof():
            idle.pop()[1].close()
        connection = idle.pop() if idle else await connect(address)
        status, _ = await ask(connection, address, *jobs[place % len(jobs)])
        idle.append(connection)
        times.append(time.perf_counter() - began - place / rate)
        refused += status != "200"

    tasks = []
    for place in range(int(rate * seconds)):
        await asyncio.sleep(max(0, began + place / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(place)))
    await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return times, refused


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("foliar")
    parser.add_argument("run")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--load", type=float, default=0.8)
    arguments = parser.parse_args()
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
        seconds, answers = asyncio.run(load(address, files, arguments.clients))
        served.append(len(photos) / seconds)
        times_of_processor.append((predicting, processor_seconds(server) - before))
        rate = arguments.load * served[-1]
        times, refused = asyncio.run(constant_rate(address, files, rate, arguments.seconds))
        times.sort()
        median, p99 = statistics.median(times), times[int(0.99 * (len(times) - 1))]
        tails.append(p99 / median)
        print(
            f"{predicted[-1]:.1f} photos a second by predict, {served[-1]:.1f} by serve; at {rate:.1f} a second the "
            f"median takes {1000 * median:.1f} ms, p99 {1000 * p99:.1f} ms ({tails[-1]:.2f} times), {refused} refused"
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
