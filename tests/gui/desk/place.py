"""Where the windows of a test run: a network of its own, in which everybody has a computer.

A window tells the whole network about itself, so nothing of it may reach the real one. Everything
lives in namespaces, and is gone when this program is, however it ends. As root, or as nobody
special inside a user namespace.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

INSIDE = 'UDPNAT_DESK_INSIDE'
TOOLS = ('unshare', 'nsenter', 'mount', 'ip')
NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
AS_USER = ['--user', '--map-root-user']
NETWORK = '10.77.0'
SERVER_IP = f'{NETWORK}.1'
BRIDGE = 'street'
# What the server sees in place of everybody, once there is a router
ROUTER_IP = '203.0.113.1'
ROUTER_RULES = f"""table ip router {{
  chain in {{
    type nat hook input priority 100
    ip saddr {NETWORK}.0/24 snat to {ROUTER_IP}
  }}
}}
"""
SCREENS = '/tmp/.X11-unix'
REFUSAL = re.compile(r'not permitted|not supported|denied|Read-only|No such file', re.I)


def _run(*words):
    subprocess.run(words, check=True, capture_output=True, text=True)


def _add_system_folders():
    """ip lives where an ordinary user's PATH does not look."""
    path = os.environ.get('PATH', '').split(':')
    os.environ['PATH'] = ':'.join(
        path + [folder for folder in ('/usr/sbin', '/sbin') if folder not in path]
    )


def enter():
    """Starts this program again inside the namespaces, and returns None in that second run.

    Where there can be none: returns why."""
    _add_system_folders()
    if os.environ.get(INSIDE):
        try:
            _prepare()
        except subprocess.CalledProcessError as error:
            if not REFUSAL.search(error.stderr):
                raise
            return error.stderr.strip()
        return None
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f'{", ".join(missing)} is not installed'
    for way in ([NAMESPACES] if os.geteuid() == 0 else []) + [AS_USER + NAMESPACES]:
        tried = subprocess.run(['unshare', *way, 'true'], capture_output=True, text=True)
        if tried.returncode == 0:
            os.environ[INSIDE] = '1'
            os.execvp('unshare', ['unshare', *way, sys.executable, *sys.argv])
    return 'the kernel makes no namespaces for us: ' + tried.stderr.strip()


def is_entered():
    return bool(os.environ.get(INSIDE))


def _prepare():
    """The street, and folders of our own: for the names of the computers in it, and for screens,
    whose numbers are otherwise taken from us by somebody who does not see our processes."""
    _run('mount', '-t', 'tmpfs', 'desk', '/run')
    os.makedirs(SCREENS, exist_ok=True)
    _run('mount', '-t', 'tmpfs', '-o', 'mode=1777', 'desk', SCREENS)
    _run('ip', 'link', 'set', 'lo', 'up')
    _run('ip', 'link', 'add', BRIDGE, 'type', 'bridge', 'mcast_snooping', '0')
    _run('ip', 'address', 'add', f'{SERVER_IP}/24', 'dev', BRIDGE)
    _run('ip', 'link', 'set', BRIDGE, 'up')


def add_router():
    """From now on the server sees everybody at one outer address: a router that keeps ports where
    it can, and whose firewall is off. Returns why there can be none; None when there is."""
    if not shutil.which('nft'):
        return 'nft is not installed'
    _run('ip', 'address', 'add', f'{ROUTER_IP}/32', 'dev', 'lo')
    done = subprocess.run(['nft', '-f', '-'], input=ROUTER_RULES, capture_output=True, text=True)
    if done.returncode != 0 and not REFUSAL.search(done.stderr):
        raise RuntimeError(done.stderr)
    return done.stderr.strip() or None


class Computer:
    """A network namespace with one cable to the street."""

    _n_made = 1

    def __init__(self):
        Computer._n_made += 1
        number = Computer._n_made
        self.name = f'desk{number}'
        self.ip = f'{NETWORK}.{number}'
        _run('ip', 'netns', 'add', self.name)
        _run('ip', 'link', 'add', f'cable{number}', 'master', BRIDGE, 'type', 'veth',
             'peer', 'name', 'eth0', 'netns', self.name)
        _run('ip', 'link', 'set', f'cable{number}', 'up')
        self._ip('link', 'set', 'lo', 'up')
        self._ip('address', 'add', f'{self.ip}/24', 'dev', 'eth0')
        self.plug_in()

    def _ip(self, *words):
        _run('ip', '-n', self.name, *words)

    def plug_in(self):
        self._ip('link', 'set', 'eth0', 'up')
        self._ip('route', 'replace', 'default', 'via', SERVER_IP)

    def pull_plug(self):
        self._ip('link', 'set', 'eth0', 'down')

    def end_program(self, name):
        """As if the computer had been switched off: a program that outlives who started it."""
        inside = f'/run/netns/{self.name}'
        for process in Path('/proc').glob('[0-9]*'):
            try:
                is_wanted = (process / 'comm').read_text().strip() == name and \
                    os.path.samefile(process / 'ns/net', inside)
            except OSError:
                continue  # gone since
            if is_wanted:
                os.kill(int(process.name), signal.SIGTERM)
                while process.exists() and 'State:\tZ' not in (process / 'status').read_text():
                    time.sleep(0.05)

    def words(self):
        """What stands before a command line that is to run there."""
        return ['nsenter', f'--net=/run/netns/{self.name}', '--']


class ThisComputer:
    """In place of it where there are no namespaces: everybody shares the loopback interface."""

    ip = '127.0.0.1'

    def words(self):
        return []
