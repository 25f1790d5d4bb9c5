"""Redis and servers that share it, for the programs of this folder that test a fleet."""

import shutil
import signal
import subprocess
import sys
import time

from home import free_port

SLOTS_TIMEOUT_S = 15


class Redis:
    """A Redis of our own, as a cluster of one node: it refuses commands whose keys are in different
    slots, as any cluster would."""

    def __init__(self, home):
        self.home = home
        self.port = free_port()
        self.folder = home.folder / f'redis-{self.port}'
        self.folder.mkdir(mode=0o700)
        self.process = None
        self.start()
        self.ask('cluster', 'addslotsrange', '0', '16383')
        end = time.monotonic() + SLOTS_TIMEOUT_S
        while 'cluster_state:ok' not in self.ask('cluster', 'info') and time.monotonic() < end:
            time.sleep(0.1)

    @property
    def url(self):
        return f'redis://127.0.0.1:{self.port}'

    def options(self):
        return []

    def start(self):
        self.process = self.home.start([
            shutil.which('redis-server'), '--port', self.port, '--bind', '127.0.0.1',
            '--dir', self.folder, '--appendonly', 'yes', '--save', '', '--cluster-enabled', 'yes',
            '--cluster-port', free_port(), '--logfile', self.folder / 'log', *self.options(),
        ])
        end = time.monotonic() + SLOTS_TIMEOUT_S
        while 'PONG' not in self.ask('ping') and time.monotonic() < end:
            time.sleep(0.05)

    def ask(self, *words):
        return subprocess.run(
            [shutil.which('redis-cli'), '-p', str(self.port), *words],
            capture_output=True, text=True, timeout=10, check=False,
        ).stdout

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.home.running.remove(self.process)

    def pause(self, is_paused):
        self.process.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)

    def refusals(self):
        """Commands that the cluster did not take, of any kind."""
        stats = self.ask('info', 'errorstats').split()
        return [line for line in stats if 'CROSSSLOT' in line or 'ERR' in line or 'MOVED' in line]


class Node:
    def __init__(self, home, redis, number, port=None, ip='127.0.0.1', words=()):
        self.home = home
        self.redis = redis
        self.port = port or free_port()
        self.ip = ip
        self.words = words
        self.folder = home.folder / f'node-{number}-{self.port}'
        self.folder.mkdir(mode=0o700)
        self.place = f'{ip}:{self.port}'
        self.process = None
        self.start()

    def start(self):
        self.process = self.home.start_server(
            '--ip', self.ip, '--port', self.port, '--state-dir', self.folder, '--tunnel-port', '0',
            '--status-address', 'none', '--directory', self.redis.url,
            '--node-address', self.place, *self.words,
        )

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.home.running.remove(self.process)
        self.home.stderr.append(self.process.stderr.read().decode(errors='replace'))

    def drain(self):
        return self.home.run([self.home.server_path, '--drain', '--state-dir', self.folder])

    def stop(self):
        return self.home.stop(self.process)


class Fleet:
    def __init__(self, home, n_nodes=3):
        self.home = home
        self.redis = Redis(home)
        self.nodes = [Node(home, self.redis, i) for i in range(n_nodes)]
        self.wait_for_all()

    def wait_for_all(self):
        """Until each knows of the others."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if int(self.redis.ask('scard', 'udpnat:nodes') or 0) >= len(self.nodes):
                break
            time.sleep(0.1)
        time.sleep(2.5)

    def person(self, who, node, *words):
        """Who knows this node only; of the others it hears from it."""
        person = self.home.start_person(
            who, '--server', node.place, '--cport', '0', '--strangers', 'accept', *words,
        )
        person.wait('registered')
        return person

    def is_refused(self, name, node):
        """Whether somebody else cannot have this name."""
        mallory = self.home.start_person('mallory', '--server', node.place, '--cport', '0',
                                         '--name', name)
        told = mallory.wait('error', code='name-taken')
        mallory.leave()
        return told and not mallory.select('registered')

    def stop(self):
        for node in self.nodes:
            if node.process in self.home.running:
                node.stop()
        if self.redis.process in self.home.running:
            self.redis.kill()


def note(what, since):
    print(f'{what}: {time.monotonic() - since:.1f} s', file=sys.stderr, flush=True)
