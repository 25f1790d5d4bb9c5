"""Who learns our addresses: nobody but accepted contacts, and nobody at all who is only to be
reached by the relay. Held against what is on the wire between the two routers, and against what
the other's program has been told."""

import subprocess
import time

from .capture import Capture
from .stage import SETTLE_SECONDS, is_settled

WAN_A, WAN_B = '203.0.113.1', '203.0.113.2'
WIRE = 'p1'  # the cable of the first router, by which all goes that it sends or gets
# A round of punching, and the next try after it
WATCH_SECONDS = 8.0


def _between(packet):
    return {packet.source, packet.destination} == {WAN_A, WAN_B}


def _watch(capture, seconds=WATCH_SECONDS):
    """What passes between the two routers meanwhile."""
    since = capture.count()
    time.sleep(seconds)
    return [str(packet) for packet in capture.select(_between, since)]


def _ask_addresses(client, peer):
    """Every address of the peer that a program knows, however it came to."""
    since = len(client.events)
    client.command(f'paths {peer}')
    client.wait_for(lambda: client.select('path_report', since), 3.0)
    reports = client.select('path_report', since)
    return [entry['address'] for entry in reports[-1]['theirs']] if reports else ['no report']


def _say(alice, bob, text):
    """Both say something, which is what makes programs look for paths."""
    alice.send('bob', f'alice: {text}')
    bob.send('alice', f'bob: {text}')


def _wait_direct(stage, alice, bob, capture, since, fact):
    """Also shows that the capture would have seen a packet, had there been one."""
    good = alice.wait_for(
        lambda: is_settled(alice, 'bob', 'direct') and is_settled(bob, 'alice', 'direct'),
        SETTLE_SECONDS,
    )
    # The capture reads in a thread of its own, and may be behind.
    alice.wait_for(lambda: capture.select(_between, since), SETTLE_SECONDS)
    seen = capture.select(_between, since)
    stage.check(
        fact,
        good and len(seen) > 0,
        [f'{len(seen)} packets between the routers'],
    )


def _start(stage, *words):
    stage.start_server()
    people = [
        stage.start_client(stage.lab.add_site(name[0], 'portrestricted', number), name, *words)
        for number, name in ((1, 'alice'), (2, 'bob'))
    ]
    for person in people:
        if not person.wait_registered(5.0):
            raise RuntimeError(f'{person.name} is not registered')
    return people


def run_stranger(stage):
    """Somebody writes whom we have not accepted: neither side sends a packet to the other's router,
    and they learn no address of ours. Accepted, they do."""
    alice, bob = _start(stage, '--strangers', 'ask')
    with Capture(stage.lab.public, WIRE) as wire:
        alice.send('bob', 'may I?')
        stage.check('is-delivered', alice.wait_delivered('bob', 5.0), alice.get_tail())
        asked = bob.wait_for(lambda: bob.select('peer', name='alice', relation='request'), 5.0)
        stage.check('is-a-request', asked, bob.get_tail())
        seen = _watch(wire)
        stage.check('no-packet-between-the-routers', not seen, seen[:5])
        stage.check(
            'stranger-learns-no-address',
            (known := _ask_addresses(alice, 'bob')) == [],
            known,
        )
        stage.check('capture-sees-the-server', wire.select(lambda p: p.port_to == 8848))
        since = wire.count()
        bob.command('accept alice')
        bob.wait_for(lambda: bob.select('contact', name='alice', relation='contact'), 5.0)
        _say(alice, bob, 'accepted')
        _wait_direct(stage, alice, bob, wire, since, 'accepted-is-direct')
        known = _ask_addresses(alice, 'bob')
        stage.check('accepted-learns-addresses', f'{WAN_B}:8900' in known, known)


def run_relay_only(stage, command_on, command_off):
    """One of two contacts wants the relay only, for this person or for all: from then on nothing
    goes to the other's router, though everything is delivered; and after it, again."""
    alice, bob = _start(stage)
    with Capture(stage.lab.public, WIRE) as wire:
        _say(alice, bob, 'first')
        _wait_direct(stage, alice, bob, wire, 0, 'direct-before')
        alice.command(command_on)
        stage.check(
            'relayed-and-says-why',
            alice.wait_for(lambda: is_settled(alice, 'bob', 'relay'), 5.0)
            and bob.wait_for(lambda: is_settled(bob, 'alice', 'relay'), 5.0),
            [str(alice.get_path('bob')), str(bob.get_path('alice'))],
        )
        time.sleep(1.0)
        _say(alice, bob, 'relayed')
        seen = _watch(wire)
        stage.check('no-packet-between-the-routers', not seen, seen[:5])
        stage.check_delivery(alice, bob)
        since = wire.count()
        alice.command(command_off)
        _say(alice, bob, 'direct again')
        _wait_direct(stage, alice, bob, wire, since, 'direct-again')


def run_relay_only_from_start(stage):
    """Relay only before anybody is met: the other is never told an address, and groups of the
    network hear nothing."""
    site_a = stage.lab.add_site('a', 'portrestricted', 1)
    site_b = stage.lab.add_site('b', 'portrestricted', 2)
    stage.start_server()
    with Capture(stage.lab.public, WIRE) as wire, Capture(site_a.host, 'eth0') as lan:
        done = subprocess.run(
            site_a.host.command(
                str(stage.build / 'src/cli/udpnat-cli'),
                '--profile',
                str(stage.folder / 'profile-alice'),
                'set',
                'relay-only',
                'on',
            ),
            capture_output=True,
            check=False,
            timeout=20,
        )
        stage.check('is-set-before-the-start', done.returncode == 0, [str(done.stderr)])
        alice = stage.start_client(site_a, 'alice')
        bob = stage.start_client(site_b, 'bob')
        for person in (alice, bob):
            if not person.wait_registered(5.0):
                raise RuntimeError(f'{person.name} is not registered')
        _say(alice, bob, 'hello')
        seen = _watch(wire)
        stage.check('no-packet-between-the-routers', not seen, seen[:5])
        stage.check_delivery(alice, bob)
        stage.check('no-address-is-told', (known := _ask_addresses(bob, 'alice')) == [], known)
        groups = lan.select(lambda packet: packet.is_udp and packet.is_multicast)
        stage.check('no-group-hears-of-it', not groups, [str(packet) for packet in groups[:5]])
        stage.check('no-name-on-the-network', lan.count() > 0 and not lan.holds(b'alice'))


ALL = {
    'privacy/stranger': (run_stranger, ()),
    'privacy/relay-only-one': (run_relay_only, ('relay bob on', 'relay bob off')),
    'privacy/relay-only-all': (run_relay_only, ('set relay-only on', 'set relay-only off')),
    'privacy/relay-only-from-start': (run_relay_only_from_start, ()),
}
QUICK = ['privacy/stranger', 'privacy/relay-only-one']
