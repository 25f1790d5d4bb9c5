"""A flood of forged packets on a server: from random sources, bounded in rate and time, and only
inside the lab. What is sent looks as real as somebody can make it who is not where it says."""

import hashlib
import os
import random
import socket
import struct
import threading
import time

from .programs import SERVER_PORT
from .topology import SERVER

UDP = 17
INFO_BYTES = 96
INFO_REPLY_KEY = slice(12, 44)
HS1_BYTES = 512
MAC_BYTES = 16
# 198.18.0.0/15 is nobody's (RFC 2544); of the segment's own, all but those of machines
FORGED_NETWORK = (198 << 24) | (18 << 16)
FORGED_BITS = 17
BURST_SECONDS = 0.005


def ask_key(host):
    """The server's public key, as anybody may ask for it."""
    with host.udp_socket('0.0.0.0', 0) as asker:
        asker.sendto(bytes((9, 1, 0, 0)) + os.urandom(8) + bytes(INFO_BYTES - 12),
                     (SERVER, SERVER_PORT))
        return asker.recv(1500)[INFO_REPLY_KEY]


def _blake(data, size, key=b''):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


class Forger:
    """Makes the payloads: handshakes that only the one with the key can tell from real ones,
    questions, and rubbish that begins like one of our packets."""

    def __init__(self, server_key, seed):
        self.chance = random.Random(seed)
        self.mac_key = _blake(b'udpnat mac1' + server_key, 32)

    def make_handshake(self):
        body = bytes((4, 1, 0, 0)) + self.chance.randbytes(HS1_BYTES - 4 - 2 * MAC_BYTES)
        return body + _blake(body, MAC_BYTES, self.mac_key) + bytes(MAC_BYTES)

    def make_info(self):
        return bytes((9, 1, 0, 0)) + self.chance.randbytes(8) + bytes(INFO_BYTES - 12)

    def make_rubbish(self):
        return bytes((self.chance.randrange(16),)) + self.chance.randbytes(
            self.chance.randrange(1, 1200))

    def make(self):
        return self.chance.choice((self.make_handshake, self.make_info, self.make_rubbish))()

    def wrap(self, payload):
        """In UDP, in IPv4, from a source that is not ours. The kernel fills in the sum of the IP
        header; a UDP packet may have none."""
        source = FORGED_NETWORK | self.chance.getrandbits(FORGED_BITS)
        udp = struct.pack('!HHHH', self.chance.randrange(1024, 65536), SERVER_PORT,
                          8 + len(payload), 0)
        ip = struct.pack('!BBHHHBBHI4s', 0x45, 0, 20 + 8 + len(payload), 0, 0, 64, UDP, 0, source,
                         socket.inet_aton(SERVER))
        return ip + udp + payload


class Flood:
    """Use with `with`: so many packets a second from a host, until the end of it."""

    def __init__(self, host, server_key, rate, seconds):
        self.rate = rate
        self.end = time.monotonic() + seconds
        self.is_over = False
        self.count = 0
        self.began = time.monotonic()
        self.lasted = 0.0
        forger = Forger(server_key, 1)
        # Made before, so that the machine has its time for the programs
        self.packets = [forger.wrap(forger.make()) for _ in range(4000)]
        with host.entered():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.is_over = True
        self.thread.join()
        self.socket.close()

    def _send(self, packet):
        try:
            self.socket.sendto(packet, (SERVER, 0))
        except OSError:
            pass  # the line is full

    def _run(self):
        while not self.is_over and time.monotonic() < self.end:
            due = int((time.monotonic() - self.began) * self.rate)
            while self.count < due:
                self._send(self.packets[self.count % len(self.packets)])
                self.count += 1
            time.sleep(BURST_SECONDS)
        self.lasted = time.monotonic() - self.began
