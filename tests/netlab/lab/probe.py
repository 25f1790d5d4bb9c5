"""What a NAT really does, found out with plain UDP sockets as RFC 5780 does it: the lab's own test.

All sockets belong to this process; each lives in the namespace where it was made.
"""

import socket
import time

from .topology import SERVER, SERVER_OTHER

# Two ports at one address, and the first port at another
ENDPOINTS = ((SERVER, 3478), (SERVER, 3479), (SERVER_OTHER, 3478))
QUIET = 0.3
# On a machine that has much else to do
PATIENCE = 5.0


class Probe:
    """Asks about the NAT in front of one site."""

    def __init__(self, lab, site):
        self.lab = lab
        self.site = site
        self.servers = [lab.public.udp_socket(*endpoint) for endpoint in ENDPOINTS]
        self.next_port = 41000
        self.opened = list(self.servers)

    def close(self):
        for opened in self.opened:
            opened.close()

    def open_client(self, site=None):
        """A socket with a port that no mapping has been made for."""
        site = site or self.site
        self.next_port += 1
        client = site.host.udp_socket(site.address, self.next_port)
        self.opened.append(client)
        return client

    def ask(self, client, server, number):
        """Sends to a server; returns the address it came from there. The first packets may wait for
        ARP: three tries."""
        for _ in range(3):
            client.sendto(b'ask', ENDPOINTS[number])
            try:
                return server.recvfrom(64)[1]
            except socket.timeout:
                pass
        return None

    def find_mapping(self):
        client = self.open_client()
        seen = [self.ask(client, server, number) for number, server in enumerate(self.servers)]
        if None in seen:
            return 'none'
        if seen[0] != seen[1]:
            return 'APD'
        return 'EI' if seen[0] == seen[2] else 'AD'

    def find_filtering(self):
        client = self.open_client()
        outside = self.ask(client, self.servers[0], 0)
        if outside is None:
            return 'none'
        came = self.deliver(client, outside, surely=0)
        return {(0, 1, 2): 'EI', (0, 1): 'AD', (0,): 'APD'}.get(
            tuple(sorted(came)), f'odd {sorted(came)}'
        )

    def deliver(self, client, outside, surely=None):
        """Each server sends to an address; returns which of them got through to the client. One of
        them surely does, so it is waited for."""
        came = set()
        for number, server in enumerate(self.servers):
            server.sendto(str(number).encode(), outside)
        end = time.monotonic() + (QUIET if surely is None else PATIENCE)
        while (left := end - time.monotonic()) > 0:
            client.settimeout(left)
            try:
                number = int(client.recvfrom(64)[0])
            except socket.timeout:
                break
            came.add(number)
            if number == surely:
                end = time.monotonic() + QUIET
        return came

    def is_open_to_strangers(self):
        """Whether a packet to a port that has never sent gets in."""
        client = self.open_client()
        return bool(self.deliver(client, (self.site.public, client.getsockname()[1])))

    def keeps_port(self):
        client = self.open_client()
        outside = self.ask(client, self.servers[0], 0)
        return outside is not None and outside[1] == client.getsockname()[1]

    def survives_early_packet(self):
        """Whether the mapping is the same towards somebody whose packets came (and were dropped)
        before ours went out."""
        client = self.open_client()
        before = self.ask(client, self.servers[0], 0)
        for _ in range(3):
            self.servers[2].sendto(b'9', before)
        time.sleep(0.1)
        return before == self.ask(client, self.servers[2], 2)

    def hairpins(self, neighbour):
        """Whether a neighbour in the same LAN reaches us at our outside address."""
        client, other = self.open_client(), self.open_client(neighbour)
        outside = self.ask(client, self.servers[0], 0)
        other.sendto(b'7', outside)
        client.settimeout(QUIET)
        try:
            client.recvfrom(64)
            return True
        except socket.timeout:
            return False
