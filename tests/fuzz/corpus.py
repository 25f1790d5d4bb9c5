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
    'hs1-ticket': bytes([4, 1, 2, 0]) + bytes(508),
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
    'watch': message(0x18, b'\1' + KEY + KEY) + message(0x19, struct.pack('>BI', 1, 1000)),
    'list': message(0x1B, struct.pack('>IB', 1, 50) + string('al') + string('alice')),
    'page': message(0x1C, struct.pack('>IBB', 1, 1, 1) + entry('bob')) + message(0x1A, b'\2'),
    'keepalive': message(0x0E, struct.pack('>H', 96)),
    'invitation': message(0x18, bytes(15)) + message(1, b'\1' + string('alice')),
    'ticket': message(0x1E, struct.pack('>I', 86400) + KEY + KEY + ID + KEY),
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
    'address': item(9, b'bob@example.org:9000') + item(9, b'bob'),
    'accept-unknown': item(8) + item(0x3F, b'of a later version'),
    'receipt': message(0x40, b'\1' + ID + ID[::-1]),
    'begin': message(0x42) + text(),
    'attest': message(0x0C, ID) + message(0x0D, ID + IPV4 + KEY + bytes(64)),
    'search': b''.join(
        message(0x42, bytes([step]) + body)
        for step, body in (
            (1, ID),
            (2, ID + ID + IPV4 + KEY + bytes(64)),
            (3, ID + IPV4 + KEY + bytes(64) + b'\2' + struct.pack('>HHh', 40000, 5, -1) * 2),
            (4, b''),
            (7, b'\1' + struct.pack('>HHh', 40000, 5, 2)),
        )
    ),
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
    'invitation': b'udpnat:@example.org:9000?invite=mzxw6y-tbojtg-633cmf-zgm33p&key=' + b'a' * 52,
    'invitation-slashes': b'udpnat://@[2001:db8::1]/?invite=MZXW6YTBOJTG633CMFZGM33P',
    'code': b' mzxw6y tbojtg 633cmf zgm33p\n',
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
    'tickets': TWO_PEOPLE
    + on_server(0, 10)  # while the session lives
    + on_server(0, 14)
    + on_server(0, 10)  # and when it has forgotten it
    + on_server(0, 6, b'\4' + take(b'alice'))
    + on_server(0, 9, b'\xff') * 3
    + on_server(1, 10),
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



# ---- Two people and their server ----


def on_world(how, op, argument=b''):
    return bytes([how << 4 | op]) + argument


ALICE, BOB_SAYS = 0, 1
XOR, PADS, WRITES, INSERTS, REPLACES, REMOVES = range(6)  # what becomes of a seal


def say(who):
    return on_world(who, 0)


def run(byte=0x81):
    return on_world(0, 2, bytes([byte]))


def fates(*fate):
    return on_world(0, 6, take(bytes(fate)))


def again(how=0, which=0, at=0, change=0):
    return on_world(how, 9, struct.pack('>HHB', which, at, change))


def bend(kind, at=0, byte=0, data=b'', before=0):
    """One of the next seals says something else."""
    tail = take(data) if kind in (WRITES, INSERTS) else b''
    return on_world(kind, 11, struct.pack('>BHB', before, at, byte) + tail)


def owner(who, how):
    return on_world(who, 14, bytes([how]))


JOINED = run(0x83)
TALK = JOINED + say(ALICE) + run() + say(BOB_SAYS) + run()


def everywhere(kind, data):
    """In one seal after the other, so that each sort of packet is met."""
    return b''.join(bend(kind, 0, 0, data, before) + say(before & 1) + run() for before in range(4))


WORLD = {
    'talk': TALK + say(ALICE) * 3 + run(0x90),
    'before-joining': say(ALICE) + say(BOB_SAYS) + run(0x84),
    'loses': fates(*[1] * 40) + JOINED + say(ALICE) + fates(*[1, 0] * 20) + run(0x84),
    'repeats': fates(*[2] * 40) + JOINED + say(ALICE) + fates(*[2] * 20) + run(0x84),
    'holds': JOINED + fates(*[3] * 10) + say(ALICE) + run() + on_world(0, 8) + run(),
    'cuts': fates(*range(4, 250, 6)) + JOINED + say(ALICE) + fates(*range(4, 250, 6)) + run(0x84),
    'changes': fates(*range(5, 250, 6)) + JOINED + say(ALICE) + fates(*range(5, 250, 6))
        + run(0x84),
    'replayed': TALK + b''.join(again(0, i) for i in range(30)) + run(),
    'replayed-by-strangers': TALK + b''.join(again(2 | i & 4, i, i, 0) for i in range(30)) + run(),
    'stolen': TALK + fates(1, 1, 1) + say(ALICE) + again(2) + again(6, 1) + run(0x83),
    'strangers': JOINED
    + b''.join(on_world(how, 10, take(PACKETS[kind])) for how in (0, 3) for kind in PACKETS),
    'padded': TALK + b''.join(bend(PADS, i * 7) + say(i & 1) + run() for i in range(6)),
    'one-byte': TALK + b''.join(bend(XOR, i * 5, 0x81) + say(i & 1) + run() for i in range(12)),
    'removed': TALK + b''.join(bend(REMOVES, i * 3, i + 1) + say(i & 1) + run() for i in range(8)),
    'said-again': TALK + b''.join(bend(REPLACES, 0, i) + say(i & 1) + run() for i in range(16)),
    'joining-bent': bend(XOR, 3, 7, b'', 1) + bend(XOR, 30, 7, b'', 2) + JOINED + say(ALICE)
        + run(),
    'user-comes-and-goes': TALK + on_world(1, 15) + say(ALICE) + run(0x90) + on_world(1, 15)
        + run(),
    'server-comes-and-goes': TALK + on_world(2, 15) + say(ALICE) + run(0x90) + on_world(2, 15)
        + run(),
    'relayed': JOINED + owner(0, 0x22) + say(ALICE) + run() + say(BOB_SAYS) + run() + owner(0, 2),
    'moves': TALK + owner(0, 0x2F) + say(ALICE) + run(0x83) + owner(1, 0x47) + say(BOB_SAYS)
        + run(0x84),
    'owners': TALK
    + b''.join(owner(i & 1, how) + run(0x80) for i, how in enumerate((0x20, 1, 0x23, 4, 0x24, 5,
    0x26))),
    'rekeys': TALK + run(0xBF) + say(ALICE) + run(0xC0) + say(BOB_SAYS),
    'sleeps': TALK + on_world(0, 5, b'\xc4') + say(ALICE) + run(0x84),
}
WORLD.update({'frame-' + name: TALK + everywhere(INSERTS, data) for name, data in FRAMES.items()})
WORLD.update(
    {
        'message-' + name: TALK
        + everywhere(
            INSERTS, frame(3, struct.pack('>IQ', 0, 0) + data) + frame(6, struct.pack('>I', 1)
                + data)
        )
        for name, data in MESSAGES.items()
    }
)

# ---- Files ----

NULL, ZERO, MINUS = b'\0', b'\x0d', b'\1'


def int64(number):
    return b'\2' + struct.pack('>q', number)


def any_text(data):
    return b'\3' + take(data)


def blob(data):
    return b'\4' + take(data)


def rows(table, value, first_row=0x80, columns=20):
    """The same in all columns of a table that has so many."""
    return b''.join(bytes([table, column, first_row]) + value for column in range(columns))


def spoil(at, data):
    return struct.pack('>I', at)[1:] + take(data)


VALUES = {
    'null': NULL,
    'zero': ZERO,
    'minus': MINUS,
    'large': int64(2**63 - 1),
    'text': any_text(b'\xff\xfe\0bad'),
    'short-blob': blob(b'short'),
    'no-blob': blob(b''),
    'blob-16': blob(ID),
    'blob-32': blob(KEY),
}
STORE = {
    'rows-' + name: b'\0' + b''.join(rows(table, value) for table in range(16))
    for name, value in VALUES.items()
}
TRANSFERS = 17  # the last of all tables in their order; it has 8 columns
STORE.update(
    {
        'transfers-' + name: b'\0' + rows(TRANSFERS, value, columns=8)
        for name, value in VALUES.items()
    }
)
STORE.update(
    {
        'rows-long-text': b'\0'
        + b''.join(bytes([table, 6, 0x80]) + any_text(b'x' * 2000) for table in range(16)),
        'as-it-is': b'\0',
        'as-it-is-sealed': b'\3',
        'as-it-is-to-check': b'\4',
        'page-1': b'\2' + spoil(100, b'\xee' * 60),
        'pages': b'\6' + b''.join(spoil(4096 * page, b'\xee' * 64) for page in range(2, 40, 3)),
        'pages-unmarked': b'\2' + b''.join(spoil(4096 * page + 8, b'\xee' * 9) for page in range(3,
            30)),
        'cut': b'\6' + spoil(4096 * 9, b''),
        'cut-in-page': b'\2' + spoil(4096 * 9 + 100, b''),
        'no-database': b'\2' + spoil(0, b'not SQLite at all'),
        'sealed-changed': b'\3' + spoil(4096 * 3 + 5, b'\xee'),
        'sealed-first-changed': b'\7' + spoil(20, b'\xee'),
        'sealed-cut': b'\7' + spoil(4096 * 4, b''),
    }
)

SERVER_STORE = {
    kind + '-' + name: bytes([how]) + b''.join(rows(table, value, columns=6) for table in range(6))
    for how, kind in enumerate(('names', 'letters'))
    for name, value in VALUES.items()
}
SERVER_STORE.update(
    {
        'names-as-they-are': b'\0',
        'letters-as-they-are': b'\1',
        'names-page-1': b'\2' + spoil(100, b'\xee' * 60),
        'names-cut': b'\2' + spoil(4096, b''),
        'letters-page-1': b'\3' + spoil(100, b'\xee' * 60),
        'letters-cut': b'\3' + spoil(4096 * 2, b''),
        'letters-pages': b'\3' + b''.join(spoil(4096 * page + 9, b'\xee' * 64) for page in range(1,
            6)),
    }
)

PROTECTED = (
    'udpnat-identity 1\nargon2id %s %s\nsalt ' + '00' * 16 + '\nnonce ' + '00' * 24 + '\nsealed '
        + '00' * 81
)


def protected(passes='1', memory='8192', mode=b'\1'):
    return mode + (PROTECTED % (passes, memory)).encode() + b'\n'


HEX_KEY = KEY.hex().encode() + b'\n'
BACKUP = b'udpnat backup 1\n'
FILES = {
    'key-plain': b'\0' + HEX_KEY,
    'key-upper': b'\0' + HEX_KEY.upper(),
    'key-long': b'\0' + HEX_KEY + b'\n',
    'key-zero': b'\0' + HEX_KEY[:10] + b'\0' + HEX_KEY[11:],
    'key-wrong-passphrase': protected(),
    'key-much-memory': protected('16', str(1 << 30)),
    'key-too-much-memory': protected('17', str(1 << 40)),
    'key-without-check': protected(mode=b'\0'),
    'key-of-ours': b'\7' + KEY + KEY + b'\0',
    'key-of-ours-changing': b'\7' + KEY + KEY + b'\1',
    'key-of-ours-spoilt': b'\7' + KEY + KEY + b'\0' + spoil(30, b'9'),
    'backup-empty': b'\2',
    'backup-short': b'\2' + BACKUP + b'\0',
    'backup-newer': b'\2' + BACKUP.replace(b'1', b'2') + b'\0' + bytes(80),
    'backup-plain': b'\3' + BACKUP + b'\0' + KEY + struct.pack('>Q', 0),
    'backup-wrong-length': b'\3' + BACKUP + b'\0' + KEY + struct.pack('>Q', 4096) + bytes(100),
    'backup-no-database': b'\3' + BACKUP + b'\0' + KEY + struct.pack('>Q', 4096) + bytes(4096),
    'backup-sealed': b'\4' + KEY + struct.pack('>Q', 0),
    'backup-sealed-no-database': b'\4' + KEY + struct.pack('>Q', 4096) + b'SQLite format 3\0'
        + bytes(4080),
    'backup-sealed-empty': b'\4',
    'backup-sealed-cost': b'\3' + BACKUP + b'\1' + struct.pack('>QQ', 16, 1 << 30) + bytes(16
        + 24 + 60),
    'running': b'\5[server]\npid=1234\nport=8848\nkey=' + b'a' * 52
        + b'\n[outside]\naddress=192.0.2.1:8848\n'
    b'protocol=PCP\n',
    'running-inside': b'\5[server]\npid=1234\nport=8848\n'
    b'[outside]\ncode=mapping-refused\nmessage=no\n',
    'running-bad': b'\5[server]\npid=1\nport=88480\nkey=\xff\n[outside\n',
    'server-key': b'\6' + HEX_KEY,
    'server-key-short': b'\6' + HEX_KEY[:20],
    'server-key-bad': b'\6' + HEX_KEY.replace(b'a', b'g'),
}

# ---- What a network says ----


def pcp(
    code=0, version=2, opcode=0x81, protocol=17, nonce=b'twelve bytes', port=8900, ip=IPV4[1:5]
):
    head = struct.pack('>BBBBII', version, opcode, 0, code, 7200, 12345) + bytes(12)
    mapped = bytes(10) + b'\xff\xff' + ip if len(ip) == 4 else ip
    return b'\0' + head + nonce + struct.pack('>BBHHH', protocol, 0, 0, port, 40000) + mapped


def nat64(bits):
    prefix = bytes([0, 0x64, 0xFF, 0x9B, 1, 2, 3, 4])
    ip = bytes([192, 0, 0, 170])
    at = bits // 8
    whole = prefix[:at] + bytes(max(0, at - 8)) + ip
    return b'\1' + (whole if at == 12 else whole[:8] + b'\0' + whole[8:]).ljust(16, b'\0')


MAPPING = {
    'mapped': pcp(),
    'mapped-option': pcp() + bytes([1, 0, 0, 4]) + bytes(4),
    'mapped-ipv6': pcp(ip=IPV6[1:17]),
    'mapped-private': pcp(ip=bytes([10, 0, 0, 1])),
    'mapped-nowhere': pcp(ip=bytes(4)),
    'other-version': pcp(1, 0),
    'unsupported-version': pcp(1),
    'no-network': pcp(7),
    'refused': pcp(2),
    'question': pcp(opcode=1),
    'other-nonce': pcp(nonce=b'other  bytes'),
    'other-port': pcp(port=8901),
    'tcp': pcp(protocol=6),
    'short': pcp()[:30],
    'sockaddr-ipv4': b'\2' + struct.pack('<H', 2) + struct.pack('>H', 8900) + IPV4[1:5],
    'sockaddr-ipv6': b'\2' + struct.pack('<H', 10) + struct.pack('>HI', 8900, 0) + IPV6[1:17]
        + bytes([3, 0, 0, 0]),
    'sockaddr-mapped': b'\2' + struct.pack('<H', 10) + struct.pack('>HI', 8900, 0) + bytes(10)
        + b'\xff\xff' + IPV4[1:5],
    'sockaddr-other': b'\2' + struct.pack('<H', 1) + b'/tmp/socket',
}
MAPPING.update({'nat64-%d' % bits: nat64(bits) for bits in (32, 40, 48, 56, 64, 96)})

# ---- Words ----


def line_of(mode, *words):
    return bytes([mode]) + '\n'.join(words).encode()


CONFIG = {
    'start': line_of(0, '--server', 'example.org:9000', '--name', 'alice', '--cport', '8901'),
    'start-as-once': line_of(0, '--sip', '0.0.0.0', '--sport', '8848', '--cip', '::1'),
    'start-proxy': line_of(0, '--proxy=socks5h://u:p@[::1]:1080', '--profile', '/tmp/x'),
    'start-proxy-none': line_of(0, '--proxy', 'none', '--sport', '0x10'),
    'start-bad': line_of(0, '--server', 'a b', '--cport', '65536', '--nothing'),
    'cli-send': line_of(1, '--name', 'alice', 'send', 'carol o', 'hello', 'there'),
    'cli-list': line_of(1, '--lan', '--json', 'list'),
    'cli-wait': line_of(1, 'wait', '--count', '3', '--timeout', '9'),
    'cli-netcheck': line_of(1, 'netcheck', '--stun', '[::1]:3478', '--lifetime'),
    'cli-passphrase': line_of(1, 'passphrase', 'set', '--passphrase-file', 'x'),
    'cli-restore': line_of(1, 'restore', 'file', '--no-keyring'),
    'cli-offline': line_of(1, 'history', 'bob', '20', '--strangers', 'refuse'),
    'cli-paths': line_of(1, '--host', '--no-port-mapping', 'paths', 'bob', '--explain'),
    'cli-version': line_of(1, '--version'),
    'server': line_of(2, '--ip', '192.0.2.1', '--port', '9000', '--alt-ip', '192.0.2.2',
        '--alt-port', '9001'),
    'server-tunnel': line_of(2, '--tunnel-port', '443', '--tunnel-port', '8848', '--tls-cert', 'a',
        '--tls-key', 'b'),
    'server-mail': line_of(2, '--mailbox-days', '30', '--mailbox-size', '10', '--mailbox-total',
        '99'),
    'server-bad': line_of(2, '--port', '-1', '--idle-exit', '99999999999', 'more'),
    'address': b'\3example.org:9000',
    'address-ipv6': b'\3[2001:db8::1]:9000',
    'address-link': b'\3' + LINKS['whole'],
    'address-script': '\3Bücher.Example.'.encode(),
    'address-zone': b'\3fe80::1%3',
    'place': b'\4EXAMPLE.org:8848',
    'place-ipv6': b'\4[2001:DB8::1]:8848',
    'place-script': '\4bücher.example:1'.encode(),
    'person': '\5 Ångström '.encode(),
    'person-at': b'\5alice@Example.ORG:9000',
    'joined': line_of(6, 'send', 'carol o', 'and', '--here', ''),
    'joined-text': line_of(6, 'note', '"', ' '),
}

VERBS = {
    'talk': ['send bob hello there', 'reply #2 yes, "quoted"', 'edit 3 no', 'delete --here #2'],
    'react': ['react #2 👍🏽', 'react #2', 'withdraw #1', 'note buy bread', 'draft bob I mean'],
    'draft': ['draft bob --none', 'draft bob', 'waiting', 'history bob 5 before #4', 'history me'],
    'search': ['search kettle', 'search in bob an hour', 'search ', 'unread',
        'read "carol o\'hara"'],
    'export': ['export bob out --text', 'export bob out --json-lines --replace', 'export bob ..'],
    'people': ['peers', 'contacts', 'requests', 'accept "carol o\'hara"', 'whois carol',
        'block bob'],
    'names': ['nick bob Robert the first', 'whois "Robert the first"', 'pin bob', 'mute bob',
        'nick bob'],
    'unblock': ['unblock dave', 'decline "carol o\'hara"', 'forget bob', 'contacts', 'unpin bob'],
    'keys': ['verify bob', 'verify bob yes', 'verify bob 12345 12345', 'trust bob',
        'trust @192.0.2.9'],
    'links': ['link', 'add udpnat:zoe@192.0.2.7?key=' + 'a' * 51 + 'q', 'whois zoe', 'add nothing'],
    'self': ['status at sea ⛵', 'status', 'status --none', 'avatar identity.key', 'avatar none',
        'away'],
    'settings': ['set', 'set relay-only on', 'set relay-only', 'set typing maybe', 'set name zoe',
        'set x'],
    'network': ['paths', 'paths bob --report', 'network --masked', 'relay bob on', 'relay bob',
        'paths --explain'],
    'help': ['help', 'help send', 'help nothing', 'exit', 'login zoe', 'logout'],
    'backup': ['backup file', 'backup file', 'whois me', 'getuser', 'back'],
    'odd': ['', '   ', '"', 'send', 'send "bob hello', 'history bob 99999999999999999999'],
    'escapes-of-8-bits': ['send bob \x9b2J', 'nick bob \x9b31m', 'whois bob', 'status \x85',
        'history bob'],
    'escapes': ['send bob \x1b[2J\x07', 'nick bob \u202eevil', 'whois bob', 'status \x1b]0;x',
        'history bob'],
}
COMMANDS = {name: b'\0' + '\n'.join(lines).encode() for name, lines in VERBS.items()}
COMMANDS.update({name + '-json': b'\x3f' + '\n'.join(lines).encode() for name,
    lines in VERBS.items()})

SHOWN = {
    'links': 'see https://example.org/a?b=c&d=<e>, and (HTTP://x.y).',
    'udpnat': 'udpnat:alice@example.org?key=abc" onclick="',
    'scripts': '见https://例え.jp/路径，然后 http://bücher.example/ü',
    'emoji': '👍🏽 👩‍👩‍👧‍👦 🇩🇪 1️⃣ ❤️',
    'markup': '<a href="x">&amp;</a> https://a/&lt;',
    'turned': 'https://a.b/\u202ec',
    'lines': 'x\n' * 60,
    'word': 'w' * 500,
}
SHOWN = {name: words.encode() for name, words in SHOWN.items()}


def answer(how, which=0, more=b''):
    return b'\0' + bytes([how, which]) + more


def ipv4_of(*numbers, port=8900):
    return bytes([4, *numbers]) + bytes(12) + struct.pack('>H', port)


MULTICAST, LOOPBACK = ipv4_of(224, 0, 0, 1), ipv4_of(127, 0, 0, 1)
LOW_PORT = ipv4_of(198, 51, 100, 9, port=53)
WAIT_A_LITTLE = bytes([4, 0x00])
PROBE = {
    'silent': b'\0',
    'no-nat': b'\1' + (answer(4) + WAIT_A_LITTLE) * 40,
    'cone': b'\1' + (answer(6) + answer(6, 1) + WAIT_A_LITTLE) * 40,
    'one-ip': b'\5' + (answer(6) + answer(6, 1) + WAIT_A_LITTLE) * 40,
    'symmetric': b'\1' + b''.join(answer(5, 0, bytes([i])) + WAIT_A_LITTLE for i in range(60)),
    'lifetimes': b'\3' + (answer(6) + answer(6, 1) + WAIT_A_LITTLE) * 40 + bytes([4, 0x9D]) * 4
        + answer(6),
    'errors': b'\1' + (answer(0x84, 0, b'\0\x64') + WAIT_A_LITTLE) * 20,
    'other-names': b'\0' + (answer(0x0C, 0, IPV4) + WAIT_A_LITTLE) * 20,
    'other-is-multicast': b'\1' + (answer(0x0E, 0, MULTICAST) + answer(6, 1) + WAIT_A_LITTLE) * 40,
    'other-is-here': b'\1' + (answer(0x0E, 0, LOOPBACK) + answer(6, 1) + WAIT_A_LITTLE) * 40,
    'other-is-low': b'\1' + (answer(0x0E, 0, LOW_PORT) + answer(6, 1) + WAIT_A_LITTLE) * 40,
    'raw': b'\1' + (b'\2\0' + take(struct.pack('>HH', 0x20, 8) + STUN_IPV4) + WAIT_A_LITTLE) * 8,
    'garbage': b'\1\3\0' + take(b'garbage') + WAIT_A_LITTLE,
}

SERVER_CONFIG = {
    'empty': b'',
    'all': b'# all\n[server]\nip=192.0.2.7\nport=9000\nalt-port=9100\nalt-ip=192.0.2.8\n'
        b'tunnel-port=8443;443;\ntls-cert=/c\ntls-key=/k\nstate-dir=/s\nidle-exit=60\n'
        b'mailbox=true\nmailbox-days=7\nmailbox-size=2\nmailbox-total=5000\nmap-port=no\n'
        b'print-address=yes\nstatus-address=[::1]:1\nlog-events=true\nlog-names=false\n'
        b'log-addresses=true\nregistration=invited\nallow-list=/l\npublic-name=[::1]:9\n'
        b'directory=redis://u:p@[::1]:6379/3\nnode-address=n1.example.org\n'
        b'watch-interval=5\nrelay-rate=64\n',
    'fleet': b'[server]\ndirectory=unix:/run/redis.sock\nnode-address=[2001:db8::1]:8848\n',
    'no-fleet': b'[server]\ndirectory=http://x\nnode-address=a:b:c\nwatch-interval=1\n',
    'spaces': b'  [server] \r\n port \t= 1 \r\nstate-dir=/a b=c#d\r\n',
    'none': b'[server]\nport=0\ntunnel-port=0\nstatus-address=none\nmailbox=false\n',
    'last-port': b'[server]\nport=65535\nstatus-address=localhost:0',
    'twice': b'[server]\nport=1\n[server]\nport=2\n',
    'backslash-at-the-end': b'[server]\nstate-dir=/a\\',
    'escape': b'[server]\nstate-dir=/a\\sb\nport=1\n',
    'other-group': b'[server]\n[other]\nport=1\n',
    'no-group': b'port=1\n',
    'no-value': b'[server]\nport\nprot=1\n=\n[\n',
    'ranges': b'[server]\nport=65536\nalt-port=-1\nidle-exit=4000001\nmailbox-days=0\n'
        b'mailbox-size=65537\nmailbox-total=x\nmailbox=maybe\ntunnel-port=1;2;3;4;5\n',
    'no-text': b'[server]\nstate-dir=/\xff\0\n',
}


def listed(path, size=0):
    return b'\0' + string(path) + struct.pack('>Q', size) + KEY


def listed_folder(path):
    return b'\1' + string(path)


FILE_LISTS = {
    'empty': b'',
    'files': listed('a', 5) + listed('b.txt', 1 << 40) + listed('grüße 🙂'),
    'folders': listed('a/b/c', 7) + listed('a/b/d') + listed_folder('a/e') + listed('b', 2),
    'order': listed_folder('a') + listed('a/b') + listed('a!') + listed('ab'),
    'no-order': listed('b') + listed('a'),
    'twice': listed('a') + listed('a'),
    'in-a-file': listed('a') + listed('a/b'),
    'outside': listed('../a'),
    'absolute': listed('/a'),
    'no-name': listed('a//b'),
    'control': listed('a\nb'),
    'deep': listed('a/' * 255 + 'a') + listed('b/' * 256 + 'b'),
    'long': listed('x' * 255) + listed('y' * 256),
    'sizes': listed('a', 1 << 46) + listed('b', 1),
    'unknown-kind': listed('a') + b'\2' + string('b'),
    'cut': listed('a', 5)[:-1],
}

CORPORA = {
    'beacon': BEACONS,
    'file-list': FILE_LISTS,
    'command': COMMANDS,
    'config': CONFIG,
    'file': FILES,
    'mapping': MAPPING,
    'probe': PROBE,
    'server-config': SERVER_CONFIG,
    'server-store': SERVER_STORE,
    'shown': SHOWN,
    'store': STORE,
    'world': WORLD,
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
