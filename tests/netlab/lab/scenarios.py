"""What is played: each scenario sets up a network, lets people talk, and claims facts about it."""

import itertools
import signal
import time

from . import abroad, faults, ipv6, lan, lan_roam, mortal, nat, nearby, netcheck, opening, paths
from . import privacy, stay, stun, tunnel
from .idle import measure_idle
from .mapping import run_behind_another, run_mapped, run_public, run_unmapped
from .stage import SETTLE_SECONDS, is_settled, talk

REGISTERED_AGAIN_SECONDS = 5.0
HEDGE_SECONDS = 1.5
WARM_MESSAGES = 3


def converse(stage, alice, bob, wanted):
    """The first messages, more while the path gets better, a few on the final path."""
    counter = itertools.count(1)
    start = time.monotonic()
    for _ in range(3):
        alice.send('bob', f'alice says {next(counter)}')
        bob.send('alice', f'bob says {next(counter)}')
    talk(
        alice,
        bob,
        counter,
        lambda: is_settled(alice, 'bob', wanted) and is_settled(bob, 'alice', wanted),
        SETTLE_SECONDS,
    )
    for _ in range(WARM_MESSAGES):
        alice.send('bob', f'alice says {next(counter)}')
        bob.send('alice', f'bob says {next(counter)}')
        time.sleep(0.05)
    first = stage.get_wait(alice, bob, 'alice says 1')
    stage.figures['first_ms'] = None if first is None else first * 1000
    found = [event for event in alice.select('path', peer='bob') if event['kind'] == wanted]
    stage.figures['path_ms'] = (found[0]['at'] - start) * 1000 if found else None
    return counter


def check_path(stage, alice, bob, wanted):
    paths = [client.get_path(peer) for client, peer in ((alice, 'bob'), (bob, 'alice'))]
    said = [f'{who} says {path}' for who, path in zip(('alice', 'bob'), paths)]
    stage.figures['path'] = paths[0]
    if wanted == 'relay':
        good = all(path and path['kind'] == 'relay' and path.get('reason') for path in paths)
        stage.check('is-relayed-and-says-why', good, said)
    else:
        stage.check(
            f'path-is-{wanted}', all(path and path['kind'] == wanted for path in paths), said
        )


def play(stage, site_a, site_b, wanted):
    alice, bob = stage.start_people(site_a, site_b)
    converse(stage, alice, bob, wanted)
    stage.check_delivery(alice, bob)
    check_path(stage, alice, bob, wanted)


def expect_path(kind_a, kind_b):
    if kind_a == kind_b == 'public':
        return 'lan'  # neighbours on the public segment, who hear each other's beacons
    return 'direct' if nat.expect_direct(kind_a, kind_b) else 'relay'


def run_pair(stage, kind_a, kind_b):
    lab = stage.lab
    play(
        stage,
        lab.add_site('a', kind_a, 1),
        lab.add_site('b', kind_b, 2),
        expect_path(kind_a, kind_b),
    )


def run_pair_apart(stage, kind_a, kind_b):
    """As run_pair(), with a hop between the two routers."""
    sites = [stage.lab.add_site('a', kind_a, 1), stage.lab.add_site('b', kind_b, 2)]
    stage.lab.route_between()
    play(stage, *sites, expect_path(kind_a, kind_b))


def run_same_lan(stage):
    """Two hosts behind one router that does not hairpin: only their LAN addresses work."""
    router = stage.lab.add_router('r', 'portrestricted', '203.0.113.1', '192.168.1')
    play(stage, stage.lab.add_host('a', router, 2), stage.lab.add_host('b', router, 3), 'lan')


def run_same_address(stage):
    """Two homes whose makers chose the same network: each host's own address is the other's too."""
    sites = []
    for number, name in ((1, 'a'), (2, 'b')):
        router = stage.lab.add_router(
            f'r{name}', 'portrestricted', f'203.0.113.{number}', '192.168.1'
        )
        sites.append(stage.lab.add_host(name, router))
    play(stage, *sites, 'direct')


def run_double_nat(stage):
    """Each side has a home router behind its carrier's."""
    sites = []
    for number, name in ((1, 'a'), (2, 'b')):
        carrier = stage.lab.add_router(
            f'c{name}', 'portrestricted', f'203.0.113.{number}', f'10.64.{number}'
        )
        home = stage.lab.add_router(
            f'r{name}', 'portrestricted', f'10.64.{number}.2', f'192.168.{number}', carrier
        )
        sites.append(stage.lab.add_host(name, home))
    play(stage, *sites, 'direct')


def run_restart(stage, kind, number):
    """The server dies in the middle of a conversation, and comes back with what it had on disk."""
    wanted = 'direct' if nat.expect_direct(kind, kind) else 'relay'
    alice, bob = stage.start_people(
        stage.lab.add_site('a', kind, 1), stage.lab.add_site('b', kind, 2)
    )
    counter = converse(stage, alice, bob, wanted)
    stage.server.signal(number)
    status = stage.server.wait(5.0)
    stage.programs.remove(stage.server)
    stage.check(
        'server-ends-as-told',
        status == (0 if number == signal.SIGTERM else -number),
        [f'exit status {status}'],
    )
    seen = [len(client.events) for client in (alice, bob)]
    talk(alice, bob, counter, lambda: False, 1.5)
    stage.start_server()
    back = time.monotonic()
    talk(
        alice,
        bob,
        counter,
        lambda: all(
            client.select('registered', since) for client, since in zip((alice, bob), seen)
        ),
        REGISTERED_AGAIN_SECONDS + 3,
    )
    waits = [
        [event['at'] - back for event in client.select('registered', since)][:1]
        for client, since in zip((alice, bob), seen)
    ]
    stage.figures['again_s'] = max((wait[0] for wait in waits if wait), default=None)
    stage.check(
        'registered-again-within-5s',
        all(wait and wait[0] <= REGISTERED_AGAIN_SECONDS for wait in waits),
        [f'seconds after the server was back: alice {waits[0]}, bob {waits[1]}'],
    )
    talk(alice, bob, counter, lambda: False, 1.0)
    stage.check_delivery(alice, bob)
    check_path(stage, alice, bob, wanted)


def run_cut(stage):
    """The direct path goes dark in the middle of a conversation: it goes on over the server."""
    alice, bob = stage.start_people(
        stage.lab.add_site('a', 'portrestricted', 1), stage.lab.add_site('b', 'portrestricted', 2)
    )
    counter = converse(stage, alice, bob, 'direct')
    check_path(stage, alice, bob, 'direct')
    stage.lab.get_router('ra').nft(nat.write_cut('203.0.113.2'))
    seen = [len(client.events) for client in (alice, bob)]
    talk(
        alice,
        bob,
        counter,
        lambda: all(
            any(event['kind'] == 'relay' for event in client.select('path', since))
            for client, since in zip((alice, bob), seen)
        ),
        SETTLE_SECONDS,
    )
    talk(alice, bob, counter, lambda: False, 1.0)
    stage.check_delivery(alice, bob)
    check_path(stage, alice, bob, 'relay')
    waits = [stage.get_wait(alice, bob, text) for text in alice.texts['bob']]
    waits += [stage.get_wait(bob, alice, text) for text in bob.texts['alice']]
    longest = max((wait for wait in waits if wait is not None), default=None)
    stage.figures['longest_ms'] = None if longest is None else longest * 1000
    stage.check(
        f'no-message-waits-longer-than-{HEDGE_SECONDS:.1f}s',
        longest is not None and longest <= HEDGE_SECONDS,
        [f'longest: {longest} s'],
    )


def run_idle(stage):
    """A registered client with nothing to do keeps its mapping alive and otherwise sleeps."""
    site = stage.lab.add_site('a', 'portrestricted', 1)
    stage.start_server()
    alice = stage.start_client(site, 'alice')
    if not alice.wait_registered(5.0):
        raise RuntimeError('alice is not registered')
    measure_idle(stage, site, alice)


def _pairs(pairs):
    return {f'pair/{a}-{b}': (run_pair, (a, b)) for a, b in pairs}


PAIRS = _pairs(itertools.product(nat.KINDS, nat.KINDS))
# Routers that unsolicited packets spoil, in each combination, and others that plain punching passes
MORE_PAIRS = {
    f'pair/{a}-{b}': (run_pair_apart, (a, b))
    for a, b in (
        ('leaky', 'leaky'),
        ('leaky', 'portrestricted'),
        ('portrestricted', 'leaky'),
        ('leaky', 'symmetric'),
        ('hashed', 'hashed'),
        ('hashed', 'leaky'),
        ('hairpin', 'portrestricted'),
        ('sequential', 'portrestricted'),
        ('sequential', 'sequential'),
        ('block', 'portrestricted'),
    )
}
EXTRAS = {
    'same-lan': (run_same_lan, ()),
    'same-address': (run_same_address, ()),
    'double-nat': (run_double_nat, ()),
    'restart/direct-term': (run_restart, ('portrestricted', signal.SIGTERM)),
    'restart/direct-kill': (run_restart, ('portrestricted', signal.SIGKILL)),
    'restart/relay-term': (run_restart, ('symmetric', signal.SIGTERM)),
    'restart/relay-kill': (run_restart, ('symmetric', signal.SIGKILL)),
    'cut': (run_cut, ()),
    'idle': (run_idle, ()),
    'mapping/pcp': (run_mapped, ('PCP',)),
    'mapping/natpmp': (run_mapped, ('NAT-PMP',)),
    'mapping/upnp': (run_mapped, ('UPnP',)),
    'mapping/none': (run_unmapped, (False, 'mapping-no-answer')),
    'mapping/silent': (run_unmapped, (True, 'mapping-no-answer')),
    'mapping/public': (run_public, ()),
    'mapping/behind-another': (run_behind_another, ()),
}
PARTS = (
    abroad, faults, ipv6, lan, lan_roam, mortal, nearby, netcheck, opening, paths, privacy, stay,
    stun, tunnel,
)
ALL = PAIRS | MORE_PAIRS | EXTRAS
for part in PARTS:
    ALL |= part.ALL
QUICK = [name for part in PARTS for name in getattr(part, 'QUICK', part.ALL)] + [
    'mapping/pcp',
    'mapping/natpmp',
    'mapping/upnp',
    'mapping/none',
    'mapping/silent',
    'mapping/public',
    'mapping/behind-another',
    'restart/relay-kill',
    'restart/direct-term',
    'pair/symmetric-symmetric',
    'pair/block-portrestricted',  # all ports of a block are tried; a search of all may be in vain
    'same-lan',
    'pair/public-public',
    'pair/fullcone-portrestricted',
    'pair/restricted-symmetric',
    'pair/portrestricted-portrestricted',
    'pair/leaky-leaky',
    'pair/portrestricted-leaky',
]
# The longest first, so that nobody waits for them at the end
SLOWEST_FIRST = (
    'stay/forgetful-10-minutes',
    'stay/mortal-bindings',
    'stay/forgetful',
    'stay/',
    'faults/',
    'netcheck/lifetime',
    'opening/restart-unnoticed',
    'lan/killed',
    'lan/idle',
    'idle',
    'restart',
    'cut',
    'pair/symmetric',
    'pair/portrestricted-symmetric',
)


def order(names):
    def rank(name):
        return next(
            (i for i, start in enumerate(SLOWEST_FIRST) if name.startswith(start)),
            len(SLOWEST_FIRST),
        )

    return sorted(names, key=rank)
