"""People on this network who have several, change them, sleep, or do not want to be found."""

import ipaddress
import signal
import time

from .capture import Capture
from .lan import check_meeting, check_paths, start, talk_a_little, wait_sees

HERE_SECONDS = 5.0
# Longer than the program takes for a mere delay (UDPNAT_BEACON_SLEPT_US)
ASLEEP_SECONDS = 33.0
SILENT_SECONDS = 31.0  # more than the longest gap between two beacons


def _add_second(stage, host, switch, device):
    """One more cable, to another switch."""
    switch.lan_count += 1
    number = switch.lan_count
    switch.ip(
        f'link add name l{number} type veth peer name {device} netns {host.name}',
        f'link set l{number} master lan up',
    )
    host.ip(f'address add 192.168.78.{number}/24 dev {device}', f'link set {device} up')


def run_second_interface(stage):
    """Another network comes while the program runs: people of both are found, each by its own."""
    home, work = stage.lab.add_switch('s'), stage.lab.add_switch('t')
    site_a, site_b = [stage.lab.add_neighbour(name, home) for name in ('a', 'b')]
    site_c = stage.lab.add_neighbour('c', work)
    # The network that comes is not that of the first: 192.168.78.0/24
    site_c.host.ip(
        'address del 192.168.77.1/24 dev eth0', 'address add 192.168.78.1/24 dev eth0'
    )
    alice, bob, carol = [
        start(stage, site, name)
        for site, name in ((site_a, 'alice'), (site_b, 'bob'), (site_c, 'carol'))
    ]
    check_meeting(stage, [alice, bob])
    _add_second(stage, site_a.host, work, 'eth1')
    stage.check(
        'the-other-network-is-found',
        wait_sees(alice, 'carol', HERE_SECONDS) and wait_sees(carol, 'alice', HERE_SECONDS),
        alice.get_tail(),
    )
    talk_a_little(stage, alice, bob)
    alice.send('carol', 'hello')
    carol.send('alice', 'hello')
    stage.check(
        'both-networks-carry',
        alice.wait_delivered('carol', 5.0) and carol.wait_delivered('alice', 5.0),
    )
    check_paths(stage, alice, bob)
    stage.check('nobody-is-carried-across', not bob.select('peer', name='carol'))


def run_roam(stage):
    """From one network to another and back, with nothing in between."""
    home, work = stage.lab.add_switch('s'), stage.lab.add_switch('t')
    site_a, site_b = [stage.lab.add_neighbour(name, home) for name in ('a', 'b')]
    site_c = stage.lab.add_neighbour('c', work)
    _add_second(stage, site_a.host, work, 'eth1')
    site_c.host.ip(
        'address del 192.168.77.1/24 dev eth0', 'address add 192.168.78.1/24 dev eth0'
    )
    site_a.host.ip('link set eth1 down')
    alice, bob, carol = [
        start(stage, site, name)
        for site, name in ((site_a, 'alice'), (site_b, 'bob'), (site_c, 'carol'))
    ]
    check_meeting(stage, [alice, bob])
    waits = []
    for number in range(4):
        leaving, coming, friend = (
            ('eth0', 'eth1', carol), ('eth1', 'eth0', bob)
        )[number % 2]
        site_a.host.ip(f'link set {leaving} down')
        time.sleep(2.0)
        alice.send(friend.name, f'trip {number}')
        site_a.host.ip(f'link set {coming} up')
        since = time.monotonic()
        arrived = friend.wait_for(
            lambda f=friend, n=number: f.select('message', text=f'trip {n}'), HERE_SECONDS
        )
        waits.append(time.monotonic() - since if arrived else None)
        time.sleep(0.5)  # for the receipt, which nobody could take else
    stage.figures['longest_ms'] = None if None in waits else max(waits) * 1000
    stage.check('is-found-on-each', None not in waits, [str(waits)])


def run_sleep(stage):
    """Both sleep for longer than between beacons: nobody counts as gone, and they talk at once."""
    switch = stage.lab.add_switch('s')
    alice, bob = [
        start(stage, stage.lab.add_neighbour(name[0], switch), name) for name in ('alice', 'bob')
    ]
    check_meeting(stage, [alice, bob])
    talk_a_little(stage, alice, bob)
    for person in (alice, bob):
        person.signal(signal.SIGSTOP)
    time.sleep(ASLEEP_SECONDS)
    seen = len(alice.events)
    for person in (alice, bob):
        person.signal(signal.SIGCONT)
    since = time.monotonic()
    alice.send('bob', 'awake')
    arrived = bob.wait_for(lambda: bob.select('message', text='awake'), HERE_SECONDS)
    took = time.monotonic() - since
    stage.figures['longest_ms'] = took * 1000
    stage.check('next-message-within-350ms', arrived and took <= 0.35, [f'{took:.3f} s'])
    stage.check('nobody-was-gone', not alice.select('peer', seen, name='bob', lan=False))


def _is_beacon_of_alice(packet):
    return packet.is_multicast and b'alice' in packet.payload


def run_off_on_the_wire(stage, when):
    """Turned off, not one packet to a group leaves the machine, and the name is nowhere; held
    against the whole wire, not against a counter of what is expected there."""
    switch = stage.lab.add_switch('s')
    site_a, site_b = [stage.lab.add_neighbour(name, switch) for name in ('a', 'b')]
    alice, bob = start(stage, site_a, 'alice'), start(stage, site_b, 'bob')
    check_meeting(stage, [alice, bob])
    with Capture(site_a.host, 'eth0') as wire:
        alice.command('set lan off')
        wait_sees(bob, 'alice', 3.0, False)
        time.sleep(1.0)  # the goodbye has left
        since = wire.count()
        if when == 'moved':
            # A change of network is when others are greeted
            site_a.host.ip('link set eth0 down', 'link set eth0 up')
        time.sleep(SILENT_SECONDS)
        own = {site_a.address, *_read_link_local(site_a.host)}
        groups = wire.select(
            lambda packet: packet.is_udp and packet.is_multicast and packet.source in own, since
        )
        stage.check('no-packet-to-a-group', not groups, [str(packet) for packet in groups[:5]])
        mine = wire.select(lambda packet: packet.source in own and packet.is_udp, since)
        stage.check('name-is-nowhere', not any(b'alice' in packet.payload for packet in mine))
        since = wire.count()
        alice.command('set lan on')
        stage.check('on-is-seen', wait_sees(bob, 'alice', 5.0))
        end = time.monotonic() + 5.0  # for the thread that reads the capture
        while not (seen := wire.select(_is_beacon_of_alice, since)) and time.monotonic() < end:
            time.sleep(0.1)
        stage.check('capture-sees-beacons', len(seen) > 0)


def _read_link_local(host):
    with host.entered(), open('/proc/thread-self/net/if_inet6', encoding='ascii') as file:
        words = [line.split()[0] for line in file if line.split()[-1] == 'eth0']
    return [str(ipaddress.IPv6Address(bytes.fromhex(word))) for word in words]


ALL = {
    'lan/second-interface': (run_second_interface, ()),
    'lan/roam': (run_roam, ()),
    'lan/sleep': (run_sleep, ()),
    'lan/off-on-the-wire': (run_off_on_the_wire, ('still',)),
    'lan/off-and-moved': (run_off_on_the_wire, ('moved',)),
}
QUICK = ['lan/second-interface', 'lan/roam', 'lan/off-and-moved']
