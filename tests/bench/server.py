#!/usr/bin/python3
"""What a request costs udpnat-server, beside a bare echo and coturn, in one run.

    server.py --build DIR [--rounds N] [--clients N] [--seconds S] [--comers] [--no-restart]

Each server is alone on processor 0, the generator on processor 1. A figure is µs of the server's
CPU for each request, read from the CPU clock of its process: the median of all rounds, in which the
servers take turns. A ratio is the median of those of each round, since the machine itself is now
faster and now slower. A second udpnat-server has 1,000 people, to be compared with. There are two
echoes, one for 1,000 addresses and one for as many as the server has people: what the system itself
keeps of an address is in no cache either when there are many. Prints figures; nothing passes or
fails.
"""

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# kind of request, what it is called, what it is compared with, and what is asked for. A lookup
# wakes who asks, so it is the last: the others are of people at rest, as nearly all are always.
ROWS = [
    ('keepalive', 'keepalive, sealed', 'echo', '≤ 1.3'),
    ('dial', 'dial forwarded, 128 bytes', 'echo', '≤ 1.5'),
    ('relay', 'packet relayed, 1100 bytes', 'echo', ''),
    ('relay-flow', 'the same, 16 in a row', 'echo', ''),
    ('info-new', "a stranger's first packet", 'echo', ''),
    ('stun', 'STUN Binding, known address', 'echo', ''),
    ('lookup', 'lookup of a name', 'echo', '≤ 1.5'),
]
SERVER_CORE, LOAD_CORE = 0, 1
START_SECONDS = 10
# At the server that has few
FEW = 1000
# Keepalives of a million people
CROWD_PER_SECOND = 40000
# What a server carries for one client; and so many use coturn for the same
RELAY_KIB = 1 << 24
TURN_FLOWS = 10
# Lookups in a second, without and among handshakes from forged addresses
QUESTIONS_PER_SECOND = 5000
FORGED_PER_SECOND = 1000000
RETURN_SECONDS = 180
# Who comes to a server that was started anew; the others are compared with the first
COMERS = [
    ('bare', 'handshake, nothing else'),
    ('register', 'handshake and registration'),
    ('bare-ticket', 'ticket, nothing else'),
    ('register-ticket', 'ticket and registration'),
]
# For a server that is started with all names
RESTART_SECONDS = 3
# After which all are at rest
CALM_SECONDS = 8
# After which a server has given back what they took before
REST_SECONDS = 70


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def rss_kib(pid):
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1])
    raise RuntimeError(f'no VmRSS of {pid}')


class Turns:
    """How long the main loop of a server works at a time, and at most (turn-watch.c)."""

    def __init__(self, build, folder):
        self.path = folder / 'turns'
        self.path.write_bytes(bytes(8))
        self.environment = {'LD_PRELOAD': str(build / 'tests/bench/libturn-watch.so'),
                            'TURN_FILE': str(self.path)}

    def take_longest_ms(self):
        """The longest since it was asked before."""
        with self.path.open('r+b') as file:
            longest_us = int.from_bytes(file.read(8), 'little')
            file.seek(0)
            file.write(bytes(8))
        return longest_us / 1000


class Server:
    """A process on a core of its own, and the load for it."""

    def __init__(self, name, port, command, load, n_clients, turns=None):
        self.name = name
        self.command = ['taskset', '-c', str(SERVER_CORE), *command]
        self.turns = turns
        self.start()
        time.sleep(1)
        if self.process.poll() is not None:
            raise RuntimeError(f'{name} did not start: {" ".join(map(str, command))}')
        self.rss_before = rss_kib(self.process.pid)
        self.load = subprocess.Popen(
            ['taskset', '-c', str(LOAD_CORE), load, str(port), str(self.process.pid),
             str(n_clients)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.connect_us = None

    def start(self):
        environment = {**os.environ, **(self.turns.environment if self.turns else {})}
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=environment)

    def restart(self, seconds):
        """Returns how many are there, at the end of each second since it was told to stop."""
        self.load.stdin.write(f'return {seconds}\n')
        self.load.stdin.flush()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(START_SECONDS)
        self.start()
        return [int(word) for word in self.load.stdout.readline().split()[1:]]

    def rejoin(self, kind):
        """Starts it anew. Returns µs of its CPU for each who comes, and how many are there."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(START_SECONDS)
        self.start()
        time.sleep(RESTART_SECONDS)
        self.load.stdin.write(f'{kind} {RETURN_SECONDS} {self.process.pid}\n')
        self.load.stdin.flush()
        words = self.load.stdout.readline().split()
        if not words or words[0] != kind:
            raise RuntimeError(f'the load on {self.name} has ended at {kind}')
        return float(words[3]), int(words[2])

    def ask(self, kind, seconds, per_second=0):
        """Returns µs of the server's CPU for a request, requests a second, and, of those that were
        one by one, µs in which half and 99 of 100 were answered."""
        self.load.stdin.write(f'{kind} {seconds} {per_second}\n')
        self.load.stdin.flush()
        while True:
            words = self.load.stdout.readline().split()
            if not words:
                raise RuntimeError(f'the load on {self.name} has ended at {kind}')
            if words[0] == kind:
                return tuple(map(float, words[3:7]))
            self.connect_us = float(words[3])

    def flood(self, seconds, per_second, n_forged):
        """Returns the share of questions answered, µs in which half and 99 of 100 were, and
        handshakes a second."""
        self.load.stdin.write(f'flood {seconds} {per_second} {n_forged}\n')
        self.load.stdin.flush()
        words = self.load.stdout.readline().split()
        if not words:
            raise RuntimeError(f'the load on {self.name} has ended in the flood')
        return (int(words[2]) / max(int(words[1]), 1), *map(float, words[5:8]))

    def close(self):
        self.load.stdin.close()
        self.load.wait()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start_servers(servers, build, folder, n_clients):
    load = build / 'tests/bench/server-load'
    port = free_port()
    servers['echo'] = Server('echo', port, [build / 'tests/bench/udp-echo', str(port)], load, FEW)
    port = free_port()
    servers['echoes'] = Server('echoes', port, [build / 'tests/bench/udp-echo', str(port)], load,
                               n_clients)
    for name, n in (('few', FEW), ('udpnat', n_clients)):
        port = free_port()
        (folder / name).mkdir()
        servers[name] = Server(name, port, [
            build / 'src/server/udpnat-server', '--ip', '127.0.0.1', '--port', str(port),
            '--alt-port', '0', '--tunnel-port', '0', '--status-address', 'none', '--relay-rate',
            str(RELAY_KIB), '--state-dir', folder / name / 'state'], load, n,
            Turns(build, folder / name))
    turnserver = shutil.which('turnserver')
    if turnserver is not None:
        port = free_port()
        servers['coturn'] = Server('coturn', port, [
            turnserver, '-n', '--no-auth', '-m', '1', '-L', '127.0.0.1', '-p', str(port),
            '--no-tls', '--no-dtls', '--no-tcp', '--no-cli', '--log-file', folder / 'coturn.log',
            '--pidfile', folder / 'coturn.pid'], load, 1000)
        port = free_port()
        servers['turn'] = Server('turn', port, [
            turnserver, '-n', '--no-auth', '-m', '1', '-L', '127.0.0.1', '-E', '127.0.0.1', '-p',
            str(port), '--allow-loopback-peers', '--no-tls', '--no-dtls', '--no-tcp', '--no-cli',
            '--log-file', folder / 'turn.log', '--pidfile', folder / 'turn.pid'],
            build / 'tests/bench/turn-load', TURN_FLOWS)
    else:
        print('coturn is not installed: no figures of it')


def median_ratio(figures, base):
    return statistics.median(a / b for a, b in zip(figures, base))


def line(name, figures, rate, others):
    print(f'  {name:<28} {statistics.median(figures):7.2f} µs  {rate:9,.0f}/s   {others}')


def run(servers, rounds, seconds):
    figures = {}
    rates = {}
    turns = {}
    for name in ('few', 'udpnat'):
        servers[name].ask('keepalive', seconds)  # all connect
        turns[name, 'connect'] = servers[name].turns.take_longest_ms()
        print(f'all are there: {name}', file=sys.stderr)
    for number in range(rounds):
        servers['udpnat'].ask('idle', CALM_SECONDS)
        asks = [('few', 'burst'), ('udpnat', 'burst'), ('echo', 'echo'), ('echoes', 'echo')]
        asks += [('udpnat', kind) for kind, *_ in ROWS]
        asks += [('few', 'dial'), ('few', 'lookup')]
        if 'coturn' in servers:
            asks += [('coturn', 'stun'), ('coturn', 'stun-new'), ('turn', 'relay'),
                     ('turn', 'relay-flow')]
        for name, kind in asks:
            if name in ('few', 'udpnat'):
                servers[name].turns.take_longest_ms()
            cost, rate, *_ = servers[name].ask(kind, seconds)
            if name in ('few', 'udpnat'):
                turns.setdefault((name, kind), []).append(servers[name].turns.take_longest_ms())
            figures.setdefault((name, kind), []).append(cost)
            rates.setdefault((name, kind), []).append(rate)
        for name, kind in (('echo', 'echo'), ('few', 'keepalive'), ('udpnat', 'keepalive')):
            cost, rate, half, most = servers[name].ask(kind, seconds, CROWD_PER_SECOND)
            figures.setdefault((name, 'crowd'), []).append(cost)
            figures.setdefault((name, 'half'), []).append(half)
            figures.setdefault((name, 'most'), []).append(most)
            rates.setdefault((name, 'crowd'), []).append(rate)
        for kind, n_forged in (('calm', 0), ('flood', FORGED_PER_SECOND)):
            figures.setdefault(('udpnat', kind), []).append(
                servers['udpnat'].flood(seconds, QUESTIONS_PER_SECOND, n_forged))
        print(f'round {number + 1} of {rounds}', file=sys.stderr)
    servers['udpnat'].ask('idle', REST_SECONDS)
    return figures, {key: statistics.median(values) for key, values in rates.items()}, turns


def report_turns(figures, turns, n_clients):
    print(f'Many and few: {n_clients:,} people and {FEW:,}')
    for kind, words in (('burst', 'keepalive, 256 at a time'), ('crowd', 'keepalive, one by one')):
        few, many = figures['few', kind], figures['udpnat', kind]
        print(f'  {words:<28} {statistics.median(few):7.2f} µs with few, '
              f'{median_ratio(many, few):.2f} × with many (asked: ≤ 1.1)')
    for kind in ('dial', 'lookup'):
        few, many = figures['few', kind], figures['udpnat', kind]
        print(f'  {kind:<28} {statistics.median(few):7.2f} µs with few, '
              f'{median_ratio(few, figures["echo", "echo"]):.2f} × the echo; '
              f'{median_ratio(many, few):.2f} × with many')
    few, many = (statistics.median(turns[name, 'burst']) for name in ('few', 'udpnat'))
    print(f'  {"longest turn, keepalives":<28} {few:7.2f} ms with few, {many:.2f} ms with many')
    print(f'  {"longest turn, all register":<28} {turns["few", "connect"]:7.2f} ms with few, '
          f'{turns["udpnat", "connect"]:.2f} ms with many')


def report(servers, figures, rates, n_clients):
    echo = figures['echo', 'echo']
    coturn = figures.get(('coturn', 'stun'))
    print(f'A request, {n_clients:,} people registered')
    line('bare echo, 64 bytes', echo, rates['echo', 'echo'], f'{FEW:,} addresses')
    echoes = figures['echoes', 'echo']
    line('the same', echoes, rates['echoes', 'echo'],
         f'{n_clients:,} addresses: {median_ratio(echoes, echo):.2f} × the echo')
    if coturn is not None:
        line('coturn, STUN Binding', coturn, rates['coturn', 'stun'],
             f'{median_ratio(coturn, echo):.2f} × the echo')
    for kind, name, _, asked in ROWS:
        mine = figures['udpnat', kind]
        words = f'{median_ratio(mine, echo):.2f} × the echo, {median_ratio(mine, echoes):.2f} × ' \
                'that of as many addresses'
        if asked:
            words += f' (asked: {asked})'
        if coturn is not None:
            words += f', {median_ratio(coturn, mine):.2f} times as many as coturn'
        line(name, mine, rates['udpnat', kind], words)
    if coturn is not None:
        line('coturn, a new address', figures['coturn', 'stun-new'], rates['coturn', 'stun-new'],
             f'{median_ratio(figures["coturn", "stun-new"], figures["udpnat", "info-new"]):.1f} × '
             "a stranger's first packet here (asked: ≥ 5)")
        for kind, name in (('relay', 'coturn, ChannelData'),
                           ('relay-flow', 'coturn, 16 in a row')):
            ratio = median_ratio(figures['turn', kind], figures['udpnat', kind])
            line(name, figures['turn', kind], rates['turn', kind],
                 f'{ratio:.2f} × a relayed packet here (asked: ≥ 1.5)')
    print(f'{CROWD_PER_SECOND:,} a second, one by one')
    line('the echo, woken by each', figures['echo', 'crowd'], rates['echo', 'crowd'], '')
    line('keepalive, sealed', figures['udpnat', 'crowd'], rates['udpnat', 'crowd'],
         f'{median_ratio(figures["udpnat", "crowd"], figures["echo", "crowd"]):.2f} × the echo '
         '(asked: ≤ 0.5)')
    for name, words in (('echo', 'the echo'), ('udpnat', 'here')):
        half, most = (statistics.median(figures[name, part]) for part in ('half', 'most'))
        print(f'  {"answered, " + words:<28} half within {half:,.0f} µs, 99 in 100 within '
              f'{most:,.0f} µs')
    print(f'{QUESTIONS_PER_SECOND:,} lookups a second, at rest and in a flood of forged handshakes')
    calm, flood = (list(zip(*figures['udpnat', kind])) for kind in ('calm', 'flood'))
    for name, columns in (('without', calm), ('in the flood', flood)):
        share, half, most, forged = map(statistics.median, columns)
        print(f'  {name:<28} {share:7.1%} answered, half within {half:,.0f} µs, 99 in 100 within '
              f'{most:,.0f} µs; {forged:,.0f} forged a second')
    print(f'  ratios: {median_ratio(flood[0], calm[0]):.2f} of the answers (asked: ≥ 0.9), '
          f'{median_ratio(flood[2], calm[2]):.2f} × the time of 99 in 100 (asked: ≤ 3)')
    print('People')
    udpnat = servers['udpnat']
    print(f'  {"handshake and registration":<28} {udpnat.connect_us:7.1f} µs')
    grown = (rss_kib(udpnat.process.pid) - udpnat.rss_before) * 1024 / n_clients
    print(f'  {"memory for each person":<28} {grown:7,.0f} bytes                asked: ≤ 256')


def report_restart(server, n_clients):
    """A curve in words: how many of all were back, second by second."""
    print(f'A restart with {n_clients:,} people')
    counts = server.restart(RETURN_SECONDS)
    left = [count < n_clients for count in counts]
    gone = left.index(True) if True in left else len(counts)
    shares = [f'{count / n_clients:.0%}' for count in counts[gone:]]
    print(f'  back after each second      {" ".join(shares)}')
    if counts[-1] == n_clients:
        print(f'  all are back after          {len(counts)} s                    asked: ≤ 60 s')
    else:
        print(f'  not back after {RETURN_SECONDS} s: {n_clients - counts[-1]:,}')


def report_comers(server, rounds, n_clients):
    print(f'A server that was started anew, and {n_clients:,} people whose names are theirs')
    figures = {}
    for _ in range(rounds):
        for kind, _ in COMERS:
            cost, n_there = server.rejoin(kind)
            figures.setdefault(kind, []).append(cost)
            if n_there != n_clients:
                print(f'  {kind}: only {n_there:,} came')
    base = figures[COMERS[0][0]]
    for kind, name in COMERS:
        line(name, figures[kind], 1e6 / statistics.median(figures[kind]),
             f'{median_ratio(base, figures[kind]):.2f} times as many as bare handshakes')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True, type=Path)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--clients', type=int, default=10000)
    parser.add_argument('--seconds', type=float, default=1.0)
    parser.add_argument('--no-restart', action='store_true')
    parser.add_argument('--comers', action='store_true',
                        help='only those who come to a server that was started anew')
    options = parser.parse_args()
    if os.cpu_count() < 2:
        sys.exit('bench: this needs two processors, one for the server and one for the load')
    build = options.build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        servers = {}
        try:
            start_servers(servers, build, Path(folder), options.clients)
            if options.comers:
                servers['udpnat'].ask('keepalive', options.seconds)  # all connect
            else:
                figures, rates, turns = run(servers, options.rounds, options.seconds)
                report(servers, figures, rates, options.clients)
                report_turns(figures, turns, options.clients)
            if not options.no_restart:
                report_comers(servers['udpnat'], options.rounds, options.clients)
                report_restart(servers['udpnat'], options.clients)
        finally:
            for server in servers.values():
                server.close()


main()
