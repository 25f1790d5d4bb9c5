"""Every NAT of the lab behaves as it is named: asked with plain sockets, before any program of ours
is trusted to say so."""

from . import nat
from .probe import Probe
from .programs import find_losses
from .topology import Lab


def check_behaviour(tap, name, lab, site, expected):
    probe = Probe(lab, site)
    try:
        mapping, filtering = probe.find_mapping(), probe.find_filtering()
        tap.check(
            f'/netlab-self-test/{name}/maps-{expected[0]}',
            mapping == expected[0],
            [f'it maps {mapping}'],
        )
        tap.check(
            f'/netlab-self-test/{name}/filters-{expected[1]}',
            filtering == expected[1],
            [f'it filters {filtering}'],
        )
        strangers = probe.is_open_to_strangers()
        if site.kind == 'public':
            tap.check(f'/netlab-self-test/{name}/lets-strangers-in', strangers)
        else:
            tap.check(f'/netlab-self-test/{name}/keeps-strangers-out', not strangers)
            tap.check(
                f'/netlab-self-test/{name}/keeps-the-port'
                if mapping == 'EI'
                else f'/netlab-self-test/{name}/takes-another-port',
                probe.keeps_port() == (mapping == 'EI'),
            )
        if expected[0] == 'EI':
            tap.check(
                f'/netlab-self-test/{name}/early-packet-does-no-harm', probe.survives_early_packet()
            )
    finally:
        probe.close()


def check_hairpin(tap, name, lab, site, neighbour):
    probe = Probe(lab, site)
    try:
        tap.check(f'/netlab-self-test/{name}/does-not-hairpin', not probe.hairpins(neighbour))
    finally:
        probe.close()


def check_cut(tap, lab, a, b):
    """After the cut two hosts that could talk cannot, and the server is still in reach."""
    probe = Probe(lab, a)
    try:
        here, there = probe.open_client(), probe.open_client(b)
        outside = probe.ask(there, probe.servers[0], 0)
        probe.servers[1].sendto(b'1', outside)

        def reaches():
            here.sendto(b'5', outside)
            try:
                while there.recvfrom(64)[0] != b'5':
                    pass
                return True
            except OSError:
                return False

        before = reaches() or reaches()
        lab.get_router('ra').nft(nat.write_cut(b.public))
        tap.check(
            '/netlab-self-test/cut/darkens-the-direct-path',
            before and not reaches(),
            [f'before: {before}'],
        )
        tap.check(
            '/netlab-self-test/cut/leaves-the-server',
            probe.ask(here, probe.servers[0], 0) is not None,
        )
    finally:
        probe.close()


class Script:
    """Stands in for a client: the events that it would have seen."""

    def __init__(self, name, texts, events):
        self.name = name
        self.texts = texts
        self.events = events

    def select(self, kind, **wanted):
        return [
            event
            for event in self.events
            if event['event'] == kind
            and all(event.get(name.rstrip('_')) == value for name, value in wanted.items())
        ]


def check_bookkeeping(tap):
    """The count of messages notices each way in which one can go astray."""
    sent = [{'event': 'sent', 'to': 'bob', 'id': number} for number in (1, 2)]
    done = [{'event': 'delivered', 'to': 'bob', 'id': number} for number in (1, 2)]
    came = [
        {'event': 'message', 'from': 'alice', 'id': number, 'text': text}
        for number, text in ((1, 'x'), (2, 'y'))
    ]
    other = {'event': 'message', 'from': 'alice', 'id': 3, 'text': 'z'}
    changed = [came[0], came[1] | {'text': 'Y'}]
    for name, good, at_alice, at_bob in (
        ('all-is-well', True, sent + done, came),
        ('one-lost', False, sent + done, came[:1]),
        ('one-twice', False, sent + done, came + came[:1]),
        ('out-of-order', False, sent + done, came[::-1]),
        ('one-from-nowhere', False, sent + done, came + [other]),
        ('another-text', False, sent + done, changed),
        ('another-id', False, sent + done, [came[0], came[1] | {'id': 9}]),
        ('one-not-acknowledged', False, sent + done[:1], came),
        ('one-acknowledged-twice', False, sent + done + done[:1], came),
        ('one-not-taken', False, sent[:1] + done[:1], came[:1]),
    ):
        wrong = find_losses(
            Script('alice', {'bob': ['x', 'y']}, at_alice), Script('bob', {}, at_bob)
        )
        tap.check(f'/netlab-self-test/bookkeeping/{name}', (not wrong) == good, wrong)


def run(tap):
    check_bookkeeping(tap)
    for kind in nat.KINDS:
        lab = Lab(f'self-{kind}')
        try:
            site = lab.add_site('a', kind, 1)
            check_behaviour(tap, kind, lab, site, nat.BEHAVIOUR[kind])
            if kind != 'public':
                check_hairpin(tap, kind, lab, site, lab.add_host('n', lab.get_router('ra'), 3))
        finally:
            lab.close()
    lab = Lab('self-double')
    try:
        carrier = lab.add_router('ca', 'portrestricted', '203.0.113.1', '10.64.1')
        home = lab.add_router('ra', 'portrestricted', '10.64.1.2', '192.168.1', carrier)
        site = lab.add_host('a', home)
        site.public = carrier.wan
        check_behaviour(tap, 'double-nat', lab, site, nat.BEHAVIOUR['portrestricted'])
    finally:
        lab.close()
    lab = Lab('self-cut')
    try:
        check_cut(tap, lab, lab.add_site('a', 'fullcone', 1), lab.add_site('b', 'fullcone', 2))
    finally:
        lab.close()
