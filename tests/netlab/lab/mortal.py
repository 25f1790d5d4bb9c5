"""A provider whose bindings die after a minute, however busy, and people who talk through it."""

import re
import subprocess
import threading
import time

from . import nat
from .stage import talk
from .stay import LATE_SECONDS, Pulse, has_conntrack, meet, say_to, wait_arrivals

LIFE_SECONDS = 60.0
LEARN_SECONDS = 230.0  # two lives, as the server sees them by what keeps them, and a moment more
FIRST_PORT = 40000
_FLOW = re.compile(r' src=192\.168\.\d+\.\d+ dst=\S+ sport=(\d+) ')


class MortalBindings:
    """Use with `with`: meanwhile the router forgets all flows of a port of its hosts when the first
    of them is so old, and gives that port another one then."""

    def __init__(self, router, wan):
        self.router = router
        self.born, self.moved = {}, {}
        self.n_deaths = 0
        self.is_over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        router.nft(nat.write_moving_ports(wan))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.is_over = True
        self.thread.join()

    def _conntrack(self, *words):
        done = subprocess.run(
            self.router.command('conntrack', *words),
            capture_output=True,
            text=True,
            check=False,  # nothing there is an error to it
            timeout=10,
        )
        return done.stdout

    def _run(self):
        while not self.is_over:
            now = time.monotonic()
            ports = set(_FLOW.findall(self._conntrack('-L', '-p', 'udp')))
            self.born = {port: self.born.get(port, now) for port in ports}
            for port, born in self.born.items():
                if now - born >= LIFE_SECONDS:
                    self._end(port)
            time.sleep(0.2)

    def _end(self, port):
        after = FIRST_PORT + self.n_deaths
        self.router.nft(nat.write_move(port, self.moved.get(port), after))
        self._conntrack('-D', '-p', 'udp', '--orig-port-src', port)
        self.moved[port] = after
        self.born[port] = time.monotonic()
        self.n_deaths += 1


def run_mortal(stage, seconds):
    """Alice's bindings die; when that is known, bob talks and she only listens."""
    if not has_conntrack(stage, 'nothing-late'):
        return
    alice, bob, counter = meet(stage)
    with MortalBindings(stage.lab.get_router('ra'), '203.0.113.1') as bindings, Pulse() as pulse:
        talk(alice, bob, counter, lambda: False, LEARN_SECONDS, 2.0)
        alice.command('network')
        alice.wait_for(lambda: alice.select('network'), 5.0)
        found = alice.select('network')[-1].get('absolute_lifetime_us', 0)
        stage.check('knows-how-long-they-live', 30e6 <= found <= LIFE_SECONDS * 1e6, [found])
        n_before, said = bindings.n_deaths, []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said.append(say_to(bob, alice, counter))
            time.sleep(2.0)
        waits = wait_arrivals(said, 0.0)
        n_deaths = bindings.n_deaths - n_before
    limit = LATE_SECONDS + pulse.get_allowance()
    late = [wait for wait in waits if wait is None or wait > limit]
    stage.figures['longest_ms'] = None if None in waits else max(waits) * 1000
    stage.figures['trials'] = [
        f'{len(said)} messages, {len(late)} of them late or lost, {n_deaths} bindings ended; '
        f'the machine itself was late by {pulse.worst * 1000:.0f} ms'
    ]
    stage.check('bindings-ended', n_deaths >= seconds / LIFE_SECONDS, [n_deaths])
    stage.check('nothing-later-than-400ms', not late, [late])
    stage.check_delivery(alice, bob)


ALL = {'stay/mortal-bindings': (run_mortal, (240,))}
QUICK = []
