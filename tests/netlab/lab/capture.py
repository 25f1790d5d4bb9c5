"""What really is on a wire: every frame of one device, taken apart as far as the lab needs it.

A packet socket, so no tool has to be there."""

import ipaddress
import socket
import struct
import threading
import time

ETH_P_ALL = 3
UDP = 17


class Packet:
    """One IP packet that was seen; ports and payload are those of UDP."""

    def __init__(self, source, destination, protocol, body, is_multicast):
        self.source = str(source)
        self.destination = str(destination)
        self.is_multicast = is_multicast
        self.is_udp = protocol == UDP and len(body) >= 8
        self.payload = body[8:] if self.is_udp else body
        self.port_from, self.port_to = struct.unpack('!HH', body[:4]) if self.is_udp else (0, 0)

    def __str__(self):
        return (
            f'{self.source}:{self.port_from} to {self.destination}:{self.port_to}, '
            f'{len(self.payload)} bytes'
        )


def parse(frame):
    """An Ethernet frame; None when there is no IP packet in it."""
    if len(frame) < 14:
        return None
    kind, = struct.unpack('!H', frame[12:14])
    ip = frame[14:]
    if kind == 0x0800 and len(ip) >= 20:
        source, destination = (ipaddress.IPv4Address(ip[i:i + 4]) for i in (12, 16))
        body = ip[(ip[0] & 15) * 4:int.from_bytes(ip[2:4], 'big')]
        return Packet(source, destination, ip[9], body, destination.is_multicast)
    if kind == 0x86DD and len(ip) >= 40:
        source, destination = (ipaddress.IPv6Address(ip[i:i + 16]) for i in (8, 24))
        return Packet(source, destination, ip[6], ip[40:], destination.is_multicast)
    return None


class Capture:
    """Use with `with`. Frames are kept from then on, in both directions."""

    def __init__(self, namespace, device):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((device, 0))
        self.socket.settimeout(0.1)
        self.frames = []
        self.is_over = False
        self.reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, kind, value, trace):
        self.is_over = True
        self.reader.join()
        self.socket.close()

    def _read(self):
        while not self.is_over:
            try:
                self.frames.append(self.socket.recv(65536))
            except socket.timeout:
                pass
            except OSError:
                time.sleep(0.01)  # the device is down; it goes on when that is up again

    def count(self):
        return len(self.frames)

    def select(self, test, since=0):
        """The packets from an index on of which test() is true."""
        packets = (parse(frame) for frame in self.frames[since:])
        return [packet for packet in packets if packet is not None and test(packet)]

    def holds(self, text, since=0):
        """Whether these bytes are anywhere in a frame."""
        return any(text in frame for frame in self.frames[since:])
