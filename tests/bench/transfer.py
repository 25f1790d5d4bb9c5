#!/usr/bin/env python3
"""How fast bytes go from one person to the other, beside others in the same run.

    transfer.py --build DIR [--rounds N] [--seconds S] [loopback] [line] [share] [words]

loopback: two processes, one processor each, sealed packets of 1,472 bytes: our session beside a
bare pump that only seals and sends (pump-bare.c), both with the kernel cutting and joining messages
and without; how long a chat message and its answer take, alone and beside a file.

line: a router that lets 100 Mbit/s pass (tbf) and holds as much as fits into the round trip, and a
cable of 50 ms each way, on which some are lost or come late: our session, and the kernel's TCP with
CUBIC and with BBR.

share: two at a time on that line, of which the first began a second earlier, ours and TCP CUBIC: in
the first half of the time, and in the second.

words: how long a chat message and its answer take on that line, alone and beside a file.

Prints tables of medians; nothing here passes or fails. line, share and words as root.
"""

import argparse
import contextlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'netlab'))
from lab import kernel  # noqa: E402
from lab.topology import Namespace  # noqa: E402

MEGABYTES = 1000
PORT = 9911
CHAT_MS = 5
RATE_MBIT = 100
DELAY_US = 50000
QUEUE_BYTES = RATE_MBIT * 1000000 // 8 * 2 * DELAY_US // 1000000
SENDER, RECEIVER = '10.1.0.2', '10.2.0.2'
LINES = {'nothing lost': (0, 0), '0.1 % lost': (1000, 0), '1 % lost': (10000, 0),
         '3 % lost': (30000, 0), '1 % come 5 ms late': (0, 10000)}
TCP_RECEIVE = """
import signal, socket, sys
n = 0
signal.signal(signal.SIGUSR1, lambda *_: print(n, flush=True))
listener = socket.create_server(('', int(sys.argv[1])))
print('ready', flush=True)
while True:
    peer, _ = listener.accept()
    n = 0
    try:
        while data := peer.recv(1 << 20):
            n += len(data)
    except ConnectionResetError:
        pass
    print(n, flush=True)
"""
TCP_SEND = """
import socket, struct, sys, time
peer = socket.socket()
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[3].encode())
peer.connect((sys.argv[1], int(sys.argv[2])))
end = time.monotonic() + float(sys.argv[4])
peer.settimeout(1)
data = bytes(65536)
# What is still on its way when the time is over does not count
peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
while time.monotonic() < end:
    try:
        peer.send(data)
    except TimeoutError:
        pass
"""


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


# ---- On one machine ----

def pin(processor):
    return ['taskset', '-c', str(processor)]


def run_pair(receive, send, environment=None):
    """Figures of the sender, who is told when the receiver listens."""
    environment = {**os.environ, **(environment or {})}
    receiver = subprocess.Popen([*pin(1), *map(str, receive)], env=environment,
                                stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.2)
        done = subprocess.run([*pin(0), *map(str, send)], env=environment, capture_output=True,
                              text=True, check=True, timeout=120)
        return json.loads(done.stdout)
    finally:
        end(receiver)


def run_ours(bench, amount, *more, is_cut=True):
    return run_pair([bench / 'pump', 'receive', PORT],
                    [bench / 'pump', 'send', '127.0.0.1', PORT, amount, *more],
                    None if is_cut else {'LD_PRELOAD': str(bench / 'libno-segments.so')})


def run_bare(bench, how):
    return run_pair([bench / 'pump-bare', 'receive', PORT, how],
                    [bench / 'pump-bare', 'send', '127.0.0.1', PORT, MEGABYTES, how])


def measure_loopback(bench, n_rounds):
    rounds = []
    for _ in range(n_rounds):
        rounds.append({
            'ours, cut': run_ours(bench, MEGABYTES), 'bare, cut': run_bare(bench, 'cut'),
            'ours, whole': run_ours(bench, MEGABYTES // 2, is_cut=False),
            'bare, whole': run_bare(bench, 'whole'),
            'chat alone': run_ours(bench, 0, 1), 'chat beside': run_ours(bench, '3s', CHAT_MS),
        })

    def get(row, name):
        return statistics.median(found[row][name] for found in rounds)

    print(f'\n{"loopback, sealed, medians of " + str(n_rounds):<44}{"MB/s":>8}{"share":>8}')
    for how, told in (('cut', 'kernel cuts and joins'), ('whole', 'packet by packet')):
        share = statistics.median(found[f'ours, {how}']['mb_s'] / found[f'bare, {how}']['mb_s']
                                  for found in rounds)
        print(f'{"our session, " + told:<44}{get(f"ours, {how}", "mb_s"):>8.0f}{share:>8.2f}')
        print(f'{"bare pump, " + told:<44}{get(f"bare, {how}", "mb_s"):>8.0f}')
    print(f'the first 100 MB after {get("ours, cut", "first_100mb_s"):.2f} s; '
          f'memory of the sender {get("ours, cut", "rss_kib") / 1024:.1f} MiB')
    for row in ('chat alone', 'chat beside'):
        print(f'{row}: there and back {get(row, "chat_p50_ms"):.2f} ms, '
              f'99 in 100 within {get(row, "chat_p99_ms"):.2f} ms '
              f'(round trip {get(row, "rtt_ms"):.2f} ms)')


# ---- On a line ----

class Line:
    """Sender, router, cable, receiver."""

    def __init__(self, build, lost, late):
        self.hosts = [Namespace(f'transfer-{name}') for name in ('sender', 'router', 'receiver')]
        self.sender, self.router, self.receiver = self.hosts
        self.sender.ip(f'link add name eth0 type veth peer name lan netns {self.router.name}',
                       f'address add {SENDER}/24 dev eth0', 'link set eth0 up',
                       'route add default via 10.1.0.1')
        self.cable = subprocess.Popen(
            [build / 'tests/netlab/race/delay-link', self.router.path, 'wan', self.receiver.path,
             'eth0', str(DELAY_US), str(lost), str(late)], stdout=subprocess.PIPE)
        if self.cable.stdout.readline() != b'ready\n':
            raise OSError('no cable')
        self.router.ip('address add 10.1.0.1/24 dev lan', 'link set lan up',
                       'address add 10.2.0.1/24 dev wan', 'link set wan up')
        self.receiver.ip(f'address add {RECEIVER}/24 dev eth0', 'link set eth0 up',
                         'route add default via 10.2.0.1')
        self.router.write_sysctl('ipv4/ip_forward', '1')
        subprocess.run(self.router.command(
            'tc', 'qdisc', 'add', 'dev', 'wan', 'root', 'tbf', 'rate', f'{RATE_MBIT}mbit',
            'burst', '16kb', 'limit', str(QUEUE_BYTES)), check=True)

    def close(self):
        end(self.cable)
        for host in self.hosts:
            subprocess.run(['ip', 'netns', 'del', host.name], check=False)

    def start(self, host, *words):
        return subprocess.Popen(host.command(*map(str, words)), stdout=subprocess.PIPE, text=True)

    def start_flow(self, bench, program, seconds, port):
        return Flow(self, bench, program, seconds, port)


class Flow:
    """Bytes, one way, for so long: by our session, or by TCP with that congestion control."""

    def __init__(self, line, bench, program, seconds, port):
        self.is_ours = program == 'udpnat'
        self.seconds = seconds
        if self.is_ours:
            self.receiver = line.start(line.receiver, bench / 'pump', 'receive', port)
            time.sleep(0.3)
            self.sender = line.start(line.sender, bench / 'pump', 'send', RECEIVER, port,
                                     f'{seconds}s')
        else:
            self.receiver = line.start(line.receiver, sys.executable, '-c', TCP_RECEIVE, port)
            self.receiver.stdout.readline()
            self.sender = line.start(line.sender, sys.executable, '-c', TCP_SEND, RECEIVER, port,
                                     program, seconds)

    def _read(self):
        said = self.receiver.stdout.readline()
        return json.loads(said)['mb'] * 8 if self.is_ours else int(said) * 8 / 1e6

    def look(self):
        """Mbit that have come so far."""
        self.receiver.send_signal(signal.SIGUSR1)
        return self._read()

    def finish(self):
        """Mbit that have come when the time is over."""
        self.sender.communicate(timeout=self.seconds + 60)
        if self.is_ours:
            self.receiver.terminate()
        n_mbit = self._read()
        end(self.receiver)
        return n_mbit


@contextlib.contextmanager
def lay_line(build, lost=0, late=0):
    line = Line(build, lost, late)
    try:
        yield line
    finally:
        line.close()


def measure_line(build, n_rounds, seconds):
    programs = ('udpnat', 'cubic', 'bbr')
    found = {}
    for _, (name, (lost, late)), program in itertools.product(range(n_rounds), LINES.items(),
                                                              programs):
        with lay_line(build, lost, late) as line:
            rate = line.start_flow(build / 'tests/bench', program, seconds, PORT).finish() / seconds
        found.setdefault(name, {}).setdefault(program, []).append(rate)
    print(f'\n{f"{RATE_MBIT} Mbit/s, 2 x {DELAY_US // 1000} ms, {seconds} s":<28}'
          + ''.join(f'{program + ", Mbit/s":>16}' for program in programs) + f'{"to CUBIC":>12}')
    for name, by_program in found.items():
        rates = {program: statistics.median(rates) for program, rates in by_program.items()}
        ratio = statistics.median(a / b for a, b in zip(by_program['udpnat'], by_program['cubic']))
        print(f'{name:<28}' + ''.join(f'{rates[program]:>16.2f}' for program in programs)
              + f'{ratio:>12.2f}')


def measure_share(build, n_rounds, seconds):
    half = seconds // 2
    print(f'\n{"two on that line, Mbit/s":<24}'
          f'{f"the first {half} s":>28}{f"the next {half} s":>28}')
    for programs in itertools.product(('udpnat', 'cubic'), repeat=2):
        halves = ([], [])
        for _ in range(n_rounds):
            with lay_line(build) as line:
                flows = []
                for number, program in enumerate(programs):
                    flows.append(line.start_flow(build / 'tests/bench', program,
                                                 seconds + 2 - number, PORT + number))
                    time.sleep(1)
                seen = [[flow.look() for flow in flows]]
                for _ in halves:
                    time.sleep(half - 1)
                    seen.append([flow.look() for flow in flows])
                for flow in flows:
                    flow.finish()
                for number, rows in enumerate(halves):
                    rows.append([(after - before) / (half - 1)
                                 for before, after in zip(seen[number], seen[number + 1])])
        told = f'{" then ".join(programs):<24}'
        for rows in halves:
            rates = [statistics.median(rates) for rates in zip(*rows)]
            ratio = statistics.median(a / b for a, b in rows)
            told += f'{rates[0]:>10.1f}{rates[1]:>10.1f}{ratio:>8.2f}'
        print(told, flush=True)


def measure_words(build, n_rounds, seconds):
    """Medians of what 20 sayings a second take, there and back, and what a file adds."""
    print(f'\n{f"a word there and back, {seconds} s":<28}{"half within":>12}{"99 % within":>12}'
          f'{"SRTT":>8}{"a file adds":>12}  (ms; asked: at most SRTT + 20)')
    for name in ('nothing lost', '0.1 % lost', '1 % lost'):
        found = {'alone': [], 'beside a file': []}
        for _, how in itertools.product(range(n_rounds), found):
            with lay_line(build, *LINES[name]) as line:
                receiver = line.start(line.receiver, build / 'tests/bench/pump', 'receive', PORT)
                time.sleep(0.3)
                sender = line.start(line.sender, build / 'tests/bench/pump', 'send', RECEIVER,
                                    PORT, '0' if how == 'alone' else f'{seconds}s', 50)
                out, _ = sender.communicate(timeout=seconds + 60)
                end(receiver)
                found[how].append(json.loads(out))

        def get(how, figure):
            return statistics.median(row[figure] for row in found[how])

        for how in found:
            added = get(how, 'chat_p99_ms') - get('alone', 'chat_p99_ms')
            print(f'{name + ", " + how:<28}{get(how, "chat_p50_ms"):>12.1f}'
                  f'{get(how, "chat_p99_ms"):>12.1f}{get(how, "rtt_ms"):>8.1f}{added:>12.1f}')


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=15)
    parser.add_argument('what', nargs='*', choices=['loopback', 'line', 'share', 'words', []])
    options = parser.parse_args()
    what = options.what or ['loopback', 'line', 'share', 'words']
    build = options.build.resolve()
    if set(what) & {'line', 'share', 'words'}:
        kernel.enter()
    if 'loopback' in what:
        measure_loopback(build / 'tests/bench', options.rounds)
    if 'line' in what:
        measure_line(build, options.rounds, options.seconds)
    if 'share' in what:
        measure_share(build, options.rounds, 8 * options.seconds)
    if 'words' in what:
        measure_words(build, options.rounds, options.seconds)


if __name__ == '__main__':
    main()
