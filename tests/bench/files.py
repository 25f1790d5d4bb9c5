#!/usr/bin/env python3
"""What a large file takes from one udpnat-cli to another, when either is killed again and again.

    files.py --build DIR [--gib N] [--kills N] [--seed N] [--folder FOLDER]

Two networks, joined by a router, with the server on it. A file of N GiB (10) of random bytes goes
over; at N (20) points of it, chosen at random, one side, chosen at random, is killed (SIGKILL) and
started again. Counted are the bytes that the sender's network card has sent, and the most memory
that each process has had. As root; needs twice the file's size in FOLDER (/var/tmp).

Prints figures; nothing here passes or fails.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'netlab'))
from lab import kernel  # noqa: E402
from lab.topology import Namespace  # noqa: E402

PORT = 8848
STUCK_S = 120


class Side:
    """A network with one person in it, who is killed and comes back."""

    def __init__(self, build, folder, name, number):
        self.build, self.folder, self.name = build, folder, name
        self.host = Namespace(f'files-{name}')
        self.number = number
        self.process = None
        self.peak_kib = 0
        self.log = (folder / f'{name}.log').open('w')

    def start(self, *words):
        self.process = subprocess.Popen(
            self.host.command(str(self.build / 'src/cli/udpnat-cli'), '--server',
                              f'10.9.{self.number}.1:{PORT}', '--profile',
                              str(self.folder / f'profile-{self.name}'), '--name', self.name,
                              '--strangers', 'accept', '--json', *map(str, words)),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, 'HOME': str(self.folder)})

    def look(self):
        """The most memory that it has had."""
        try:
            status = Path(f'/proc/{self.process.pid}/status').read_text()
            self.peak_kib = max(self.peak_kib, int(re.search(r'VmHWM:\s+(\d+)', status)[1]))
        except (OSError, TypeError):
            pass

    def kill(self):
        self.look()
        self.process.kill()
        self.process.wait()

    def count_sent(self):
        told = subprocess.run(['ip', '-n', self.host.name, '-s', '-j', 'link', 'show', 'eth0'],
                              capture_output=True, text=True, check=True).stdout
        return json.loads(told)[0]['stats64']['tx']['bytes']


def lay(build, folder):
    router = Namespace('files-router')
    sides = [Side(build, folder, name, number) for number, name in enumerate(('alice', 'bob'), 1)]
    for side in sides:
        near = f'lan{side.number}'
        side.host.ip(f'link add name eth0 type veth peer name {near} netns {router.name}',
                     f'address add 10.9.{side.number}.2/24 dev eth0', 'link set eth0 up',
                     f'route add default via 10.9.{side.number}.1')
        router.ip(f'address add 10.9.{side.number}.1/24 dev {near}', f'link set {near} up')
    router.write_sysctl('ipv4/ip_forward', '1')
    server = subprocess.Popen(
        router.command(str(build / 'src/server/udpnat-server'), '--ip', '0.0.0.0', '--port',
                       str(PORT), '--state-dir', str(folder / 'server')),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, 'HOME': str(folder)})
    return router, server, sides


def make_file(path, n_bytes):
    """Random bytes; their hash."""
    dice = random.Random(n_bytes)
    hashed = hashlib.blake2b()
    with path.open('wb') as file:
        for start in range(0, n_bytes, 1 << 22):
            data = dice.randbytes(min(1 << 22, n_bytes - start))
            hashed.update(data)
            file.write(data)
    return hashed.hexdigest()


def hash_file(path):
    hashed = hashlib.blake2b()
    with path.open('rb') as file:
        while data := file.read(1 << 22):
            hashed.update(data)
    return hashed.hexdigest()


def count_come(got):
    """Bytes that are on the receiver's disk."""
    try:
        return max((entry.stat().st_size for entry in got.iterdir()), default=0)
    except OSError:
        return count_come(got)  # it has just been renamed


class Bench:
    """Both sides and the server, and what goes between them."""

    def __init__(self, build, folder, dice):
        self.folder, self.dice = folder, dice
        _, self.server, self.sides = lay(build, folder)

    def end(self):
        for process in (*(side.process for side in self.sides), self.server):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        for name in ('files-alice', 'files-bob', 'files-router'):
            subprocess.run(['ip', 'netns', 'del', name], check=False)

    def transfer(self, n_bytes, n_kills):
        """Sends a file of so many bytes; what it took."""
        alice, bob = self.sides
        given, got = self.folder / f'given-{n_bytes}', self.folder / f'got-{n_bytes}'
        expected = make_file(given, n_bytes)
        got.mkdir()
        come = got / given.name
        receive = ('receive', '--to', got)
        n_before = alice.count_sent()
        bob.start(*receive)
        time.sleep(1)
        alice.start('send', 'bob', '--file', given)
        points = sorted(self.dice.randrange(n_bytes) for _ in range(n_kills))
        kills = []
        first_s = None
        last, last_s = 0, time.monotonic()
        while not come.exists():
            time.sleep(0.005)
            n_come = count_come(got)
            if n_come != last:
                first_s = first_s or time.monotonic()
                last, last_s = n_come, time.monotonic()
            if time.monotonic() - last_s > STUCK_S:
                raise SystemExit(f'stuck at {n_come} after {len(kills)} kills')
            if points and n_come >= points[0]:
                points.pop(0)
                victim = self.dice.choice(self.sides)
                victim.kill()
                victim.start(*(receive if victim is bob else ('wait', '--count', '9')))
                kills.append(victim.name)
            for side in self.sides:
                side.look()
        seconds = time.monotonic() - (first_s or last_s)
        time.sleep(1)
        for side in self.sides:
            side.kill()
        return {'same': hash_file(come) == expected, 'kills': kills, 'seconds': seconds,
                'sent': (alice.count_sent() - n_before) / n_bytes}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--gib', type=float, default=10)
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--folder', type=Path, default=Path('/var/tmp'))
    options = parser.parse_args()
    kernel.enter()
    folder = Path(tempfile.mkdtemp(prefix='udpnat-files-', dir=options.folder))
    bench = Bench(options.build.resolve(), folder, random.Random(options.seed))
    n_bytes = int(options.gib * (1 << 30))
    try:
        # What headers and answers take is not sent twice.
        plain = bench.transfer(n_bytes // 10, 0)
        found = bench.transfer(n_bytes, options.kills)
    finally:
        bench.end()
        shutil.rmtree(folder, ignore_errors=True)
    kills = found['kills']
    print(f'{options.gib:g} GiB, {len(kills)} kills ({kills.count("alice")} of the sender, '
          f'{kills.count("bob")} of the receiver)')
    print(f'the same bytes: {"yes" if found["same"] and plain["same"] else "NO"}')
    print(f'{found["seconds"]:.0f} s from the first byte to the last, '
          f'{n_bytes / 1e6 / found["seconds"]:.0f} MB/s; without kills '
          f'{n_bytes / 1e7 / plain["seconds"]:.0f} MB/s')
    print(f'sent twice: {100 * (found["sent"] - plain["sent"]):.2f} % (asked: 1); '
          f'headers and answers: {100 * (plain["sent"] - 1):.2f} %')
    for side in bench.sides:
        print(f'most memory of {side.name}: {side.peak_kib / 1024:.1f} MiB (asked: 64)')


if __name__ == '__main__':
    main()
