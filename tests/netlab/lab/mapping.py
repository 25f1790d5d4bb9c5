"""A server that somebody hosts at home: the router is asked to let friends in, they come, and the
door is closed at the end."""

import configparser
import os
import signal
import time

from .gateway import OUTSIDE, Gateway, is_installed
from .programs import SERVER_PORT, Client

ANSWER_SECONDS = 7.0
REMOVED_SECONDS = 5.0
NETWORK_SETTLE_SECONDS = 2.0


def start_host(stage, site, name='alice'):
    host = Client(stage.build, site.host, stage.folder, name, None)
    stage.programs.append(host)
    return host


def wait_for_answer(host):
    """What the host says of the router; None when it says nothing."""
    host.wait_for(
        lambda: any(event['event'] in ('reachable', 'unreachable') for event in host.events),
        ANSWER_SECONDS,
    )
    return next(
        (event for event in host.events if event['event'] in ('reachable', 'unreachable')), None
    )


def stop_hosted(stage):
    """The server outlives who started it."""
    file = configparser.ConfigParser()
    file.read(stage.folder / 'state' / 'udpnat-server' / 'running')
    os.kill(file.getint('server', 'pid'), signal.SIGTERM)


def is_skipped(stage):
    if not is_installed():
        stage.tap.skip(f'/netlab/{stage.name}/all', 'miniupnpd is not installed')
    return not is_installed()


def run_mapped(stage, protocol):
    """The router speaks one protocol; a friend on the other side of it joins and talks."""
    router = stage.lab.add_router('r', 'portrestricted', '203.0.113.1', '192.168.1')
    site = stage.lab.add_host('a', router)
    friend = stage.lab.add_public('b', '203.0.113.2')
    friend.host.ip(f'route add {OUTSIDE}/32 via {router.wan}')
    if is_skipped(stage):
        return
    words = {
        'pcp': protocol == 'PCP',
        'natpmp': protocol == 'NAT-PMP',
        'upnp': protocol == 'UPnP',
    }
    with Gateway(stage.lab, router, stage.folder, **words) as gateway:
        alice = start_host(stage, site)
        answer = wait_for_answer(alice)
        wanted = {'address': f'{OUTSIDE}:{SERVER_PORT}', 'protocol': protocol}
        stage.check(
            'says-the-address-outside',
            answer and wanted.items() <= answer.items(),
            [answer, *gateway.get_tail()],
        )
        inside = {port: (site.address, port) for port in (SERVER_PORT, SERVER_PORT + 1)}
        stage.check(
            'router-lets-in-both-ports', gateway.find_open() == inside, [gateway.find_open()]
        )
        bob = Client(stage.build, friend.host, stage.folder, 'bob', f'{OUTSIDE}:{SERVER_PORT}')
        stage.programs.append(bob)
        stage.check('friend-from-outside-registers', bob.wait_registered(5.0))
        bob.send('alice', 'let me in')
        stage.check('friend-from-outside-is-heard', bob.wait_delivered('alice', 5.0))
        gateway.forget()
        site.host.ip('address add 192.168.77.2/24 dev eth0')  # the network changes
        stage.check(
            'asks-again-after-a-change-of-network',
            gateway.wait_for(
                lambda found: found == inside, ANSWER_SECONDS + NETWORK_SETTLE_SECONDS
            ),
            [gateway.find_open()],
        )
        stop_hosted(stage)
        stage.check(
            'router-is-closed-at-the-end',
            gateway.wait_for(lambda found: not found, REMOVED_SECONDS),
            [gateway.find_open()],
        )


def run_public(stage):
    """A computer with a public address asks nobody."""
    alice = start_host(stage, stage.lab.add_site('a', 'public', 1))
    answer = wait_for_answer(alice)
    wanted = {'address': f'203.0.113.1:{SERVER_PORT}', 'protocol': 'none'}
    stage.check('says-its-own-address', answer and wanted.items() <= answer.items(), [answer])
    stage.check('serves-itself', alice.wait_registered(5.0))
    stop_hosted(stage)


_SILENT = '''
table inet silent {
  chain to_router {
    type filter hook input priority -10;
    iifname "lan" udp dport { 1900, 5351 } drop
  }
}
'''


def run_unmapped(stage, is_silent, code):
    """No router that helps: the host says why, in time, and serves its own network."""
    site = stage.lab.add_site('a', 'portrestricted', 1)
    if is_silent:
        stage.lab.get_router('ra').nft(_SILENT)
    start = time.monotonic()
    alice = start_host(stage, site)
    answer = wait_for_answer(alice)
    stage.check('says-why', answer and answer.get('code') == code, [answer])
    stage.figures['answer_s'] = time.monotonic() - start
    stage.check('serves-its-own-network', alice.wait_registered(5.0))
    stop_hosted(stage)


def run_behind_another(stage):
    """The router has a private address itself."""
    carrier = stage.lab.add_router('c', 'portrestricted', '203.0.113.1', '10.64.1')
    router = stage.lab.add_router('r', 'portrestricted', '10.64.1.2', '192.168.1', carrier)
    site = stage.lab.add_host('a', router)
    if is_skipped(stage):
        return
    with Gateway(stage.lab, router, stage.folder, is_public=False) as gateway:
        alice = start_host(stage, site)
        answer = wait_for_answer(alice)
        stage.check(
            'says-why', answer and answer.get('code') == 'mapping-behind-another', [answer]
        )
        stage.check('leaves-nothing-open', not gateway.find_open(), [gateway.find_open()])
        stop_hosted(stage)
