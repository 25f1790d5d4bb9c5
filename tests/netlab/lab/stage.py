"""One scenario's stage: a lab, a server, people, a folder for their files, and what is claimed
about them."""

import shutil
import tempfile
import time
from pathlib import Path

from .programs import Client, Server, find_losses, stop_all
from .topology import SERVER, Lab

REGISTER_SECONDS = 5.0
SETTLE_SECONDS = 20.0  # the longest search
DELIVER_SECONDS = 10.0

# Not yet a reason: the machines are still at it.
PASSING_REASONS = ('', 'none', 'no-session', 'connecting', 'searching')


class Stage:
    """Use with `with`: everything is taken down at the end, and what the programs left behind is
    looked at."""

    def __init__(self, name, build, tap):
        self.name = name
        self.build = build
        self.tap = tap
        self.good = True
        self.figures = {}
        self.programs = []
        self.lab = None
        self.server = None
        self.folder = None

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='udpnat-netlab-'))
        try:
            self.lab = Lab(self.name.replace('/', '-')[:20] + self.folder.name[-4:])
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, value, trace):
        wrong = stop_all(self.programs)
        if kind is None and self.programs:
            self.check('ends-cleanly', not wrong, wrong)
        elif kind is not None:
            self.check('runs-to-its-end', False, [f'{kind.__name__}: {value}', *self.get_tails()])
        self.lab.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return kind is not None and issubclass(kind, Exception)

    def get_tails(self):
        return [line for program in self.programs for line in program.get_tail()]

    def check(self, fact, good, details=()):
        if not good:
            details = list(details) + (self.get_tails() if self.good else [])
            self.good = False
        return self.tap.check(f'/netlab/{self.name}/{fact}', good, details)

    def start_server(self):
        self.server = Server(self.build, self.lab.public, self.folder)
        self.programs.append(self.server)
        if not self.server.wait_until_listening():
            raise RuntimeError('udpnat-server does not open its port')
        return self.server

    def start_client(self, site, name, *words, server=SERVER, environment=None, prefix=()):
        """prefix: what the program is started with."""
        client = Client(
            self.build,
            site.host,
            self.folder,
            name,
            server,
            *words,
            more_environment=environment,
            prefix=prefix,
        )
        self.programs.append(client)
        return client

    def start_people(self, site_a, site_b):
        """Server, alice and bob, all registered."""
        self.start_server()
        people = self.start_client(site_a, 'alice'), self.start_client(site_b, 'bob')
        for person in people:
            if not person.wait_registered(REGISTER_SECONDS):
                raise RuntimeError(
                    f'{person.name} is not registered after {REGISTER_SECONDS:.0f} s'
                )
        return people

    def check_delivery(self, alice, bob):
        """Waits for the last acknowledgement, then holds what came against what was sent."""
        end = time.monotonic() + DELIVER_SECONDS
        for sender, receiver in ((alice, bob), (bob, alice)):
            sender.wait_delivered(receiver.name, max(0.1, end - time.monotonic()))
        wrong = find_losses(alice, bob) + find_losses(bob, alice)
        self.check('every-message-exactly-once', not wrong, wrong)

    def get_wait(self, sender, receiver, text):
        """Seconds between `send` and the message at the other side; None when it has not come."""
        came = receiver.select('message', from_=sender.name, text=text)
        return came[0]['at'] - sender.send_times[text] if came else None


def is_settled(client, peer, wanted):
    """Whether a client's word about its path is final: of the wanted kind, or a relay that says
    why."""
    path = client.get_path(peer)
    if path is None:
        return False
    if path['kind'] == wanted:
        return wanted != 'relay' or path.get('reason') not in PASSING_REASONS
    return False


def talk(alice, bob, counter, until, seconds, pause=0.25):
    """Both send, turn by turn, until something is true or the time is over; returns whether it
    became true."""
    end = time.monotonic() + seconds
    while not (found := until()) and time.monotonic() < end:
        alice.send('bob', f'alice says {next(counter)}')
        bob.send('alice', f'bob says {next(counter)}')
        time.sleep(pause)
    return found
