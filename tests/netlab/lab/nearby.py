"""People who are near each other, with nothing but the server to tell them: no beacons. Which of
their addresses is tried first, and what a router does for them."""

import time

from .opening import ask_paths, get_ways
from .programs import find_losses
from .stage import DELIVER_SECONDS, SETTLE_SECONDS, is_settled
from .topology import SERVER

CROWD = 35  # with two addresses each
CROWD_MS = 100
ROUNDS = 3


def start_quiet(stage, *sites, server=SERVER):
    """People who do not send beacons, all registered. Each has a port of its own: a router of the
    lab that lets everybody in has one host for each."""
    people = []
    if stage.server is None:
        stage.start_server()
    for number, (name, site) in enumerate(sites):
        person = stage.start_client(
            site, name, '--cport', str(8900 + number), server=server
        )
        if not person.wait_registered(5.0):
            raise RuntimeError(f'{name} is not registered')
        person.command('set lan off')
        people.append(person)
    for person in people:
        person.wait_for(lambda p=person: p.select('lan', state='off'), 3.0)
    return people


def measure(one, other, wanted):
    """Milliseconds from the first word until both say that the path is of the wanted kind."""
    start = time.monotonic()
    one.send(other.name, f'{one.name} says hello')
    other.wait_for(lambda: is_settled(other, one.name, wanted), SETTLE_SECONDS)
    one.wait_for(lambda: is_settled(one, other.name, wanted), SETTLE_SECONDS)
    ends = [person.get_path(peer.name) for person, peer in ((one, other), (other, one))]
    if any(path is None or path['kind'] != wanted for path in ends):
        return None
    return (max(path['at'] for path in ends) - start) * 1000


def check_told(stage, one, other):
    one.wait_delivered(other.name, DELIVER_SECONDS)
    # Shown before that, but it is another thread of ours that reads it.
    other.wait_for(lambda: not find_losses(one, other), DELIVER_SECONDS)
    wrong = find_losses(one, other)
    stage.check(f'{one.name}-is-heard-by-{other.name}', not wrong, wrong)


def run_crowd(stage):
    """Useless interfaces on both sides: how much later is the path over the LAN?"""
    took = {0: [], CROWD: []}
    for number in range(ROUNDS):
        for crowd, times in took.items():
            key = f'{number}{"c" if crowd else "p"}'
            router = stage.lab.add_router(
                f'r{key}', 'portrestricted', f'203.0.113.{20 + 2 * number + (crowd > 0)}',
                '192.168.1',
            )
            sites = [stage.lab.add_host(f'{who}{key}', router, host, crowd)
                     for who, host in (('a', 2), ('b', 3))]
            alice, bob = start_quiet(stage, *zip((f'alice{key}', f'bob{key}'), sites))
            times.append(measure(alice, bob, 'lan'))
            check_told(stage, alice, bob)
            if crowd:
                own = [entry['address'] for entry in ask_paths(alice, bob.name)['own']]
                stage.check(
                    f'tells-the-good-one-first-{number}', own[:1] == ['192.168.1.2:8900'], own
                )
    good = all(None not in times for times in took.values())
    stage.check('path-is-lan', good, [took])
    if not good:
        return
    best = {crowd: min(times) for crowd, times in took.items()}
    stage.figures['crowd'] = (
        f'LAN path after {best[0]:.0f} ms, with {2 * CROWD} useless addresses after '
        f'{best[CROWD]:.0f} ms'
    )
    stage.check(f'not-{CROWD_MS}-ms-later', best[CROWD] - best[0] <= CROWD_MS, [took])


def start_neighbours(stage, kind, is_isolated):
    router = stage.lab.add_router('r', kind, '203.0.113.1', '192.168.1')
    sites = [stage.lab.add_host(name, router, number) for name, number in (('a', 2), ('b', 3))]
    if is_isolated:  # as in the guest network of a hotel
        stage.lab.isolate_guests(router)
    return start_quiet(stage, *zip(('alice', 'bob'), sites))


def run_same_nat(stage, kind):
    """Behind one router: the path over the LAN, whether the router hairpins or not."""
    alice, bob = start_neighbours(stage, kind, False)
    stage.figures['path_ms'] = measure(alice, bob, 'lan')
    stage.figures['path'] = alice.get_path('bob')
    stage.check('path-is-lan', stage.figures['path_ms'] is not None, [alice.get_path('bob')])
    ways = get_ways(alice, 'bob')
    stage.check('by-the-address-of-the-host', ways[0] == 'host', [ways])
    check_told(stage, alice, bob)


def run_isolated(stage, kind):
    """Behind one router that keeps its guests apart: they come by its outer address if it hairpins,
    and else the server carries all."""
    alice, bob = start_neighbours(stage, kind, True)
    wanted = 'direct' if kind == 'hairpin' else 'relay'
    stage.figures['path_ms'] = measure(alice, bob, wanted)
    stage.figures['path'] = path = alice.get_path('bob')
    stage.check(f'path-is-{wanted}', path and path['kind'] == wanted, [path])
    if wanted == 'relay':
        stage.check('says-that-nothing-answers', path and path['reason'] == 'no-answer', [path])
    else:
        ways = get_ways(alice, 'bob')
        stage.check('by-the-address-that-the-server-sees', ways[0] == 'observed', [ways])
    check_told(stage, alice, bob)


ALL = {
    'nearby/crowd': (run_crowd, ()),
    'nearby/same-nat': (run_same_nat, ('portrestricted',)),
    'nearby/same-nat-hairpin': (run_same_nat, ('hairpin',)),
    'nearby/isolated': (run_isolated, ('portrestricted',)),
    'nearby/isolated-hairpin': (run_isolated, ('hairpin',)),
}
QUICK = ['nearby/same-nat-hairpin', 'nearby/isolated', 'nearby/isolated-hairpin']
