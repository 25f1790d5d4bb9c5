"""Staying connected: networks that come and go, routers that forget, programs that sleep.

What is measured is always the same: a message that was said while the network was away, or is said
now that it is back, and how long after that moment it is at the other side. The lab has next to no
delay, so that one round trip to the server is nothing, and what is allowed is RETURN_SECONDS."""

import itertools
import shutil
import signal
import subprocess
import threading
import time

from . import nat
from .stage import SETTLE_SECONDS, is_settled, talk

# What is asked for, and what two cores that are busy with other scenarios and sanitizers may add.
RETURN_SECONDS = 0.25
LATE_SECONDS = 0.4
SLACK_SECONDS = 0.1
TRIALS = 5
ARRIVE_SECONDS = 12.0
# Shorter than the server is waited for, just longer, and long enough for handshakes to be far apart
AWAY_SECONDS = (1.0, 2.5, 4.0, 6.0, 9.0)


class Pulse:
    """How late this machine is with anything: a thread that sleeps for a moment again and again.
    A message goes through a few processes, and each may wait so long for its turn."""

    TURNS = 4

    def __init__(self):
        self.worst = 0.0
        self.is_over = False
        self.thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.is_over = True
        self.thread.join()

    def _beat(self):
        while not self.is_over:
            start = time.monotonic()
            time.sleep(0.01)
            self.worst = max(self.worst, time.monotonic() - start - 0.01)

    def get_allowance(self):
        return self.TURNS * self.worst


def has_conntrack(stage, fact):
    if shutil.which('conntrack'):
        return True
    stage.tap.skip(f'/netlab/{stage.name}/{fact}', 'conntrack is not installed')
    return False


def forget(router):
    """The router's table is empty."""
    subprocess.run(
        router.command('conntrack', '-F'), capture_output=True, check=True, timeout=10
    )


def meet(stage, kind='portrestricted', wanted='direct'):
    """Alice and bob, far from each other, with a conversation going on."""
    alice, bob = stage.start_people(
        stage.lab.add_site('a', kind, 1), stage.lab.add_site('b', kind, 2)
    )
    counter = itertools.count(1)
    found = talk(
        alice,
        bob,
        counter,
        lambda: is_settled(alice, 'bob', wanted) and is_settled(bob, 'alice', wanted),
        SETTLE_SECONDS,
    )
    stage.check(f'begins-{wanted}', found, [str(alice.get_path('bob'))])
    return alice, bob, counter


def say_to(sender, receiver, counter):
    """Returns (who, to whom, what)."""
    text = f'{sender.name} says {next(counter)}'
    sender.send(receiver.name, text)
    return sender, receiver, text


def say(alice, bob, counter):
    """Each says something."""
    return [say_to(alice, bob, counter), say_to(bob, alice, counter)]


def find_arrival(sender, receiver, text):
    came = receiver.select('message', from_=sender.name, text=text)
    return came[0]['at'] if came else None


def wait_arrivals(said, since):
    """How long each message took after it was said, or after `since` if that is later; None for
    what has not come."""
    waits = []
    end = time.monotonic() + ARRIVE_SECONDS
    for sender, receiver, text in said:
        receiver.wait_for(
            lambda s=sender, r=receiver, t=text: find_arrival(s, r, t) is not None,
            max(0.01, end - time.monotonic()),
        )
        at = find_arrival(sender, receiver, text)
        start = max(since, sender.send_times[text])
        waits.append(None if at is None else max(0.0, at - start))
    return waits


def name_waits(said, waits):
    return [
        f'{sender.name}: {"never" if wait is None else f"{wait * 1000:.0f} ms"}'
        for (sender, _, _), wait in zip(said, waits)
    ]


class Returns:
    """What came of the trials of one scenario."""

    def __init__(self, stage):
        self.stage = stage
        self.during, self.after, self.lines = [], [], []
        self.pulse = Pulse().__enter__()

    def add(self, away, said, said_after, since):
        during, after = wait_arrivals(said, since), wait_arrivals(said_after, since)
        self.during += during
        self.after += after
        self.lines.append(
            f'away {away:.1f} s; said meanwhile: {", ".join(name_waits(said, during))}; '
            f'said then: {", ".join(name_waits(said_after, after))}'
        )

    def check(self, seconds=RETURN_SECONDS):
        self.pulse.__exit__(None, None, None)
        limit = seconds + SLACK_SECONDS + self.pulse.get_allowance()
        waits = self.during + self.after
        self.lines.append(f'the machine itself was late by {self.pulse.worst * 1000:.0f} ms')
        self.stage.figures['trials'] = self.lines
        self.stage.figures['longest_ms'] = (
            None if None in waits else max(waits, default=0) * 1000
        )
        self.stage.check(
            f'next-message-within-{seconds * 1000:.0f}ms',
            waits and None not in waits and max(waits) <= limit,
            self.lines,
        )


def play_returns(stage, alice, bob, counter, leave, come_back, aways=AWAY_SECONDS):
    """Trials: the network goes, both say something, it comes back; every other time both say
    something then, too, which must not be what brings the rest along."""
    returns = Returns(stage)
    for number, away in enumerate(aways):
        leave(number)
        time.sleep(away - 0.5)
        said = say(alice, bob, counter)
        time.sleep(0.5)
        come_back(number)
        back = time.monotonic()
        said_after = say(alice, bob, counter) if number % 2 else []
        returns.add(away, said, said_after, back)
        talk(alice, bob, counter, lambda: False, 1.5)
    returns.check()
    stage.check_delivery(alice, bob)


# ---- Another network ----


# Wi-Fi has associated, or a cable has agreed on its speed, and DHCP has asked; only then there is
# an address. The lab's bridges need a moment as well: while they do not pass anything the question
# for the router is lost, and the kernel repeats it after a second (neigh/retrans_time_ms), whoever
# wants to send.
LEASE_SECONDS = 0.3


def put_down(host, device):
    host.ip(f'address flush dev {device} scope global', f'link set {device} down')


def bring_up(host, device, address, gateway):
    host.ip(f'link set {device} up')
    time.sleep(LEASE_SECONDS)
    host.ip(f'address add {address}/24 dev {device}', f'route replace default via {gateway}')


def run_down_up(stage):
    """The interface goes down and comes back with the same address."""
    alice, bob, counter = meet(stage)
    play_returns(
        stage,
        alice,
        bob,
        counter,
        lambda number: put_down(alice.host, 'eth0'),
        lambda number: bring_up(alice.host, 'eth0', '192.168.1.2', '192.168.1.1'),
    )


def run_cable(stage):
    """The cable is pulled and put back: addresses and routes stay, and nobody says anything."""
    alice, bob, counter = meet(stage)
    router = stage.lab.get_router('ra')
    # What is unknown by then the kernel asks for once a second, which is not ours to count.
    for machine, device in ((alice.host, 'eth0'), (router, 'lan')):
        machine.write_sysctl(f'ipv4/neigh/{device}/retrans_time_ms', '50')

    def come_back(number):
        router.ip('link set l1 up')

    play_returns(
        stage,
        alice,
        bob,
        counter,
        lambda number: router.ip('link set l1 down'),
        come_back,
    )


def run_new_address(stage):
    """Another lease on the same network, after a moment without any."""
    alice, bob, counter = meet(stage)
    host = alice.host

    def come_back(number):
        host.ip(
            f'address add 192.168.1.{20 + number}/24 dev eth0', 'route add default via 192.168.1.1'
        )

    play_returns(
        stage,
        alice,
        bob,
        counter,
        lambda number: host.ip('address flush dev eth0 scope global'),
        come_back,
    )


def add_other_network(stage, host):
    """Another interface to another router with another public address; it is down."""
    other = stage.lab.add_router('rc', 'portrestricted', '203.0.113.3', '192.168.3')
    stage.lab.add_interface(host, other, 'eth1', 2)
    put_down(host, 'eth1')
    return (('eth0', '192.168.1.2', '192.168.1.1'), ('eth1', '192.168.3.2', '192.168.3.1'))


def run_other_network(stage):
    """From one network to another, with nothing in between, and back."""
    alice, bob, counter = meet(stage)
    ways = add_other_network(stage, alice.host)
    play_returns(
        stage,
        alice,
        bob,
        counter,
        lambda number: put_down(alice.host, ways[number % 2][0]),
        lambda number: bring_up(alice.host, *ways[(number + 1) % 2]),
    )


def run_handover(stage):
    """The same without a gap: the new network is there before the old one goes."""
    alice, bob, counter = meet(stage)
    ways = add_other_network(stage, alice.host)
    returns = Returns(stage)
    for number in range(TRIALS):
        bring_up(alice.host, *ways[(number + 1) % 2])
        put_down(alice.host, ways[number % 2][0])
        since = time.monotonic()
        returns.add(0.0, [], say(alice, bob, counter), since)
        talk(alice, bob, counter, lambda: False, 2.5)
    returns.check()
    stage.check_delivery(alice, bob)


# ---- Routers ----


def run_reboot(stage):
    """The router starts anew: nothing passes, then all mappings are gone and ports are others. No
    interface of the host's changes."""
    if not has_conntrack(stage, 'next-message'):
        return
    alice, bob, counter = meet(stage)
    router = stage.lab.get_router('ra')

    def leave(number):
        router.nft(nat.write_blackout(True))

    def come_back(number):
        forget(router)
        router.nft(nat.write_other_ports(20000 + 5000 * number))
        forget(router)
        router.nft(nat.write_blackout(False))

    play_returns(stage, alice, bob, counter, leave, come_back)


def run_forgetful(stage, seconds, gap):
    """The router forgets everything again and again while people talk, each of them twice a second
    and in turn: nothing is lost or late."""
    if not has_conntrack(stage, 'nothing-late'):
        return
    alice, bob, counter = meet(stage)
    router = stage.lab.get_router('ra')
    end = time.monotonic() + seconds
    said, forgotten = [], time.monotonic()
    with Pulse() as pulse:
        for number in itertools.count():
            if time.monotonic() >= end:
                break
            if time.monotonic() - forgotten >= gap:
                forget(router)
                forgotten = time.monotonic()
            said.append(say_to(*((alice, bob), (bob, alice))[number % 2], counter))
            time.sleep(0.25)
        waits = wait_arrivals(said, 0.0)
    limit = LATE_SECONDS + pulse.get_allowance()
    late = [
        f'{sender.name}, "{text}": {"never" if wait is None else f"{wait * 1000:.0f} ms"}'
        for (sender, _, text), wait in zip(said, waits)
        if wait is None or wait > limit
    ]
    stage.figures['longest_ms'] = None if None in waits else max(waits) * 1000
    stage.figures['trials'] = [
        f'{len(said)} messages, {len(late)} of them late or lost; '
        f'the machine itself was late by {pulse.worst * 1000:.0f} ms'
    ]
    stage.check('nothing-later-than-400ms', len(said) > seconds and not late, late)
    stage.check_delivery(alice, bob)


def run_one_way(stage, direction):
    """One direction of the direct path goes dark and nobody says so; the server stays in reach."""
    alice, bob, counter = meet(stage)
    router = stage.lab.get_router('ra')
    all_waits, lines, n_slow = [], [], 0
    for _ in range(TRIALS):
        talk(
            alice,
            bob,
            counter,
            lambda: is_settled(alice, 'bob', 'direct') and is_settled(bob, 'alice', 'direct'),
            SETTLE_SECONDS,
        )
        router.nft(nat.write_cut_one_way('203.0.113.2', direction))
        now = []
        with Pulse() as pulse:
            for _ in range(24):
                now += say(alice, bob, counter)
                time.sleep(0.2)
            router.nft('delete table ip cut_one_way')
            waits = wait_arrivals(now, 0.0)
        limit = LATE_SECONDS + pulse.get_allowance()
        all_waits += waits
        slow = [wait for wait in waits if wait is None or wait > limit]
        n_slow += len(slow)
        longest = ARRIVE_SECONDS * 1000 if None in waits else max(waits) * 1000
        lines.append(
            f'{len(now)} messages, {len(slow)} late, longest {longest:.0f} ms; '
            f'the machine itself was late by {pulse.worst * 1000:.0f} ms'
        )
        # A path that has died is tried again after a quarter of a minute; the next trial waits.
        talk(alice, bob, counter, lambda: False, 1.0)
    stage.figures['trials'] = lines
    stage.figures['longest_ms'] = None if None in all_waits else max(all_waits) * 1000
    stage.check('nothing-later-than-400ms', len(all_waits) > 0 and n_slow == 0, lines)
    stage.check_delivery(alice, bob)


# ---- Sleep ----


def run_sleep(stage, aways, forgets):
    """Both programs stand still, as in a suspended machine; meanwhile the routers may forget."""
    if forgets and not has_conntrack(stage, 'next-message'):
        return
    alice, bob, counter = meet(stage)
    returns = Returns(stage)
    for number, away in enumerate(aways):
        sleepers = (alice, bob) if number % 3 == 0 else (alice,)
        for person in sleepers:
            person.signal(signal.SIGSTOP)
        time.sleep(away / 2)
        if forgets:
            for name in ('ra', 'rb'):
                forget(stage.lab.get_router(name))
        # What is typed to a program that sleeps it reads when it wakes up.
        said = say(alice, bob, counter)
        time.sleep(away / 2)
        for person in sleepers:
            person.signal(signal.SIGCONT)
        since = time.monotonic()
        returns.add(away, said, say(alice, bob, counter) if number % 2 else [], since)
        talk(alice, bob, counter, lambda: False, 1.5)
    returns.check()
    stage.check_delivery(alice, bob)


ALL = {
    'stay/down-up': (run_down_up, ()),
    'stay/cable': (run_cable, ()),
    'stay/new-address': (run_new_address, ()),
    'stay/other-network': (run_other_network, ()),
    'stay/handover': (run_handover, ()),
    'stay/reboot': (run_reboot, ()),
    'stay/one-way-out': (run_one_way, ('out',)),
    'stay/one-way-in': (run_one_way, ('in',)),
    'stay/sleep': (run_sleep, ((2.0, 3.0, 5.0, 6.0, 8.0, 8.0), False)),
    'stay/sleep-forgotten': (run_sleep, ((2.0, 3.0, 5.0, 6.0, 8.0, 8.0), True)),
    'stay/forgetful': (run_forgetful, (120, 15)),
    'stay/forgetful-10-minutes': (run_forgetful, (600, 60)),
}
# Not the forgetful ones: nothing reaches whoever says nothing while their router has forgotten
# them, so what is said then can be later than 400 ms, by chance.
QUICK = ['stay/other-network', 'stay/reboot', 'stay/one-way-out']
