"""Networks out of network namespaces: a public segment, routers on it, hosts behind them.

                     203.0.113.10 and .11 (server)
                                |
          ---- public segment 203.0.113.0/24 (a bridge) ----
            | .1 wan                             | .2 wan
          router ra (NAT)                      router rb (NAT)
            | lan 192.168.1.1                    | lan 192.168.2.1
          host a 192.168.1.2                   host b 192.168.2.2

A public host hangs on the segment itself. Routers can stand behind routers.
"""

import contextlib
import ctypes
import os
import socket
import subprocess

from . import nat

SERVER = '203.0.113.10'
SERVER_OTHER = '203.0.113.11'
SERVER_IPV6 = '2001:db8::10'
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
# Where the lab itself lives; whoever visits a machine comes back to here.
_home = os.open('/proc/self/ns/net', os.O_RDONLY | os.O_CLOEXEC)


def _set_namespace(handle):
    """Moves the calling thread, and only that, into a network namespace."""
    if _libc.setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Namespace:
    """One machine of the lab."""

    def __init__(self, name):
        self.name = name
        self.path = f'/run/netns/{name}'
        self.resolver = None  # a file in the place of /etc/resolv.conf
        _run(['ip', 'netns', 'add', name])
        # Duplicate address detection keeps IPv6 silent for two seconds; a veth has nobody to
        # collide with.
        self.write_sysctl('ipv6/conf/default/accept_dad', '0')
        self.write_sysctl('ipv6/conf/all/accept_dad', '0')
        self.ip('link set lo up')

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is on this machine meanwhile."""
        handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _set_namespace(handle)
            yield
        finally:
            os.close(handle)
            _set_namespace(_home)

    def write_sysctl(self, name, value):
        with self.entered():
            try:
                with open(f'/proc/sys/net/{name}', 'w', encoding='ascii') as file:
                    file.write(value)
            except FileNotFoundError:
                if not name.startswith(('ipv6/', 'bridge/')):
                    raise

    def ip(self, *commands):
        _run(['ip', '-n', self.name, '-batch', '-'], '\n'.join(commands) + '\n')

    def nft(self, rules):
        return _run(self.command('nft', '-f', '-'), rules)

    def command(self, *words):
        """What to execute so that it runs on this machine."""
        enter = ['nsenter', f'--net={self.path}']
        if self.resolver:
            enter += [
                'unshare', '--mount', 'sh', '-c',
                'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(self.resolver),
            ]
        return [*enter, *words]

    def udp_socket(self, address, port):
        with self.entered():
            found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        found.bind((address, port))
        found.settimeout(0.5)
        return found


class Site:
    """Where a user sits: the host to run on, and how the world sees it."""

    def __init__(self, host, kind, address, public):
        self.host = host
        self.kind = kind
        self.address = address
        self.public = public


class Router(Namespace):
    """A namespace with `wan` towards the world, a bridge `lan` towards its hosts, and a NAT between
    them."""

    def __init__(self, name, kind, wan, prefix):
        super().__init__(name)
        self.kind = kind
        self.wan = wan
        self.prefix = prefix
        self.lan_count = 0
        self.ip(
            'link add name lan type bridge', f'address add {prefix}.1/24 dev lan', 'link set lan up'
        )
        self.write_sysctl('ipv4/ip_forward', '1')
        # Else the bridge takes what is sent back to where it came from for its own, and drops it.
        self.write_sysctl('bridge/bridge-nf-call-iptables', '0')
        self.nft(nat.write_rules(kind, wan))


class Lab:
    """One public segment and all that hangs on it. Several labs live side by side and know nothing
    of each other."""

    def __init__(self, name, cable=None):
        """cable: what to execute for a cable that takes time, in place of a veth pair, on each way
        from the public segment to somebody who is not the server."""
        self.name = name
        self.cable = cable
        self.cables = []
        self.namespaces = []
        self.public = self._add(Namespace(f'{name}-pub'))
        self.public_count = 0
        self.public.ip(
            'link add name segment type bridge',
            f'address add {SERVER}/24 dev segment',
            f'address add {SERVER_OTHER}/24 dev segment',
            'link set segment up',
        )

    def _add(self, namespace):
        self.namespaces.append(namespace)
        return namespace

    def _join(self, upstream, bridge, port, namespace, device, address, gateway=None):
        """A cable from a bridge to a new device of a machine."""
        if self.cable and upstream is self.public:
            self._lay_slow(port, namespace, device)
        else:
            upstream.ip(f'link add name {port} type veth peer name {device} netns {namespace.name}')
        upstream.ip(f'link set {port} master {bridge} up')
        namespace.ip(
            f'address add {address}/24 dev {device}',
            f'link set {device} up',
            *([f'route add default via {gateway}'] if gateway else []),
        )

    def _lay_slow(self, port, namespace, device):
        words, delay_us = self.cable
        cable = subprocess.Popen(
            [*words, self.public.path, port, namespace.path, device, str(delay_us)],
            stdout=subprocess.PIPE,
        )
        self.cables.append(cable)
        if cable.stdout.readline() != b'ready\n':
            raise OSError(f'{words}: no cable from {port} to {device}')

    def _join_public(self, namespace, device, address):
        self.public_count += 1
        self._join(self.public, 'segment', f'p{self.public_count}', namespace, device, address)

    def _join_lan(self, router, namespace, device, address):
        router.lan_count += 1
        self._join(
            router, 'lan', f'l{router.lan_count}', namespace, device, address, f'{router.prefix}.1'
        )

    def add_public(self, name, address):
        """A host with a public address of its own."""
        host = self._add(Namespace(f'{self.name}-{name}'))
        self._join_public(host, 'eth0', address)
        return Site(host, 'public', address, address)

    def add_router(self, name, kind, wan, prefix, upstream=None):
        """A router with a NAT, on the public segment or in the LAN of another router."""
        router = self._add(Router(f'{self.name}-{name}', kind, wan, prefix))
        if upstream:
            self._join_lan(upstream, router, 'wan', wan)
        else:
            self._join_public(router, 'wan', wan)
        return router

    def _add_crowd(self, host, count):
        """Bridges as of containers, each with an address and a cable that is plugged in. They are
        the same on each host that has them, and lead nowhere."""
        commands = []
        for number in range(count):
            commands += [
                f'link add name cni{number} type bridge',
                f'link add name in{number} type veth peer name out{number}',
                f'link set in{number} master cni{number} up',
                f'link set out{number} up',
                f'link set cni{number} up',
                f'address add 10.88.{number}.1/24 dev cni{number}',
                f'address add 10.89.{number}.1/24 dev out{number}',
            ]
        if commands:
            host.ip(*commands)

    def add_host(self, name, router, number=2, crowd=0):
        """A host in the LAN of a router, which it comes to know after a crowd of other networks."""
        host = self._add(Namespace(f'{self.name}-{name}'))
        self._add_crowd(host, crowd)
        address = f'{router.prefix}.{number}'
        self._join_lan(router, host, 'eth0', address)
        return Site(host, router.kind, address, router.wan)

    def add_interface(self, host, router, device, number):
        """One more way out for a host: into the LAN of another router, without a route yet."""
        router.lan_count += 1
        self._join(router, 'lan', f'l{router.lan_count}', host, device, f'{router.prefix}.{number}')

    def isolate_guests(self, router):
        """The hosts in its LAN reach the router, and not each other."""
        for number in range(1, router.lan_count + 1):
            _run(router.command('bridge', 'link', 'set', 'dev', f'l{number}', 'isolated', 'on'))

    def add_site(self, name, kind, number):
        """The usual: a host number 1 or 2, public or alone behind a router of this kind."""
        if kind == 'public':
            return self.add_public(name, f'203.0.113.{number}')
        router = self.add_router(f'r{name}', kind, f'203.0.113.{number}', f'192.168.{number}')
        return self.add_host(name, router)

    def route_between(self):
        """Puts six hops between all who are on the public segment by now, as there are on the
        Internet: a packet whose TTL is just enough for one's own router does not reach another."""
        for number in range(1, self.public_count + 1):
            port = f'p{number}'
            _run(self.public.command('bridge', 'link', 'set', 'dev', port, 'isolated', 'on'))
        for name, value in (
            ('ip_forward', '1'),
            ('conf/all/send_redirects', '0'),
            ('conf/segment/send_redirects', '0'),
            ('conf/segment/proxy_arp_pvlan', '1'),
        ):
            self.public.write_sysctl(f'ipv4/{name}', value)
        self.public.nft(
            'table ip hops { chain between { type filter hook forward priority 0; '
            'ip ttl < 6 drop; }; }'
        )

    def add_switch(self, name):
        """A network of its own: no router, no server, no addresses but those of its hosts."""
        switch = self._add(Namespace(f'{self.name}-{name}'))
        switch.lan_count = 0
        switch.ip('link add name lan type bridge', 'link set lan up')
        return switch

    def add_neighbour(self, name, switch, ipv4=True, ipv6=True, up=True):
        """A host on a switch, with an IPv4 address, a link-local IPv6 address, or both."""
        host = self._add(Namespace(f'{self.name}-{name}'))
        switch.lan_count += 1
        number = switch.lan_count
        address = f'192.168.77.{number}' if ipv4 else None
        switch.ip(
            f'link add name l{number} type veth peer name eth0 netns {host.name}',
            f'link set l{number} master lan up',
        )
        if not ipv6:
            host.write_sysctl('ipv6/conf/eth0/disable_ipv6', '1')
        host.ip(*([f'address add {address}/24 dev eth0'] if ipv4 else []))
        if up:
            host.ip('link set eth0 up')
        return Site(host, 'lan', address, address)

    def get_router(self, name):
        return next(found for found in self.namespaces if found.name == f'{self.name}-{name}')

    def close(self):
        for cable in self.cables:
            cable.kill()
            cable.wait()
        for namespace in reversed(self.namespaces):
            subprocess.run(
                ['ip', 'netns', 'delete', namespace.name], capture_output=True, check=False
            )
        self.namespaces = []


def _run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {' '.join(done.stderr.split())}")
    return done.stdout
