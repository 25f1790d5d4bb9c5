#!/usr/bin/env python3
"""How long until the first message, and until the direct path: ours beside libnice with coturn and
c-toxcore, in the same networks, behind the same NATs, with the same delays, in one run.

    race.py --build DIR [--runs N] [--programs ours,nice,tox] [PAIR…]    a PAIR: fullcone-symmetric

Each access line takes 25 ms each way, the server's none: the way through the server is 50 ms. The
clock starts when somebody who is online, and so is the other, is told to say something to them whom
they have not met before. For libnice that is before candidates are gathered (its signalling, a line
of TCP through the server, is up); for c-toxcore, which knows no such moment, when both add each
other as friends, 8 s after both were online. Each run has networks and programs of its own.

The first row is the floor, taken in the same runs before the programs start: one bare UDP packet
from the one through the server to the other, and four such ways one after the other, which is what
a direct path takes that nobody knew of before: the call, the answer with addresses, a challenge,
its answer. What is above that is the program's.

Prints a table; nothing here passes or fails. As root.
"""

import argparse
import contextlib
import itertools
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lab import kernel, nat  # noqa: E402
from lab.programs import Client, Server, stop_all  # noqa: E402
from lab.topology import SERVER, Lab  # noqa: E402

DELAY_US = 25000
KINDS = ('public', 'fullcone', 'restricted', 'portrestricted', 'symmetric')
JOBS = 3
ONLINE_SECONDS = 40
CAME_SECONDS = 20
# After the first message: as long as a search of ports may last
DIRECT_SECONDS = 15
SIGNAL_PORT = 5000
STUN_PORT = 3478
ECHO_PORT = 9000
DISCARD_PORT = 9
N_FLOORS = 5  # in each run
DIRECT_WAYS = 4
N_TOX_NODES = 6
TOX_SETTLE_SECONDS = 8


class Peer:
    """A program of another library on a machine of the lab. What it says are a word and a time."""

    def __init__(self, host, words):
        self.process = subprocess.Popen(
            host.command(*map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, bufsize=1,
        )
        self.said = {}
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            word, _, value = line.strip().partition(' ')
            with self._news:
                self.said.setdefault(word, value)
                self._news.notify_all()

    def wait_for(self, word, seconds):
        """What it said with this word; None when it never did."""
        with self._news:
            self._news.wait_for(lambda: word in self.said, seconds)
            return self.said.get(word)

    def tell(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait()


class Signalling:
    """What the one says goes to the other, as over somebody's chat server."""

    def __init__(self, lab):
        import socket
        with lab.public.entered():
            self.listener = socket.create_server((SERVER, SIGNAL_PORT))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        import socket
        ends = []
        with contextlib.suppress(OSError):
            while len(ends) < 2:
                ends.append(self.listener.accept()[0])
                ends[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for here, there in (ends, ends[::-1]):
                threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    @staticmethod
    def _pass_on(here, there):
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                there.sendall(data)

    def end(self):
        self.listener.close()


def acquaint(lab, sites):
    """On the Internet a router knows the next one; here it asks for the Ethernet address of the
    other's when the first packet goes there, which would take both cables to and fro."""
    outermost = [site.host if site.kind == 'public' else lab.get_router(f'r{name}')
                 for site, name in zip(sites, 'ab')]
    for namespace, other in zip(outermost, sites[::-1]):
        with namespace.udp_socket('0.0.0.0', 0) as asker:
            asker.sendto(b'who', (other.public, DISCARD_PORT))
    time.sleep(8 * DELAY_US / 1e6)


def measure_floor(lab, sites):
    """What UDP alone takes in these networks, in milliseconds: one way through the server, and as
    many as a direct path takes. Some pairs of these."""
    with contextlib.ExitStack() as after:
        server = after.enter_context(lab.public.udp_socket(SERVER, ECHO_PORT))
        ends = [after.enter_context(site.host.udp_socket('0.0.0.0', ECHO_PORT)) for site in sites]
        sources = []
        for end in ends:  # which opens its router, and finds everybody's Ethernet address
            end.sendto(b'here', (SERVER, ECHO_PORT))
            sources.append(server.recvfrom(64)[1])
            server.sendto(b'there', sources[-1])
            end.recv(64)
        return [bounce(server, ends, sources) for _ in range(N_FLOORS)]


def bounce(server, ends, sources):
    arrivals = []
    start = time.monotonic()
    for number in range(DIRECT_WAYS):
        here, there = number % 2, (number + 1) % 2
        ends[here].sendto(b'on', (SERVER, ECHO_PORT))
        server.sendto(server.recv(64), sources[there])
        ends[there].recv(64)
        arrivals.append((time.monotonic() - start) * 1e3)
    return arrivals[0], arrivals[-1]


def time_between(start, end):
    """In milliseconds; None when one of them never was."""
    return (int(end) - int(start)) / 1e3 if start and end else None


def race_ours(build, lab, sites, folder, after):
    server = Server(build, lab.public, folder)
    after.callback(lambda: stop_all([server]))
    if not server.wait_until_listening():
        raise RuntimeError('udpnat-server does not start')
    alice, bob = people = [
        Client(build, site.host, folder, name, SERVER)
        for site, name in zip(sites, ('alice', 'bob'))]
    after.callback(lambda: stop_all(people))
    for person in people:
        if not person.wait_registered(ONLINE_SECONDS):
            raise RuntimeError(f'{person.name} is not registered')
    time.sleep(1)
    alice.send('bob', 'hello')
    asked = alice.send_times['hello']
    bob.wait_for(lambda: bob.select('message'), CAME_SECONDS)
    alice.wait_for(lambda: find_direct(alice), DIRECT_SECONDS)
    came, direct = bob.select('message'), find_direct(alice)
    return ((came[0]['at'] - asked) * 1e3 if came else None,
            (direct[0]['at'] - asked) * 1e3 if direct else None)


def find_direct(person):
    return person.select('path', kind_='direct') + person.select('path', kind_='lan')


def race_nice(build, lab, sites, folder, after):
    turn = subprocess.Popen(
        lab.public.command(
            'turnserver', '-n', '--listening-ip', SERVER, '--relay-ip', SERVER,
            '--listening-port', str(STUN_PORT), '--user', 'race:race', '--realm', 'race',
            '--lt-cred-mech', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout',
            '--pidfile', str(folder / 'turn.pid'), '--userdb', str(folder / 'turn.db')),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    after.callback(turn.wait)
    after.callback(turn.kill)
    # As on the Internet, what goes to a private address is lost; coturn ends a session in which it
    # cannot be sent.
    lab.public.ip('neighbour add 203.0.113.254 lladdr 02:00:00:00:00:fe dev segment',
                  'route add default via 203.0.113.254')
    signalling = Signalling(lab)
    after.callback(signalling.end)
    time.sleep(1)
    peers = []
    for site, role in zip(sites, 'ab'):
        peers.append(Peer(site.host, [build / 'tests/netlab/race/nice-peer', role, SERVER,
                                      SIGNAL_PORT, SERVER, STUN_PORT]))
        after.callback(peers[-1].end)
        if not peers[-1].wait_for('ready', ONLINE_SECONDS):
            raise RuntimeError('nice-peer does not start')
    time.sleep(1)
    peers[0].tell('go')
    asked = peers[0].wait_for('asked', 5)
    came = peers[1].wait_for('came', CAME_SECONDS)
    return (time_between(asked, came), time_between(asked, wait_direct(peers)))


def race_tox(build, lab, sites, folder, after):
    program = build / 'tests/netlab/race/tox-peer'
    nodes = []
    for number in range(N_TOX_NODES):
        udp, tcp = 33445 + number, 443 if number == 0 else 3389 + number
        node = Peer(lab.public, [program, 'node', udp, tcp])
        after.callback(node.end)
        nodes.append(f"{SERVER}:{udp}:{tcp}:{node.wait_for('node', 10)}")
    peers = [Peer(site.host, [program, 'peer', *nodes]) for site in sites]
    for peer in peers:
        after.callback(peer.end)
    for peer in peers:
        if not peer.wait_for('ready', ONLINE_SECONDS):
            raise RuntimeError('tox-peer is not online')
    time.sleep(TOX_SETTLE_SECONDS)
    for peer, other in (peers, peers[::-1]):
        peer.tell(f"go {other.wait_for('key', 1)}")
    asked = peers[0].wait_for('asked', 5)
    came = peers[1].wait_for('came', CAME_SECONDS)
    return (time_between(asked, came), time_between(asked, wait_direct(peers)))


def wait_direct(peers):
    """When both have said so."""
    told = [peer.wait_for('direct', DIRECT_SECONDS) for peer in peers]
    return max(told, key=int) if all(told) else None


PROGRAMS = {'ours': race_ours, 'nice': race_nice, 'tox': race_tox}
TITLES = {'ours': 'udpnat', 'nice': 'libnice', 'tox': 'c-toxcore'}


def run_once(build, program, pair, floors):
    """Milliseconds until the message came, and until the path was direct; None for never. What UDP
    alone takes is added to the floors."""
    folder = Path(tempfile.mkdtemp(prefix='udpnat-race-'))
    cable = ([build / 'tests/netlab/race/delay-link'], DELAY_US)
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        lab = Lab(f'r{folder.name[-6:]}', cable)
        after.callback(lab.close)
        sites = [lab.add_site(name, kind, place)
                 for place, (name, kind) in enumerate(zip('ab', pair.split('-')), 1)]
        acquaint(lab, sites)
        floors += measure_floor(lab, sites)
        return PROGRAMS[program](build, lab, sites, folder, after)


def describe(times, n_runs):
    """Of so many runs: how often, the median and what 95 % were below."""
    found = sorted(time for time in times if time is not None)
    if not found:
        return f'0/{n_runs}'
    last = found[min(len(found) - 1, int(0.95 * len(found)))]
    return f'{len(found)}/{n_runs} {statistics.median(found):.0f} / {last:.0f}'


def print_table(programs, results, floors, n_runs):
    head = ''.join(f'{TITLES[program] + ": first":>22}{"direct":>22}' for program in programs)
    print(f'\n{"pair":<34}{head}\n{"(ms: median / 95 %)":<34}')
    row = ''.join(f'{describe(times, len(floors)):>22}' for times in zip(*floors))
    print(f'{"floor: UDP alone":<34}{row}')
    for pair, by_program in results.items():
        row = ''
        for program in programs:
            runs = by_program.get(program, [])
            for column in (0, 1):
                row += f'{describe([run[column] for run in runs], n_runs):>22}'
        print(f'{pair:<34}{row}')


def find_missing(build, programs):
    wanted = ['tests/netlab/race/delay-link']
    wanted += [f'tests/netlab/race/{name}-peer' for name in ('nice', 'tox') if name in programs]
    wanted += ['src/cli/udpnat-cli', 'src/server/udpnat-server'] if 'ours' in programs else []
    missing = [path for path in wanted if not os.access(build / path, os.X_OK)]
    if 'nice' in programs and not shutil.which('turnserver'):
        missing.append('turnserver (coturn)')
    return missing


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--jobs', type=int, default=JOBS)
    parser.add_argument('--programs', default='ours,nice,tox')
    parser.add_argument('pairs', nargs='*', metavar='PAIR')
    options = parser.parse_args()
    programs = options.programs.split(',')
    pairs = options.pairs or ['-'.join(pair) for pair in itertools.product(KINDS, KINDS)]
    for kind in itertools.chain.from_iterable(pair.split('-') for pair in pairs):
        if kind != 'public' and kind not in nat.KINDS:
            parser.error(f'no NAT is called {kind}')
    options.build = options.build.resolve()
    missing = find_missing(options.build, programs)
    if missing or not set(programs) <= set(PROGRAMS):
        parser.error(f"not there: {', '.join(missing) or options.programs}")
    kernel.enter()

    results = {pair: {} for pair in pairs}
    floors = []
    lock = threading.Lock()
    failures = queue.SimpleQueue()

    def run(task):
        _, pair, program = task
        try:
            found = run_once(options.build, program, pair, floors)
        except (OSError, RuntimeError) as error:
            failures.put(f'{pair}, {program}: {error}')
            found = (None, None)
        with lock:
            results[pair].setdefault(program, []).append(found)

    # All programs in turn, so that what else the machine does strikes all of them.
    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(run, itertools.product(range(options.runs), pairs, programs)))
    print_table(programs, results, floors, options.runs)
    while not failures.empty():
        print(f'failed: {failures.get()}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
