"""Where the three programs of a storm are: what address each has, and how it is started there.

  server  all on loopback, whose addresses are no candidates, so all goes through the server
  direct  three addresses on one network of our own; there the server's death interrupts nobody
  nats    each person behind a router of their own (tests/netlab), and the server in between
"""

import os
import random
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / 'netlab'))
from lab import kernel  # noqa: E402

WAYS = ('server', 'direct', 'nats')
IN_NETWORK = 'UDPNAT_TEST_CRASH_NETWORK'
DIRECT = {'server': '10.77.0.1', 'alice': '10.77.0.2', 'bob': '10.77.0.3'}
# Found by punching, by punching into a strict one, by a search for a port, and not at all
NATS = (
    ('portrestricted', 'portrestricted'),
    ('restricted', 'symmetric'),
    ('portrestricted', 'symmetric'),
    ('symmetric', 'symmetric'),
)


class Place:
    """Addresses of this machine, or of the network namespace that we are in."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.label = ''

    def get_command(self, _name, words):
        """What to execute so that a program runs where it belongs."""
        return words

    def close(self):
        pass


class Nats(Place):
    def __init__(self, seed):
        from lab.topology import SERVER, Lab

        kinds = random.Random(f'nats {seed}').choice(NATS)
        self.lab = Lab(f'crash{os.getpid()}')
        sites = {name: self.lab.add_site(name[0], kind, number)
                 for number, (name, kind) in enumerate(zip(('alice', 'bob'), kinds), 1)}
        super().__init__({'server': SERVER} | {name: site.address for name, site in sites.items()})
        self.hosts = {'server': self.lab.public} | {name: site.host for name, site in sites.items()}
        self.label = f'alice behind {kinds[0]}, bob behind {kinds[1]}'

    def get_command(self, name, words):
        return self.hosts[name].command(*words)

    def close(self):
        self.lab.close()


def make(way, seed):
    if way == 'nats':
        return Nats(seed)
    return Place(DIRECT if way == 'direct' else dict.fromkeys(DIRECT, '127.0.0.1'))


def _enter_network():
    if os.environ.get(IN_NETWORK) == '1':
        return None
    unshare = ['unshare', '--net', *([] if os.geteuid() == 0 else ['--user', '--map-root-user'])]
    addresses = '; '.join(f'ip address add {ip}/24 dev crash' for ip in DIRECT.values())
    script = (f'ip link set lo up && ip link add crash type veth peer name other && '
              f'ip link set crash up && ip link set other up && {{ {addresses}; }} && exec "$@"')
    tried = subprocess.run([*unshare, 'true'], capture_output=True, text=True)
    if tried.returncode != 0:
        raise kernel.Impossible(tried.stderr.strip())
    words = [*unshare, 'sh', '-c', script, 'sh', sys.executable, *sys.argv]
    return subprocess.run(words, env=os.environ | {IN_NETWORK: '1'}).returncode


def enter(way):
    """Starts this program again where the way can be made. Returns its status; None: we are there.
    Raises kernel.Impossible when there are no namespaces."""
    if way == 'direct':
        return _enter_network()
    if way == 'nats':
        kernel.enter()
    return None
