"""People on one network, with real multicast: no server at all, or one beside it."""

import re
import signal
import subprocess
import time

from .idle import measure_idle
from .topology import SERVER

MEET_SECONDS = 5.0
FIRST_SECONDS = 3.0
GONE_SECONDS = 2.0
# Three beacons missed, and a second for us.
EXPIRE_SECONDS = 92.0

_COUNTERS = '''
table inet lan {
  counter beacons { }
  counter groups { }
  chain out {
    type filter hook output priority 0;
    udp dport 8850 counter name beacons
    ip daddr 239.255.88.50 counter name groups
  }
}
'''


def _read_counter(site, name):
    done = subprocess.run(
        site.host.command('nft', 'list', 'counter', 'inet', 'lan', name),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(re.search(r'packets (\d+)', done.stdout).group(1))


def _sees(client, name, is_there=True):
    """Whether the newest word about somebody is that they are on this network."""
    words = client.select('peer', name=name)
    return bool(words) and words[-1]['lan'] == is_there and words[-1]['online'] == is_there


def wait_sees(client, name, seconds=MEET_SECONDS, is_there=True):
    return client.wait_for(lambda: _sees(client, name, is_there), seconds)


def start(stage, site, name, *words, server=None):
    return stage.start_client(
        site, name, *([] if server else ['--lan']), *words, server=server
    )


def check_meeting(stage, people):
    unseen = [
        f'{client.name} does not see {other.name}'
        for client in people
        for other in people
        if client is not other and not wait_sees(client, other.name)
    ]
    stage.check('each-sees-all-others', not unseen, unseen)


def talk_a_little(stage, alice, bob):
    for number in range(1, 6):
        alice.send('bob', f'alice says {number}')
        bob.send('alice', f'bob says {number}')
        time.sleep(0.05)
    stage.check_delivery(alice, bob)


def check_paths(stage, alice, bob):
    good = all(
        client.wait_for(lambda c=client, p=peer: (c.get_path(p) or {}).get('kind') == 'lan', 3.0)
        for client, peer in ((alice, 'bob'), (bob, 'alice'))
    )
    stage.check('path-is-lan', good, [str(alice.get_path('bob')), str(bob.get_path('alice'))])
    stage.figures['path'] = alice.get_path('bob')


def run_hosts(stage, count, ipv4, ipv6):
    """From launch to the first message delivered, typed before anybody was heard; no server."""
    switch = stage.lab.add_switch('s')
    sites = [
        stage.lab.add_neighbour(name, switch, ipv4, ipv6) for name in ('a', 'b', 'c')[:count]
    ]
    bob = start(stage, sites[1], 'bob')
    others = [start(stage, site, name) for site, name in zip(sites[2:], ('carol',))]
    time.sleep(1.0)
    begin = time.monotonic()
    alice = start(stage, sites[0], 'alice')
    alice.send('bob', 'the first')
    arrived = alice.wait_delivered('bob', 10.0)
    elapsed = time.monotonic() - begin
    stage.figures['launch_ms'] = elapsed * 1000
    stage.check(
        f'launch-to-delivered-within-{FIRST_SECONDS:.0f}s',
        arrived and elapsed <= FIRST_SECONDS,
        [f'{elapsed:.2f} s'],
    )
    check_meeting(stage, [alice, bob, *others])
    talk_a_little(stage, alice, bob)
    check_paths(stage, alice, bob)
    if others:
        others[0].send('alice', 'carol says hello')
        stage.check('third-is-heard', others[0].wait_delivered('alice', 5.0))


def run_one_host(stage):
    """Two programs on one machine share the port of beacons."""
    site = stage.lab.add_neighbour('a', stage.lab.add_switch('s'))
    alice, bob = start(stage, site, 'alice'), start(stage, site, 'bob')
    check_meeting(stage, [alice, bob])
    talk_a_little(stage, alice, bob)


def run_ask(stage):
    """A stranger on this network asks, and is let in."""
    switch = stage.lab.add_switch('s')
    sites = [stage.lab.add_neighbour(name, switch) for name in ('a', 'b')]
    bob = start(stage, sites[1], 'bob', '--strangers', 'ask')
    alice = start(stage, sites[0], 'alice')
    check_meeting(stage, [alice, bob])
    alice.command('send bob may I?')
    stage.check(
        'stranger-gets-a-receipt', alice.wait_for(lambda: alice.select('delivered', to='bob'), 5.0)
    )
    asked = bob.wait_for(lambda: bob.select('peer', name='alice', relation='request'), 5.0)
    stage.check('it-is-a-request', bool(asked))
    bob.command('accept alice')
    stage.check(
        'each-is-the-others-contact',
        alice.wait_for(lambda: alice.select('contact', name='bob', mutual=True), 5.0),
    )
    for number in range(5):
        alice.command(f'send bob {number}')
        bob.command(f'send alice {number}')
    came = [
        person.wait_for(lambda p=person: len(p.select('message')) >= 5, 5.0)
        for person in (alice, bob)
    ]
    stage.check('they-talk', all(came), alice.get_tail() + bob.get_tail())
    check_paths(stage, alice, bob)


def run_leave(stage):
    """Whoever ends the program is gone at once; whoever logs out, too."""
    switch = stage.lab.add_switch('s')
    sites = [stage.lab.add_neighbour(name, switch) for name in ('a', 'b', 'c')]
    alice, bob, carol = [
        start(stage, site, name) for site, name in zip(sites, ('alice', 'bob', 'carol'))
    ]
    check_meeting(stage, [alice, bob, carol])
    bob.leave()
    stage.check('exit-is-told', wait_sees(alice, 'bob', GONE_SECONDS, False), alice.get_tail())
    stage.check('exits-with-0', bob.wait(10.0) == 0)
    carol.command('logout')
    stage.check('logout-is-told', wait_sees(alice, 'carol', GONE_SECONDS, False))
    carol.command('login carol')
    stage.check('login-is-told', wait_sees(alice, 'carol', GONE_SECONDS))


def run_killed(stage):
    """Whoever dies without a word is gone when beacons have not come; what is said waits."""
    switch = stage.lab.add_switch('s')
    sites = [stage.lab.add_neighbour(name, switch) for name in ('a', 'b')]
    alice, bob = [start(stage, site, name) for site, name in zip(sites, ('alice', 'bob'))]
    check_meeting(stage, [alice, bob])
    talk_a_little(stage, alice, bob)
    bob.signal(signal.SIGKILL)
    bob.wait(5.0)
    stage.programs.remove(bob)
    alice.send('bob', 'while you were away')
    stage.check('gone-after-90s', wait_sees(alice, 'bob', EXPIRE_SECONDS, False))
    bob = start(stage, sites[1], 'bob')
    stage.check('waits-until-he-is-back', alice.wait_delivered('bob', 5.0), alice.get_tail())


def run_off(stage):
    """The setting: off means that not a packet goes out, and on and off work at once."""
    switch = stage.lab.add_switch('s')
    sites = [stage.lab.add_neighbour(name, switch) for name in ('a', 'b')]
    for site in sites:
        site.host.nft(_COUNTERS)
    alice = start(stage, sites[0], 'alice')
    bob = start(stage, sites[1], 'bob')
    check_meeting(stage, [alice, bob])
    alice.send('bob', 'hello')
    stage.check('on-by-itself', alice.wait_delivered('bob', 5.0))
    bob.command('set lan off')
    stage.check('off-is-told', wait_sees(alice, 'bob', GONE_SECONDS, False), bob.get_tail())
    stage.check('off-forgets-the-others', wait_sees(bob, 'alice', GONE_SECONDS, False))
    before = _read_counter(sites[1], 'beacons')
    alice.send('bob', 'are you there?')
    time.sleep(28)  # more than the longest gap between two beacons
    after = _read_counter(sites[1], 'beacons')
    stage.check('off-is-silent', before > 0 and after == before, [f'{before} and {after} beacons'])
    bob.command('set lan on')
    stage.check('on-is-told', wait_sees(alice, 'bob', GONE_SECONDS), alice.get_tail())
    stage.check('what-waited-is-delivered', alice.wait_delivered('bob', 5.0))
    bob.command('set relay-only on')
    stage.check('relay-only-is-off', wait_sees(alice, 'bob', GONE_SECONDS, False))


def run_never(stage):
    """Off from the start: nothing is sent, nothing joined, and the name goes nowhere."""
    site = stage.lab.add_neighbour('a', stage.lab.add_switch('s'))
    first = subprocess.run(
        site.host.command(
            str(stage.build / 'src/cli/udpnat-cli'),
            '--profile',
            str(stage.folder / 'profile-alice'),
            'set',
            'lan',
            'off',
        ),
        capture_output=True,
        check=False,
        timeout=20,
    )
    site.host.nft(_COUNTERS)
    alice = start(stage, site, 'alice')
    told = alice.wait_for(lambda: alice.select('ready'), 5.0)
    time.sleep(5)
    sent = _read_counter(site, 'beacons') + _read_counter(site, 'groups')
    joined = alice.process.pid and _read_groups(alice.process.pid)
    stage.check('off-from-the-start-is-silent', first.returncode == 0 and told and sent == 0)
    stage.check('off-joins-no-group', '3258FFEF' not in joined, [joined])


def _read_groups(pid):
    with open(f'/proc/{pid}/net/igmp', encoding='ascii') as file:
        return file.read()


def run_idle(stage):
    """Without a server, too, a program with nothing to do sleeps but for its beacons."""
    switch = stage.lab.add_switch('s')
    site = stage.lab.add_neighbour('a', switch)
    alice = start(stage, site, 'alice')
    bob = start(stage, stage.lab.add_neighbour('b', switch), 'bob')
    check_meeting(stage, [alice, bob])
    measure_idle(stage, site, alice)


def run_late(stage):
    """The network comes when the program has long been running, and comes back after a break."""
    switch = stage.lab.add_switch('s')
    site_a = stage.lab.add_neighbour('a', switch, up=False)
    site_b = stage.lab.add_neighbour('b', switch)
    alice, bob = start(stage, site_a, 'alice'), start(stage, site_b, 'bob')
    stage.check(
        'no-network-is-a-calm-state',
        alice.wait_for(lambda: alice.select('lan', state='no-network'), 5.0)
        and not alice.select('error'),
        alice.get_tail(),
    )
    site_a.host.ip('link set eth0 up')
    check_meeting(stage, [alice, bob])
    talk_a_little(stage, alice, bob)


def run_own_address(stage, ipv6):
    """--cip: with an IPv4 address beacons go out by its network alone; with one of IPv6 nobody
    could be found by them, and that is said at once."""
    switch = stage.lab.add_switch('s')
    sites = [stage.lab.add_neighbour(name, switch, True, True) for name in ('a', 'b')]
    ip = 'fd77::1' if ipv6 else sites[0].address
    sites[0].host.ip('address add fd77::1/64 dev eth0 nodad')
    alice = start(stage, sites[0], 'alice', '--cip', ip)
    bob = start(stage, sites[1], 'bob')
    if not ipv6:
        check_meeting(stage, [alice, bob])
        talk_a_little(stage, alice, bob)
        return
    told = alice.wait_for(lambda: alice.select('lan', state='wrong-address'), 5.0)
    stage.check('it-is-said', told, alice.get_tail())
    time.sleep(3)
    stage.check('nobody-is-led-astray', not _sees(bob, 'alice'), bob.get_tail())


def run_beside_server(stage):
    """With a server as well: names are the server's, and its death is not noticed."""
    sites = [
        stage.lab.add_public(name, f'203.0.113.{number}') for name, number in (('a', 1), ('b', 2))
    ]
    stage.start_server()
    alice, bob = [
        start(stage, site, name, server=SERVER) for site, name in zip(sites, ('alice', 'bob'))
    ]
    for person in (alice, bob):
        if not person.wait_registered(5.0):
            raise RuntimeError(f'{person.name} is not registered')
    check_meeting(stage, [alice, bob])
    talk_a_little(stage, alice, bob)
    stage.server.signal(signal.SIGKILL)
    stage.server.wait(5.0)
    stage.programs.remove(stage.server)
    time.sleep(4)
    alice.send('bob', 'without it')
    stage.check('server-is-not-missed', alice.wait_delivered('bob', 3.0), alice.get_tail())
    carol = start(stage, sites[0], 'carol')
    known = alice.wait_for(
        lambda: [e for e in alice.select('peer', lan=True) if e['name'].startswith('carol#')], 5.0
    )
    stage.check('mere-claim-is-marked', bool(known), alice.get_tail())
    carol.send('bob', 'hello')
    stage.check('serverless-talks-to-registered', carol.wait_delivered('bob', 5.0))


ALL = {
    'lan/two-ipv4': (run_hosts, (2, True, False)),
    'lan/two-ipv6': (run_hosts, (2, False, True)),
    'lan/two-both': (run_hosts, (2, True, True)),
    'lan/three': (run_hosts, (3, True, True)),
    'lan/one-host': (run_one_host, ()),
    'lan/ask': (run_ask, ()),
    'lan/leave': (run_leave, ()),
    'lan/killed': (run_killed, ()),
    'lan/off': (run_off, ()),
    'lan/never': (run_never, ()),
    'lan/idle': (run_idle, ()),
    'lan/late-network': (run_late, ()),
    'lan/own-ipv4': (run_own_address, (False,)),
    'lan/own-ipv6': (run_own_address, (True,)),
    'lan/beside-server': (run_beside_server, ()),
}
QUICK = [
    'lan/beside-server', 'lan/two-ipv4', 'lan/two-ipv6', 'lan/three', 'lan/one-host', 'lan/ask',
    'lan/never', 'lan/own-ipv6',
]
