#!/usr/bin/python3
"""Whether a server that people come to and leave for a long time keeps what it does not need.

    soak.py --build DIR [--seconds S] [--people N] [--every S] [--pace F] [--names N]

A real udpnat-server, and `server-soak`, the people. Memory, open descriptors and the files of the
state directory are looked at in even steps. What the first quarter takes is the server's: caches
fill, tables grow to their size. After that it must not grow: the median of the last quarter may be
above that of the second by no more than the bound, which is said, and every kind of thing must
have happened. Exits with 1 when something is wrong.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from home import free_port

START_SECONDS = 15
# What memory may grow: so much of itself for how the system's allocator lays things out, and what
# each name takes that nobody had before, since names stay for good.
SLACK_SHARE = 0.02
SLACK_KIB = 1024
NAME_BYTES = 160
# How many samples two quarters need to say anything
SAMPLES_MIN = 8


class Sample:
    """How the server is at one time, and what has happened until then."""

    def __init__(self, seconds, rss_kib, n_fds, n_files, n_bytes, counts):
        self.seconds = seconds
        self.rss_kib = rss_kib
        self.n_fds = n_fds
        self.n_files = n_files
        self.n_bytes = n_bytes
        self.counts = counts


def read_rss_kib(pid):
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1])
    raise RuntimeError('the server is gone')


def look(seconds, pid, state, counts):
    sizes = []
    for path in state.rglob('*'):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            pass  # SQLite's own come and go
    return Sample(seconds, read_rss_kib(pid), len(os.listdir(f'/proc/{pid}/fd')), len(sizes),
                  sum(sizes), counts)


def judge(samples, slack_kib=SLACK_KIB):
    """What is wrong, in lines; none when all is well."""
    if len(samples) < SAMPLES_MIN:
        return [f'{len(samples)} samples say nothing']
    quarter = len(samples) // 4
    early, late = samples[quarter:2 * quarter], samples[-quarter:]

    def grown(name):
        return (statistics.median(getattr(sample, name) for sample in late)
                - statistics.median(getattr(sample, name) for sample in early))

    n_names = late[-1].counts.get('claimed', 0) - early[0].counts.get('claimed', 0)
    bound = (statistics.median(sample.rss_kib for sample in early) * SLACK_SHARE + slack_kib
             + n_names * NAME_BYTES / 1024)
    faults = []
    if grown('rss_kib') > bound:
        faults.append(f'memory has grown by {grown("rss_kib"):,.0f} KiB, of {bound:,.0f} allowed')
    for name, what in (('n_fds', 'descriptors'), ('n_files', 'files')):
        if grown(name) > 1:
            faults.append(f'{what}: {grown(name):,.0f} more than there were')
    faults += [f'not once: {what}' for what, count in samples[-1].counts.items() if count == 0]
    return faults


class Soak:
    """The two processes."""

    def __init__(self, options, folder):
        self.state = folder / 'state'
        port = free_port()
        build = options.build.resolve()
        environment = {**os.environ, 'LC_ALL': 'C.UTF-8',
                       'ASAN_OPTIONS': 'quarantine_size_mb=1:thread_local_quarantine_size_kb=64:'
                                       'verify_asan_link_order=0'}
        if options.preload:
            environment['LD_PRELOAD'] = str(options.preload.resolve())
        self.log = (folder / 'log').open('w+')
        self.server = subprocess.Popen(
            [build / 'src/server/udpnat-server', '--ip', '127.0.0.1', '--port', str(port),
             '--alt-port', '0', '--tunnel-port', '0', '--status-address', 'none', '--state-dir',
             self.state], env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        if 'listening' not in self.server.stdout.readline():
            raise RuntimeError(f'no server: {self.read_log()}')
        self.people = subprocess.Popen(
            [build / 'tests/bench/server-soak', str(port), str(options.people), str(options.pace),
             str(options.names)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def count(self):
        self.people.stdin.write('counts\n')
        self.people.stdin.flush()
        words = self.people.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def close(self):
        """Returns how the server ended."""
        self.people.stdin.close()
        self.people.wait(START_SECONDS)
        self.server.terminate()
        try:
            return self.server.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.server.kill()
            return self.server.wait()


def show(sample):
    words = [f'{count} {word}' for word, count in sample.counts.items()]
    print(f'{sample.seconds / 60:6.1f} min {sample.rss_kib:9,} KiB {sample.n_fds:3} descriptors '
          f'{sample.n_files:3} files {sample.n_bytes / 1024:8,.0f} KiB  {" ".join(words)}',
          flush=True)


def run(options, tell=lambda sample: None):
    """Returns the samples and how the server ended."""
    samples = []
    with tempfile.TemporaryDirectory(prefix='udpnat-soak-') as folder:
        soak = Soak(options, Path(folder))
        try:
            start = time.monotonic()
            while (past := time.monotonic() - start) < options.seconds:
                time.sleep(max(0, start + (len(samples) + 1) * options.every - time.monotonic()))
                samples.append(look(time.monotonic() - start, soak.server.pid, soak.state,
                                    soak.count()))
                tell(samples[-1])
        finally:
            status = soak.close()
            if status != 0:
                print(soak.read_log(), file=sys.stderr)
    return samples, status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True, type=Path)
    parser.add_argument('--seconds', type=float, default=3600)
    parser.add_argument('--people', type=int, default=3000)
    parser.add_argument('--every', type=float, default=60, help='seconds between samples')
    parser.add_argument('--pace', type=float, default=1, help='how much faster all is done')
    parser.add_argument('--names', type=int, default=5000, help='new ones that are claimed')
    parser.add_argument('--slack', type=int, default=SLACK_KIB, help='KiB')
    parser.add_argument('--preload', type=Path, help='a library with a leak, to be noticed')
    options = parser.parse_args()
    samples, status = run(options, show)
    faults = judge(samples, options.slack)
    if status != 0:
        faults.append(f'the server ended with {status}')
    for fault in faults:
        print(f'soak: {fault}')
    if not faults:
        print(f'soak: no growth after the first quarter of {samples[-1].seconds:,.0f} s')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
