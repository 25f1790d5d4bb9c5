"""Gets us a place where namespaces can be made: as root, or as nobody special inside a user
namespace.

Everything the lab makes lives in a mount and process namespace of its own, so all of it is gone
when the lab's process is, however it ended; nothing of the host's network is touched.
"""

import os
import re
import shutil
import subprocess
import sys

INSIDE = 'UDPNAT_NETLAB_INSIDE'
TOOLS = ('unshare', 'nsenter', 'mount', 'ip', 'nft')

# The first that works. Without a process namespace the lab still runs; only its clean-up depends on
# its own care.
WITH_PROCESSES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
WITHOUT_PROCESSES = ['--net', '--mount']
AS_USER = ['--user', '--map-root-user']


# How a kernel, or a container around us, says no. Anything else that goes wrong is a fault of the
# lab, and fails.
REFUSAL = re.compile(
    r'not permitted|not supported|denied|Read-only|No such file or directory|Unknown device type',
    re.I,
)


class Impossible(Exception):
    """The kernel, or what is installed, does not let us make the lab; the text says why."""


def add_system_folders():
    """ip and nft live where an ordinary user's PATH does not look."""
    path = os.environ.get('PATH', '').split(':')
    os.environ['PATH'] = ':'.join(
        path + [folder for folder in ('/usr/sbin', '/sbin') if folder not in path]
    )


def enter():
    """Starts this program again inside the namespaces; returns when it is that second run.

    Raises Impossible when that cannot be."""
    add_system_folders()
    if os.environ.get(INSIDE):
        prepare()
        return
    for tool in TOOLS:
        if not shutil.which(tool):
            raise Impossible(f'{tool} is not installed')
    ways = [WITH_PROCESSES, WITHOUT_PROCESSES] if os.geteuid() == 0 else []
    ways += [AS_USER + WITH_PROCESSES, AS_USER + WITHOUT_PROCESSES]
    for way in ways:
        tried = subprocess.run(
            ['unshare', *way, 'true'], capture_output=True, text=True, check=False
        )
        if tried.returncode == 0:
            os.environ[INSIDE] = '1'
            os.execvp('unshare', ['unshare', *way, sys.executable, *sys.argv])
    raise Impossible('the kernel makes no namespaces for us: ' + tried.stderr.strip())


def prepare():
    """A /run of our own, for the names of the network namespaces."""
    done = subprocess.run(
        ['mount', '-t', 'tmpfs', 'netlab', '/run'], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Impossible('no file system of our own: ' + done.stderr.strip())
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=False)
