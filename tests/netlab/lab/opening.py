"""People whose router opens a port for them when it is asked: the port is tried from outside before
anybody is told of it, and made anew when the router has lost it."""

import itertools
import time

from .gateway import OUTSIDE, Gateway, is_installed
from .netcheck import check_network
from .stage import SETTLE_SECONDS, is_settled, talk
from .topology import SERVER

CLIENT_PORT = 8900
OPEN_SECONDS = 12.0
CLOSED_SECONDS = 5.0
NOTICED_SECONDS = 75.0  # it is looked at once a minute while people talk
PROTOCOLS = {
    'PCP': {'pcp': True, 'upnp': False},
    'NAT-PMP': {'natpmp': True, 'upnp': False},
    'UPnP': {'natpmp': False, 'upnp': True},
}


def ask_network(person, **wanted):
    """What a running program tells of its network, as soon as it is so."""
    person.command('network')
    told = person.select('network', **wanted)
    return told[-1] if told else None


def wait_for_mapping(person, code, timeout=OPEN_SECONDS):
    return person.wait_for(lambda: ask_network(person, port_mapping=code), timeout)


def ask_paths(person, peer):
    seen = len(person.events)
    person.command(f'paths {peer}')
    person.wait_for(lambda: person.select('path_report', seen), 3.0)
    told = person.select('path_report', seen)
    return told[-1] if told else None


def get_ways(person, peer, timeout=3.0):
    """Where the address that packets go to is known from, and from where they know ours; as soon as
    there is one."""
    end = time.monotonic() + timeout
    chosen = [[], []]
    while not chosen[0] and time.monotonic() < end:
        report = ask_paths(person, peer) or {'theirs': [], 'own': []}
        chosen = [
            [entry['source'] for entry in report[side] if entry['selected']]
            for side in ('theirs', 'own')
        ]
        time.sleep(0.1)
    return tuple(sources[0] if sources else None for sources in chosen)


def settle(alice, bob, wanted):
    counter = itertools.count(1)
    start = time.monotonic()
    talk(
        alice,
        bob,
        counter,
        lambda: is_settled(alice, 'bob', wanted) and is_settled(bob, 'alice', wanted),
        SETTLE_SECONDS,
        0.05,
    )
    return counter, (time.monotonic() - start) * 1000


def start_pair(stage, kind_a, kind_b):
    """Alice's router is to open a port; Bob's knows where that is."""
    site_a = stage.lab.add_site('a', kind_a, 1)
    site_b = stage.lab.add_site('b', kind_b, 2)
    stage.lab.get_router('rb').ip(f'route add {OUTSIDE}/32 via {site_a.public}')
    return site_a, site_b


def is_skipped(stage):
    if not is_installed():
        stage.tap.skip(f'/netlab/{stage.name}/all', 'miniupnpd is not installed')
    return not is_installed()


def check_direct(stage, alice, bob):
    counter, took = settle(alice, bob, 'direct')
    stage.figures['path'] = alice.get_path('bob')
    stage.figures['path_ms'] = took
    said = [alice.get_path('bob'), bob.get_path('alice')]
    stage.check('path-is-direct', all(path and path['kind'] == 'direct' for path in said), said)
    stage.check_delivery(alice, bob)
    return counter


def run_opened(stage, kind_a, kind_b, protocol):
    """One of the two asks its router in this protocol."""
    if is_skipped(stage):
        return
    site_a, site_b = start_pair(stage, kind_a, kind_b)
    router = stage.lab.get_router('ra')
    words = PROTOCOLS[protocol]
    with Gateway(stage.lab, router, stage.folder, is_source=True, **words) as gateway:
        alice, bob = stage.start_people(site_a, site_b)
        told = wait_for_mapping(alice, 'mapping-open')
        wanted = {
            'port_mapping_protocol': protocol,
            'port_mapping_address': f'{OUTSIDE}:{CLIENT_PORT}',
        }
        stage.check(
            'says-that-the-port-is-open',
            told and wanted.items() <= told.items(),
            [*alice.select('network')[-1:], *gateway.get_tail(), gateway.find_open()],
        )
        check_direct(stage, alice, bob)
        ways = get_ways(bob, 'alice')
        stage.check('bob-says-that-the-router-let-him-in', ways[0] == 'mapped', [ways])
        ways = get_ways(alice, 'bob')
        stage.check('alice-says-so-too', ways[1] == 'mapped', [ways])
        alice.leave()
        stage.check('leaves-in-time', alice.wait(5.0) == 0)
        stage.check(
            'router-is-closed-at-the-end',
            gateway.wait_for(lambda found: not found, CLOSED_SECONDS),
            [gateway.find_open()],
        )


def run_refused(stage, code, **words):
    """Nothing that could be told to anybody comes of it: the pair stays relayed."""
    if is_skipped(stage):
        return
    site_a, site_b = start_pair(stage, 'symmetric', 'symmetric')
    router = stage.lab.get_router('ra')
    with Gateway(stage.lab, router, stage.folder, pcp=True, upnp=False, **words) as gateway:
        alice, bob = stage.start_people(site_a, site_b)
        told = wait_for_mapping(alice, code)
        stage.check(
            f'says-{code}', told, [*alice.select('network')[-1:], *gateway.get_tail()]
        )
        settle(alice, bob, 'relay')
        said = [alice.get_path('bob'), bob.get_path('alice')]
        stage.figures['path'] = said[0]
        stage.check(
            'is-relayed-and-says-why',
            all(path and path['reason'] == 'both-symmetric' for path in said),
            said,
        )
        report = ask_paths(alice, 'bob')
        stage.check(
            'tells-nobody-of-it',
            report and all(entry['source'] != 'mapped' for entry in report['own']),
            [report],
        )
        stage.check_delivery(alice, bob)


def run_off(stage):
    """The setting: nobody asks the router, and what was open is closed."""
    if is_skipped(stage):
        return
    site_a = stage.lab.add_site('a', 'symmetric', 1)
    router = stage.lab.get_router('ra')
    with Gateway(stage.lab, router, stage.folder, pcp=True, is_source=True) as gateway:
        stage.start_server()
        alice = stage.start_client(site_a, 'alice')
        stage.check('opens', wait_for_mapping(alice, 'mapping-open'), gateway.get_tail())
        alice.command('set port-mapping off')
        stage.check('says-off', wait_for_mapping(alice, 'mapping-off', 3.0))
        stage.check(
            'closes-it',
            gateway.wait_for(lambda found: not found, CLOSED_SECONDS),
            [gateway.find_open()],
        )
        alice.command('set port-mapping on')
        stage.check(
            'opens-it-again',
            gateway.wait_for(lambda found: found, OPEN_SECONDS),
            [gateway.find_open()],
        )


def run_restart(stage, kind, is_network_changed):
    """The router loses its table: noticed with a change of network, or within a minute."""
    if is_skipped(stage):
        return
    site_a, site_b = start_pair(stage, kind, 'symmetric')
    router = stage.lab.get_router('ra')
    with Gateway(stage.lab, router, stage.folder, pcp=True, is_source=True) as gateway:
        alice, bob = stage.start_people(site_a, site_b)
        stage.check('opens', wait_for_mapping(alice, 'mapping-open'), gateway.get_tail())
        counter = check_direct(stage, alice, bob)
        inside = gateway.find_open()
        gateway.restart()
        stage.check('router-has-forgotten', not gateway.find_open())
        start = time.monotonic()
        if is_network_changed:
            site_a.host.ip('address add 192.168.77.2/24 dev eth0')
        talk(alice, bob, counter, lambda: gateway.find_open() == inside, NOTICED_SECONDS)
        stage.check('is-asked-again', gateway.find_open() == inside, [gateway.find_open()])
        stage.figures['again_open_s'] = time.monotonic() - start
        stage.check('is-open-again', wait_for_mapping(alice, 'mapping-open'))
        stage.check_delivery(alice, bob)


def run_netcheck(stage, protocol):
    """Without talking: netcheck says whether the router opens ports, and leaves none open."""
    if is_skipped(stage):
        return
    site = stage.lab.add_site('a', 'portrestricted', 1)
    router = stage.lab.get_router('ra')
    stage.start_server()
    _, _, said = check_network(stage, site, '--server', SERVER)
    told = [event for event in said[1:] if isinstance(event, dict) and event['event'] == 'router']
    stage.check('says-that-it-does-not', told and told[0]['port_mapping'] == 'mapping-no-answer',
                said)
    with Gateway(stage.lab, router, stage.folder, **PROTOCOLS[protocol]) as gateway:
        _, took, said = check_network(stage, site, '--server', SERVER)
        told = [event for event in said[1:]
                if isinstance(event, dict) and event['event'] == 'router']
        stage.check(
            'says-that-it-does',
            told and told[0]['port_mapping'] == 'mapping-offered'
            and told[0]['port_mapping_protocol'] == protocol,
            [*said, *gateway.get_tail()],
        )
        stage.check('leaves-nothing-open', not gateway.find_open(), [gateway.find_open()])
    stage.figures['idle'] = f'netcheck took {took:.1f} s'


def run_forwarded(stage):
    """Nobody asks: somebody has set in the router that the port is passed on."""
    site_a, site_b = start_pair(stage, 'symmetric', 'symmetric')
    stage.lab.get_router('ra').nft(
        'table ip by_hand { chain in { type nat hook prerouting priority dstnat; '
        f'iifname "wan" udp dport {CLIENT_PORT} dnat to {site_a.address}:{CLIENT_PORT}; }}; }}'
    )
    alice, bob = stage.start_people(site_a, site_b)
    check_direct(stage, alice, bob)
    ways = get_ways(bob, 'alice')
    stage.check('bob-guessed-the-port', ways[0] == 'guessed', [ways])


ALL = {
    f'opening/{kind}-{protocol.lower()}': (run_opened, (kind, 'symmetric', protocol))
    for kind in ('symmetric', 'portrestricted')
    for protocol in PROTOCOLS
} | {
    'opening/lie': (lambda stage: run_refused(
        stage, 'mapping-dead', is_source=True, is_honest=False), ()),
    'opening/wrong-address': (lambda stage: run_refused(
        stage, 'mapping-dead', is_honest=False), ()),
    'opening/private-address': (lambda stage: run_refused(
        stage, 'mapping-behind-another', is_public=False), ()),
    'opening/off': (run_off, ()),
    'opening/restart': (run_restart, ('symmetric', True)),
    'opening/restart-unnoticed': (run_restart, ('symmetric', False)),
    'opening/forwarded': (run_forwarded, ()),
    'opening/netcheck-pcp': (run_netcheck, ('PCP',)),
    'opening/netcheck-upnp': (run_netcheck, ('UPnP',)),
}
QUICK = ['opening/symmetric-pcp', 'opening/symmetric-nat-pmp', 'opening/symmetric-upnp',
         'opening/lie', 'opening/off', 'opening/restart', 'opening/forwarded',
         'opening/netcheck-pcp']
