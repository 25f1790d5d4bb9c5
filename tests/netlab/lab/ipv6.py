"""IPv6: alone, beside IPv4, and as the only way to an Internet of IPv4 (NAT64).

Each router has 2001:db8:N::/64 inside, and lets in what was asked for. tayga translates on a router
whose hosts have no IPv4; a name server there says with which prefix."""

import shutil
import subprocess
import time

from .nearby import check_told, measure, start_quiet
from .netcheck import check_network
from .opening import get_ways
from .programs import Server
from .topology import SERVER, SERVER_IPV6

PREFIX64 = '2001:db8:64:ff9b::'
POOL = '198.18.0'
DNS_NAME = 'ipv4only.arpa'

_FIREWALL = '''
table ip6 firewall {
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "lan" accept
    ct state established,related accept
    meta l4proto ipv6-icmp accept
  }
}
'''


def start_ipv6(stage):
    stage.lab.public.write_sysctl('ipv6/conf/all/forwarding', '1')
    stage.lab.public.ip(f'address add {SERVER_IPV6}/64 dev segment')


def add_ipv6(stage, name, number, has_ipv4=True):
    """A host with a global address behind a router that filters."""
    site = stage.lab.add_site(name, 'portrestricted', number)
    router = stage.lab.get_router(f'r{name}')
    router.write_sysctl('ipv6/conf/all/forwarding', '1')
    router.nft(_FIREWALL)
    router.ip(
        f'address add 2001:db8::{number}/64 dev wan',
        f'address add 2001:db8:{number}::1/64 dev lan',
        f'route add default via {SERVER_IPV6}',
    )
    stage.lab.public.ip(f'route add 2001:db8:{number}::/64 via 2001:db8::{number}')
    site.host.ip(
        f'address add 2001:db8:{number}::2/64 dev eth0',
        f'route add default via 2001:db8:{number}::1',
        *([] if has_ipv4 else [f'address delete {site.address}/24 dev eth0']),
    )
    return site


def start_server(stage):
    stage.server = Server(stage.build, stage.lab.public, stage.folder, None)
    stage.programs.append(stage.server)
    if not stage.server.wait_until_listening():
        raise RuntimeError('udpnat-server does not open its port')


def check_pair(stage, alice, bob, family):
    def get_remotes():
        paths = [alice.get_path('bob'), bob.get_path('alice')]
        return [path['remote'] if path else '' for path in paths]

    def is_right():
        return all(remote and ('[' in remote) == (family == 'ipv6') for remote in get_remotes())

    stage.figures['path_ms'] = measure(alice, bob, 'direct')
    alice.wait_for(is_right, 3.0)  # the other family's may have been proven first
    stage.figures['path'] = alice.get_path('bob')
    stage.check(
        f'path-is-direct-by-{family}',
        stage.figures['path_ms'] is not None and is_right(),
        get_remotes(),
    )
    check_told(stage, alice, bob)
    bob.send('alice', 'and back')
    check_told(stage, bob, alice)


def run_pair(stage, a_has_ipv4, b_has_ipv4, server):
    """Both have IPv6; whether one or both have IPv4 beside it, IPv6 is the way."""
    start_ipv6(stage)
    start_server(stage)
    sites = [add_ipv6(stage, 'a', 1, a_has_ipv4), add_ipv6(stage, 'b', 2, b_has_ipv4)]
    alice, bob = start_quiet(stage, *zip(('alice', 'bob'), sites), server=server)
    check_pair(stage, alice, bob, 'ipv6')
    if a_has_ipv4 and b_has_ipv4:
        ways = get_ways(alice, 'bob')
        stage.check('by-the-global-address', ways[0] == 'ipv6', [ways])


class Nat64:
    """Use with `with`: router ra translates for its hosts meanwhile, and names its prefix."""

    def __init__(self, stage, site):
        self.stage = stage
        self.site = site
        self.router = stage.lab.get_router('ra')
        self.processes = []

    def run(self, *words):
        log = open(self.stage.folder / words[0], 'wb')
        self.processes.append(
            subprocess.Popen(
                self.router.command(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        )
        log.close()

    def __enter__(self):
        config = self.stage.folder / 'tayga.conf'
        config.write_text(
            f'tun-device nat64\nipv4-addr {POOL}.1\nipv6-addr 2001:db8:1::64\n'
            f'prefix {PREFIX64}/96\ndynamic-pool {POOL}.0/24\n'
        )
        subprocess.run(
            self.router.command('tayga', '-c', str(config), '--mktun'),
            check=True, capture_output=True,
        )
        self.router.ip(
            'link set nat64 up',
            f'route add {POOL}.0/24 dev nat64',
            f'route add {PREFIX64}/96 dev nat64',
        )
        # The translator's packets are another interface's than the hosts'.
        self.router.nft('insert rule ip6 firewall through iifname "nat64" accept')
        self.run('tayga', '-c', str(config), '-d')
        self.run(
            'dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null',
            '--interface=lan', '--bind-interfaces', '--pid-file=',
            f'--host-record={DNS_NAME},{PREFIX64}c000:aa',
            f'--host-record=server.example,{PREFIX64}cb00:710a',
        )
        resolv = self.stage.folder / 'resolv.conf'
        resolv.write_text('nameserver 2001:db8:1::1\n')
        self.site.host.resolver = resolv
        time.sleep(0.5)
        return self

    def __exit__(self, kind, value, trace):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(5)
        self.site.host.resolver = None

    def get_tail(self):
        return [
            line
            for name in ('tayga', 'dnsmasq')
            for line in (self.stage.folder / name).read_text(errors='replace').splitlines()[-5:]
        ]


def is_skipped(stage):
    missing = [name for name in ('tayga', 'dnsmasq') if not shutil.which(name)]
    if missing:
        stage.tap.skip(f'/netlab/{stage.name}/all', f'not installed: {", ".join(missing)}')
    return bool(missing)


def run_nat64(stage, kind, server):
    """Alice has IPv6 only, server and Bob IPv4 only. Kind: of Bob's router."""
    if is_skipped(stage):
        return
    start_ipv6(stage)
    site_a = add_ipv6(stage, 'a', 1, False)
    site_b = stage.lab.add_site('b', kind, 2)
    stage.start_server()
    with Nat64(stage, site_a) as nat64:
        alice = stage.start_client(site_a, 'alice', server=server)
        stage.check('registers-at-a-server-of-ipv4', alice.wait_registered(8.0), nat64.get_tail())
        bob, = start_quiet(stage, ('bob', site_b))
        alice.command('set lan off')
        check_pair(stage, alice, bob, 'ipv4')
        stage.check(
            'server-sees-the-translator',
            alice.select('registered')[0]['observed'].startswith('203.0.113.1:'),
            alice.select('registered'),
        )
        alice.leave()
        stage.check('leaves-in-time', alice.wait(5.0) == 0)


def run_nat64_netcheck(stage, server):
    """What the routers do is found out through the translator, and not taken for IPv6."""
    if is_skipped(stage):
        return
    start_ipv6(stage)
    site = add_ipv6(stage, 'a', 1, False)
    stage.start_server()
    with Nat64(stage, site):
        found, _, said = check_network(stage, site, '--stun', f'{server}:8848')
        observed = found['observed'] if found else ''
        stage.check('finds-the-router', observed.startswith('203.0.113.1:'), said)
        stage.check(
            'says-what-it-does',
            found
            and (found['mapping'], found['filtering'])
            == ('endpoint-independent', 'address-and-port-dependent'),
            said,
        )
        others = [event for event in said if 'ipv6' in str(event) and event != found]
        stage.check('says-nothing-of-ipv6', others == [], said)


def run_no_nat64(stage):
    """Nobody knows of a prefix: none is made up, and it is said that nobody answers."""
    if is_skipped(stage):
        return
    start_ipv6(stage)
    site_a = add_ipv6(stage, 'a', 1, False)
    stage.start_server()
    alice = stage.start_client(site_a, 'alice')
    alice.wait_for(lambda: alice.select('error', code='no-server'), 10.0)
    stage.check('says-no-server', alice.select('error', code='no-server'))


V6 = f'[{SERVER_IPV6}]'
ALL = {
    'ipv6/only': (run_pair, (False, False, V6)),
    'ipv6/dual-and-only': (run_pair, (True, False, V6)),
    'ipv6/dual': (run_pair, (True, True, SERVER)),
    'ipv6/nat64-portrestricted': (run_nat64, ('portrestricted', SERVER)),
    'ipv6/nat64-public': (run_nat64, ('public', SERVER)),
    'ipv6/nat64-name': (run_nat64, ('portrestricted', 'server.example')),
    'ipv6/nat64-netcheck': (run_nat64_netcheck, (SERVER,)),
    'ipv6/nat64-netcheck-name': (run_nat64_netcheck, ('server.example',)),
    'ipv6/no-nat64': (run_no_nat64, ()),
}
QUICK = ['ipv6/only', 'ipv6/dual', 'ipv6/nat64-portrestricted', 'ipv6/nat64-name',
         'ipv6/nat64-netcheck']
