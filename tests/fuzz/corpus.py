#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets: small inputs that are right, for a fuzzer to bend.

    corpus.py [FOLDER]    default: corpus/ beside this file; other files there are left alone

What a crash or a hunt left behind is committed beside these under a name that says what it is.
"""

import struct
import sys
import zlib
from pathlib import Path

IPV4 = bytes([4, 198, 51, 100, 7]) + bytes(12) + struct.pack('>H', 8900)
IPV6 = bytes([6, 0x20, 0x01, 0x0D, 0xB8]) + bytes(12) + struct.pack('>H', 8900)
KEY = bytes(range(32))
ID = bytes(range(16))


def take(data):
    """As fuzz_take() reads it."""
    return struct.pack('>H', len(data)) + data


def frame(kind, body=b''):
    return struct.pack('>BH', kind, len(body)) + body


def message(kind, body=b''):
    return struct.pack('>BI', kind, len(body)) + body


def string(text):
    data = text.encode()
    return struct.pack('>H', len(data)) + data


def entry(name, online=1):
    return KEY + struct.pack('>IB', 1, online) + string(name)


def candidates(generation=1):
    return message(
        0x41, struct.pack('>IBBBB', generation, 0, 1, 0, 2) + b'\1' + IPV4 + b'\4' + IPV6
    )


def item(kind, body=b''):
    return message(kind, ID + struct.pack('>Q', 1790000000000000) + body)


def text(words=b'hello'):
    return item(1, words)


PACKETS = {
    'hs1': bytes([4, 1, 1, 0]) + bytes(508),
    'hs2': bytes([5, 1, 0, 0]) + bytes(89),
    'cookie': bytes([6]) + bytes(63),
    'data': bytes([7]) + bytes(31),
    'open': bytes([8]) + bytes(7),
    'info': bytes([9, 1, 0, 0]) + bytes(92),
    'info-reply': bytes([10, 1, 0x22, 0x91]) + bytes(8) + KEY + IPV4 + bytes(16),
    'unknown': bytes([11]) + bytes(7),
}

STREAM = frame(3, struct.pack('>IQ', 1, 0) + b'data')
ACK = frame(2, struct.pack('>QII', 9, 25, 1) + struct.pack('>II', 0, 2))
FRAMES = {
    'pad-ping-ack': frame(0, bytes(9)) + frame(1) + ACK,
    'streams': STREAM + frame(4, struct.pack('>IQ', 1, 300000)),
    'close': frame(5, struct.pack('>H', 1) + b'restarting'),
    'early': frame(6, struct.pack('>I', 1) + text()),
    'paths': frame(7, IPV4) + frame(8, bytes(8)) + frame(9, bytes(8) + IPV6),
    'relay': frame(0x10, struct.pack('>I', 1) + bytes(40)) + frame(0x11, KEY + bytes(40)),
    'failed': frame(0x12, struct.pack('>IB', 1, 2)) + frame(0x13, KEY + b'\1'),
    'incoming': frame(0x14, struct.pack('>I', 1) + string('bob') + bytes(40)),
}

MESSAGES = {
    'register': message(1, b'\1' + string('alice')) + message(4),
    'registered': message(2, struct.pack('>I', 7) + IPV4 + string('alice')) + message(5),
    'refused': message(3, struct.pack('>BI', 1, 5) + string('alice')),
    'lookup': message(6, struct.pack('>I', 1) + string('bob')),
    'lookup-result': message(7, struct.pack('>IB', 1, 0) + entry('bob')),
    'directory': message(8, b'\1') + message(9, struct.pack('>H', 1) + entry('bob')) + message(10),
    'presence': message(0x0B, b'\2') + message(9, struct.pack('>H', 1) + entry('bob', 2)),
    'keepalive': message(0x0E, struct.pack('>H', 96)),
    'mail-put': message(0x21, struct.pack('>I', 7) + KEY + ID + b'sealed') + message(
        0x22, struct.pack('>IB', 7, 3)
    ),
    'mail-item': message(0x23, struct.pack('>QQ', 9, 1700000000) + b'sealed'),
    'mail-lists': message(0x24, struct.pack('>QQ', 9, 10)) + message(0x25, b'\1' + ID + KEY),
    'candidates': candidates(),
    'text': text('grüße 🙂'.encode()),
    'reply': item(2, ID[::-1] + 'ja, grüße'.encode()),
    'edit-delete': item(3, ID[::-1] + b'hallo') + item(4, ID[::-1]),
    'reactions': item(5, ID[::-1] + '👍🏽'.encode()) + item(5, ID[::-1]),
    'profile': item(6, string('at sea ⛵') + b'\x89PNG') + item(6, string('')),
    'prekeys': item(7, (struct.pack('>Q', 1) + KEY) * 2),
    'accept-unknown': item(8) + item(0x3F, b'of a later version'),
    'receipt': message(0x40, b'\1' + ID + ID[::-1]),
    'read-typing': message(0x40, b'\2' + ID) + message(0x41, b'\1') + message(0x41, b'\0'),
}

TEXTS = {
    'name': b'\0' + 'Ångström ㎾ 🙂\ufe0f'.encode(),
    'ipv4': b'\1' + b'192.168.1.20',
    'ipv6': b'\1' + b'fe80::1:ffff:192.0.2.1',
    'wire': b'\2' + IPV6,
    'mapped': b'\2' + bytes([6]) + bytes(10) + bytes([255, 255, 192, 0, 2, 1, 1, 1]),
    'key': b'\3' + b'a' * 52,
    'message-id': b'\4' + b'0123456789abcdef' * 2,
}

# See fuzz-sealed.c for the first byte.
LETTER = b'\0\0\0\5hello' + bytes(247)
SEALED = {
    'raw': b'\0' + b'\1' + bytes(8) + bytes(96 + 256 + 16),
    'raw-prekey': b'\0' + b'\1' + bytes(7) + b'\7' + KEY + bytes(96 + 256 + 16),
    'written': b'\1' + b'hello',
    'written-prekey': b'\x81' + b'hello',
    'changed': b'\2' + struct.pack('>HB', 100, 1) + b'hello',
    'changed-prekey': b'\x82' + struct.pack('>HB', 8, 1) + b'hello',
    'body': b'\3' + LETTER,
    'body-length-beyond': b'\3' + b'\xff' + LETTER[1:],
    'body-not-last': b'\x43' + LETTER,
}

LINKS = {
    'whole': b'udpnat:alice@chat.example.org:9000?key=' + b'a' * 51 + b'q',
    'encoded': b'udpnat:Zo%C3%AB%20a%40b@example.org?x=%41&y=',
    'slashes': b'UDPNAT://alice@[2001:db8::1]:9000/?key=',
    'typed': b' a@b@192.0.2.1:1\r\n',
    'link-local': b'alice@[fe80::1%3]',
    'other-script': 'Ångström@bücher.example'.encode(),
    'mapped': b'udpnat:x@[::ffff:192.0.2.1]',
    'hash': b'udpnat:x#y',
}

WAIT = bytes([2, 63])  # 64 ms
SESSION = {
    'talk': WAIT + (b'\0' + b'\x0f\xff' + b'\x90' + b'\x03\xe8') * 3 + bytes([2, 0x87, 15]),
    'bad-link': WAIT + bytes([4, 0x15]) + (b'\0' + b'\x0f\xff' + WAIT) * 4 + bytes([2, 0x87, 15]),
    'rekey': WAIT + bytes([10]) + take(b'') + WAIT + bytes([2, 0xC0]) + b'\0\x00\x40' + WAIT,
    'forged': WAIT + bytes([7]) + take(STREAM + ACK) + WAIT + bytes([0x87]) + take(FRAMES['paths']),
    'replayed': WAIT + bytes([5, 0, 0, 0, 40, 1, 5, 0, 1, 0, 40, 0]) + WAIT,
    'much': WAIT + (b'\0\xff\xff' + WAIT + b'\x0f' + WAIT) * 4,
    'paths': WAIT + b'\0\x00\x40' + b'\x0b\x11\x01' + b'\x0b\x00\x02' + WAIT + b'\x0b\0\0',
    'sleeps': WAIT + b'\0\x00\x40' + bytes([3, 0xC2]) + WAIT + bytes([2, 0x84, 15]),
    'forgotten': WAIT + bytes([12]) + b'\0\x00\x40' + bytes([2, 0x85]),
}


def on_server(client, op, argument=b''):
    return bytes([client << 4 | op]) + argument


def join(client, name):
    """Dials, registers, lists all; the claim is stored."""
    return (
        on_server(client, 2, take(b''))
        + on_server(client, 6, b'\4' + take(name))
        + on_server(client, 12)
        + on_server(client, 6, b'\6' + take(b''))
        + on_server(client, 9, bytes([0x41]))
    )


TWO_PEOPLE = join(0, b'alice') + join(1, b'bob')
SERVER = {
    'two-people': TWO_PEOPLE
    + on_server(0, 8, b'\1' + take(PACKETS['data']))
    + on_server(1, 8, b'\x80' + take(PACKETS['data'])),
    'same-name': join(0, b'alice') + join(1, b'Alice') + on_server(1, 6, b'\1' + take(b'alice')),
    'strangers': on_server(0, 0, b'\0' + take(PACKETS['info']))
    + on_server(0, 0, b'\1' + take(PACKETS['data'])),
    'moves': TWO_PEOPLE
    + on_server(0, 11, b'\1')
    + on_server(0, 8, b'\1' + take(PACKETS['hs1']))
    + on_server(1, 8, b'\x80' + take(PACKETS['data'])),
    'forged-source': TWO_PEOPLE
    + on_server(0, 11, b'\x41')
    + on_server(0, 3, take(frame(0, bytes(60))))
    + on_server(1, 8, b'\x80' + take(PACKETS['data'])),
    'cookies': on_server(0, 2, take(b'')) * 9 + on_server(0, 9, b'\x44'),
    'rekeys': join(0, b'alice') + on_server(0, 9, b'\x9b') + on_server(0, 2, take(b'')),
    'forged': join(0, b'alice')
    + on_server(0, 3, take(FRAMES['relay']))
    + on_server(0, 5, take(MESSAGES['lookup']) + b'\0'),
    'mail': TWO_PEOPLE
    + on_server(0, 13, b'\x53\1\2\0\0')  # alice accepts two passes
    + on_server(1, 13, b'\x40\x04')  # bob writes, with one of them
    + on_server(1, 13, b'\x00\x04')  # and with none
    + on_server(0, 13, b'\4') * 2  # the disk has both
    + on_server(0, 13, b'\6') * 2
    + on_server(0, 13, b'\2')
    + on_server(0, 9, b'\x9f'),
    'mail-disk-fails': TWO_PEOPLE
    + on_server(1, 13, b'\x00\xff') * 3
    + on_server(0, 13, b'\x84')
    + on_server(0, 13, b'\4')
    + on_server(0, 13, b'\x86'),
    'goes': join(0, b'alice')
    + on_server(0, 9, b'\x9f')
    + join(1, b'bob')
    + on_server(0, 15, b'\xff'),
}


def on_node(who, op, argument=b''):
    return bytes([who << 4 | op]) + argument


BOB, CAROL, HOST = 0, 1, 2
EARLY = take(
    frame(6, struct.pack('>I', 0) + candidates()) + frame(6, struct.pack('>I', 1) + text())
)


def wait(byte):
    return on_node(0, 12, bytes([byte]))


def write(to):
    return on_node(0, 10, bytes([to << 4]))


REGISTERED = on_node(HOST, 2, b'\0\0') + on_node(HOST, 2, b'\2\0') + wait(0x40)
LOGGED_IN = b'\0' + wait(0) + REGISTERED  # the session with the server is there first
CANDIDATES = b'\4\1\1\1\1'
BOB_DIRECT = LOGGED_IN + on_node(BOB, 4, EARLY) + on_node(BOB, 8, CANDIDATES) + wait(0x44)
NODE = {
    'writes-to-bob': LOGGED_IN + write(BOB) + wait(0x41) + on_node(BOB, 8, b'\1'),
    'bob-direct': BOB_DIRECT + write(BOB) + on_node(0, 10, b'\3') + wait(0xBF) + write(BOB),
    'bob-falls-silent': BOB_DIRECT + on_node(BOB, 3, b'\x83') + write(BOB) + wait(0x88),
    'bob-unknown': BOB_DIRECT + write(BOB) + on_node(BOB, 3, b'\2') + wait(0x44),
    'carol-relayed': LOGGED_IN
    + on_node(CAROL, 14)
    + on_node(CAROL, 4, EARLY)
    + on_node(CAROL, 9, b'\2'),
    'carol-is-looked-up': LOGGED_IN + write(CAROL) + on_node(HOST, 2, b'\6\1\1') + wait(0x81),
    'bob-is-away': LOGGED_IN + write(BOB) + on_node(BOB, 3, b'\x09') + wait(0x85) + write(BOB),
    'server-goes': LOGGED_IN + on_node(HOST, 14) + write(BOB) + wait(0x9F),
    'server-asks-cookie': LOGGED_IN + on_node(HOST, 3, b'\7') + on_node(HOST, 14) + wait(0x9F),
    'server-key-unknown': b'\1' + wait(0x40) + REGISTERED + write(BOB) + on_node(HOST, 3, b'\2'),
    'network-changes': BOB_DIRECT + on_node(0, 10, b'\x15') + wait(0x44) + on_node(0, 10, b'\x84'),
    'letter-comes': LOGGED_IN + on_node(HOST, 6, b'\0\1' + take(text())) + wait(0x40),
    'letter-with-prekey': LOGGED_IN
    + on_node(0, 10, b'\x0d')
    + on_node(HOST, 6, b'\x08\1' + take(text()))
    + on_node(0, 10, b'\3')
    + wait(0x40),
    'letter-goes': LOGGED_IN
    + on_node(0, 10, b'\x0d')
    + write(BOB)
    + wait(0x88)
    + on_node(0, 10, b'\x0e')
    + wait(0x44)
    + on_node(HOST, 6, b'\3\1')
    + wait(0x44),
    'stranger-accepted': LOGGED_IN
    + on_node(CAROL, 14)
    + on_node(CAROL, 4, EARLY)
    + on_node(0, 10, b'\x09')
    + on_node(0, 10, b'\x3a')
    + wait(0x44)
    + on_node(0, 10, b'\x5a')
    + wait(0x44),
    'forged': LOGGED_IN
    + on_node(BOB, 4, EARLY)
    + on_node(BOB, 5, take(FRAMES['paths']))
    + on_node(HOST, 5, take(FRAMES['incoming'])),
    'sleeps': LOGGED_IN + write(BOB) + wait(0xC9) + write(CAROL) + wait(0x84),
}



def beacon(key, sent, source=0, leaving=0, port=8900, name=b'bob'):
    """Of one of the target's keys, signed there."""
    fields = struct.pack('>BBBQHH', 1, key, leaving, sent, 30, port)
    return fields + take(name) + bytes([source])


def wait(seconds):
    return bytes([3, 0x80 + seconds - 1])


BEACONS = {
    'unsigned': bytes([12, 1, 0, 0]) + bytes(12) + KEY + string('bob') + bytes(64),
    'raw': b'\0' + take(bytes([12, 1, 0, 0]) + bytes(12) + KEY + string('bob') + bytes(64)) + b'\0',
    'one-comes': beacon(1, 5),
    'both-families': beacon(1, 5) + beacon(1, 5, 2),
    'comes-and-goes': beacon(1, 5) + beacon(1, 6, leaving=3) + beacon(1, 5) + beacon(1, 7),
    'expires': beacon(1, 5) + wait(30) * 4,
    'new-port': beacon(1, 5) + beacon(1, 6, port=8901),
    'new-name': beacon(1, 5) + beacon(1, 6, name=b'robert'),
    'bad-name': beacon(1, 5, name=b' bob') + beacon(1, 6, name=b'b\0b') + beacon(1, 7, name=b''),
    'low-port': beacon(1, 5, port=53),
    'own-key': beacon(0, 5),
    'sources': b''.join(beacon(1 + i % 7, 5 + i, i) for i in range(10)),
    'repeated-elsewhere': b''.join(beacon(1, 5, i) for i in range(5)),
    'leaves-and-is-back': b'\4' + beacon(1, 5) + b'\5\1' + beacon(1, 6),
    'asks-again': beacon(1, 5) + beacon(1, 6, leaving=16) + wait(1) + beacon(1, 7, leaving=16),
    'far-future': beacon(1, 2**64 - 1) + beacon(1, 5),
}


def stun(kind, *attributes, cookie=b'\x21\x12\xa4\x42'):
    """Attributes are pairs of type and content."""
    body = b''.join(
        struct.pack('>HH', number, len(value)) + value + bytes(-len(value) % 4)
        for number, value in attributes
    )
    return struct.pack('>HH', kind, len(body)) + cookie + bytes(range(12)) + body


def fingerprinted(kind, *attributes):
    bare = stun(kind, *attributes, (0x8028, bytes(4)))[:-8]
    return bare + struct.pack('>HHI', 0x8028, 4, zlib.crc32(bare) ^ 0x5354554E)


STUN_IPV4 = struct.pack('>HH', 1, 8848) + bytes([198, 51, 100, 7])
STUN_IPV6 = struct.pack('>HH', 2, 8848) + IPV6[1:17]
STUNS = {
    'request': stun(1),
    'questions': stun(1, (3, bytes([0, 0, 0, 6])), (0x27, b'\x9c\x40\0\0'), (0x26, bytes(9))),
    'legacy-request': stun(1, (3, bytes(4)), cookie=bytes(4)),
    'legacy-response': stun(0x101, (1, STUN_IPV4), (4, STUN_IPV4), (5, STUN_IPV4), cookie=bytes(4)),
    'response': stun(0x101, (0x20, STUN_IPV4), (0x802B, STUN_IPV4), (0x802C, STUN_IPV4)),
    'response-ipv6': stun(0x101, (0x20, STUN_IPV6), (0x8022, b'software')),
    'error': stun(0x111, (9, b'\0\0\4\x14Unknown'), (10, b'\0\x24\x7f\xff')),
    'fingerprint': fingerprinted(1, (3, bytes(4))),
    'integrity': stun(1, (6, b'evtj:h6vY'), (8, bytes(20)), (3, bytes(4))),
    'unknown': stun(1, (0x24, bytes(4)), (0x8029, bytes(8))),
}


# How the stream is cut, then the stream.
TUNNELS = {
    'one': b'\xff' + take(b'hello'),
    'three-in-small-pieces': b'\2' + take(b'a') + take(bytes(300)) + take(PACKETS['data']),
    'longest': b'\x63' + take(bytes(1200)) + take(bytes(1200)),
    'unfinished': b'\7' + take(b'first') + take(b'second')[:5],
    'too-long': b'\0' + take(b'first') + struct.pack('>H', 1201) + bytes(20),
    'empty': b'\0' + take(b'first') + take(b'') + take(b'last'),
    'web-server': b'\x10HTTP/1.1 400 Bad Request\r\n\r\n',
}


CORPORA = {
    'beacon': BEACONS,
    'packet': PACKETS,
    'stun': STUNS,
    'tunnel': TUNNELS,
    'frame': FRAMES,
    'message': MESSAGES,
    'text': TEXTS,
    'sealed': SEALED,
    'link': LINKS,
    'session': SESSION,
    'server': SERVER,
    'node': NODE,
}


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / 'corpus'
    for target, inputs in CORPORA.items():
        (root / target).mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (root / target / name).write_bytes(data)


if __name__ == '__main__':
    main()
