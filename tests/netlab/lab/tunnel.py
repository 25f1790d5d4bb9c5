"""Networks that let no UDP through: the server is reached over TCP, directly or by a proxy, and by
UDP again as soon as that passes."""

import itertools
import shutil
import subprocess
import time

from .stage import talk
from .topology import SERVER

# What is promised, with room for a machine that is busy with other labs.
REGISTERED_SECONDS = 2.0
FIRST_MESSAGE_SECONDS = 1.0
BLOCKED_SECONDS = 2.5  # that a message waits when UDP stops in the midst of it
BACK_SECONDS = 60.0
PROXY_PORT = 8888
NAME = 'server.example'

_BLOCK_UDP = '''
table ip blocked {
  chain through {
    type filter hook forward priority -10;
    RULE
  }
}
'''
UDP = 'meta l4proto udp drop'
ALL_BUT_443 = 'meta l4proto udp drop; tcp dport != 443 ct direction original drop'
EVERYTHING = 'drop'
UNBLOCK = 'delete table ip blocked\n'


def block(stage, router, rule=UDP):
    stage.lab.get_router(router).nft(_BLOCK_UDP.replace('RULE', rule))


def ask_network(person, state):
    person.command('network')
    told = person.select('network', udp=state)
    return told[-1] if told else None


def register(stage, site, name, environment=None, server=SERVER, words=()):
    """Starts somebody; returns them, and how long it took from the start of the program."""
    began = time.monotonic()
    person = stage.start_client(site, name, *words, server=server, environment=environment)
    if not person.wait_registered(10.0):
        raise RuntimeError(f'{name} is not registered after 10 s')
    return person, person.select('registered')[0]['at'] - began


def check_talk(stage, alice, bob):
    """A first message each way, then some more."""
    counter = itertools.count()
    for sender, receiver in ((alice, bob), (bob, alice)):
        text = f'first from {sender.name}'
        sender.send(receiver.name, text)
        receiver.wait_for(lambda: stage.get_wait(sender, receiver, text) is not None, 10.0)
        wait = stage.get_wait(sender, receiver, text)
        stage.figures[f'first_{sender.name}_ms'] = None if wait is None else wait * 1000
        stage.check(
            f'first-message-of-{sender.name}-within-1s',
            wait is not None and wait <= FIRST_MESSAGE_SECONDS,
            [f'{wait} s'],
        )
    talk(alice, bob, counter, lambda: False, 2.0)
    stage.check_delivery(alice, bob)


def check_says_so(stage, person, peer):
    found = person.wait_for(lambda: ask_network(person, 'blocked'), 5.0)
    stage.check('network-says-blocked', found and found['meaning'] == 'blocked', [found])
    settled = person.wait_for(
        lambda: (person.get_path(peer) or {}).get('reason') == 'udp-blocked', 10.0
    )
    stage.check('path-says-udp-blocked', settled, [person.get_path(peer)])


def run_blocked(stage, rule, sides):
    """One of them, or both, behind a router that lets no UDP through."""
    sites = [stage.lab.add_site('a', 'portrestricted', 1)]
    sites.append(stage.lab.add_site('b', 'portrestricted', 2))
    for router in ('ra', 'rb')[:sides]:
        block(stage, router, rule)
    stage.start_server()
    alice, took = register(stage, sites[0], 'alice')
    bob, _ = register(stage, sites[1], 'bob')
    stage.figures['registered_ms'] = took * 1000
    stage.check('registered-within-2s', took <= REGISTERED_SECONDS, [f'{took:.3f} s'])
    check_talk(stage, alice, bob)
    check_says_so(stage, alice, 'bob')
    wanted = 'udp-blocked' if sides == 2 else 'udp-blocked-remote'
    settled = bob.wait_for(
        lambda: (bob.get_path('alice') or {}).get('reason') == wanted, 10.0
    )
    stage.check(f'the-other-path-says-{wanted}', settled, [bob.get_path('alice')])


class Proxy:
    """A proxy on a router, for the hosts behind it: use with `with`. It knows the server by NAME,
    which nobody else does."""

    def __init__(self, stage, router, kind):
        address = f'{router.prefix}.1'
        self.uri = f'{kind}://{address}:{PROXY_PORT}'
        if kind == 'http':
            config = stage.folder / 'tinyproxy.conf'
            config.write_text(
                f'Port {PROXY_PORT}\nListen {address}\nTimeout 600\nMaxClients 20\n'
                f'LogFile "{stage.folder}/proxy.log"\nConnectPort 443\nConnectPort 8848\n'
            )
            words = ['tinyproxy', '-d', '-c', str(config)]
        else:
            words = ['microsocks', '-i', address, '-p', str(PROXY_PORT)]
        hosts = stage.folder / 'hosts'
        hosts.write_text(f'127.0.0.1 localhost\n{SERVER} {NAME}\n')
        script = f'mount --bind {hosts} /etc/hosts && exec "$@"'
        with open(stage.folder / 'proxy.out', 'wb') as out:
            self.process = subprocess.Popen(
                router.command('unshare', '--mount', 'sh', '-c', script, 'sh', *words),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def __enter__(self):
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise RuntimeError('the proxy does not run')
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_proxy(stage, kind, variable, server=SERVER):
    """Nothing gets out but through a proxy, which the environment names, or the command line while
    the environment names one that is not there."""
    program = {'http': 'tinyproxy', 'socks5': 'microsocks'}[kind]
    if not shutil.which(program):
        stage.tap.skip(f'/netlab/{stage.name}', f'not installed: {program}')
        return
    site = stage.lab.add_site('a', 'portrestricted', 1)
    other = stage.lab.add_site('b', 'portrestricted', 2)
    block(stage, 'ra', EVERYTHING)
    stage.start_server()
    with Proxy(stage, stage.lab.get_router('ra'), kind) as proxy:
        is_option = variable == '--proxy'
        alice, took = register(
            stage,
            site,
            'alice',
            {'https_proxy': 'http://192.0.2.1:9'} if is_option else {variable: proxy.uri},
            server,
            ('--proxy', proxy.uri) if is_option else (),
        )
        bob, _ = register(stage, other, 'bob')
        stage.figures['registered_ms'] = took * 1000
        stage.check('registered-within-2s', took <= REGISTERED_SECONDS, [f'{took:.3f} s'])
        check_talk(stage, alice, bob)
        check_says_so(stage, alice, 'bob')


def find_longest_wait(stage, alice, bob, since):
    """Of what was said from a moment on."""
    waits = [
        stage.get_wait(sender, receiver, text)
        for sender, receiver in ((alice, bob), (bob, alice))
        for text in sender.texts[receiver.name]
        if sender.send_times[text] >= since
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def run_midst(stage, kind, seconds):
    """UDP stops in the midst of a conversation, and passes again some time later."""
    alice, bob = stage.start_people(
        stage.lab.add_site('a', kind, 1), stage.lab.add_site('b', kind, 2)
    )
    counter = itertools.count()
    wanted = 'direct' if kind == 'portrestricted' else 'relay'
    talk(alice, bob, counter, lambda: (alice.get_path('bob') or {}).get('kind') == wanted, 10.0)
    talk(alice, bob, counter, lambda: False, 1.0)
    router = stage.lab.get_router('ra')
    block(stage, 'ra')
    blocked = time.monotonic()
    talk(alice, bob, counter, lambda: False, seconds)
    check_says_so(stage, alice, 'bob')
    stage.check_delivery(alice, bob)
    longest = find_longest_wait(stage, alice, bob, blocked - 0.25)
    stage.figures['longest_ms'] = None if longest is None else longest * 1000
    stage.check(
        f'no-message-waits-longer-than-{BLOCKED_SECONDS}s',
        longest is not None and longest <= BLOCKED_SECONDS,
        [f'longest: {longest} s'],
    )
    router.nft(UNBLOCK)
    allowed = time.monotonic()
    seen = len(alice.events)

    def is_back():
        alice.command('network')
        return alice.select('network', seen, udp='works')

    talk(alice, bob, counter, is_back, BACK_SECONDS)
    took = time.monotonic() - allowed
    stage.figures['back_s'] = took
    stage.check('back-on-udp-within-60s', is_back() and took <= BACK_SECONDS, [f'{took:.1f} s'])
    talk(alice, bob, counter, lambda: (alice.get_path('bob') or {}).get('kind') == wanted, 20.0)
    stage.check(f'is-{wanted}-again', (alice.get_path('bob') or {}).get('kind') == wanted)
    stage.check_delivery(alice, bob)


def run_taken(stage):
    """A server whose TCP ports are another program's says so, and goes on with UDP."""
    holder = stage.lab.public.command('python3', '-c', _HOLD)
    process = subprocess.Popen(holder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    process.stdout.readline()
    try:
        alice, bob = stage.start_people(
            stage.lab.add_site('a', 'portrestricted', 1),
            stage.lab.add_site('b', 'portrestricted', 2),
        )
        said = stage.server.log.read_text()
        stage.check('says-so', 'TCP port 8848 cannot be had' in said, [said])
        check_talk(stage, alice, bob)
    finally:
        process.kill()
        process.wait()


def run_web(stage):
    """Somebody else's server has port 443, and speaks TLS; ours has its own port only."""
    site = stage.lab.add_site('a', 'portrestricted', 1)
    other = stage.lab.add_site('b', 'portrestricted', 2)
    block(stage, 'ra')
    certificate = stage.folder / 'server-state/tunnel.pem'
    web = stage.lab.public.command('python3', '-c', _WEB, str(certificate))
    process = subprocess.Popen(web, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    process.stdout.readline()
    try:
        stage.start_server()
        alice, took = register(stage, site, 'alice')
        bob, _ = register(stage, other, 'bob')
        stage.figures['registered_ms'] = took * 1000
        stage.check('registered-within-2s', took <= REGISTERED_SECONDS, [f'{took:.3f} s'])
        check_talk(stage, alice, bob)
    finally:
        process.kill()
        asked = process.communicate()[0].splitlines()
    stage.check('the-other-server-was-asked', 'asked' in asked, asked)


# Answers as a web server does that has not understood.
_WEB = f'''
import socket, ssl, sys, threading
listener = socket.create_server(("{SERVER}", 443))
print("ready", flush=True)
def serve(connection):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
    except OSError:
        pass  # they have found what they looked for
while True:
    connection = listener.accept()[0]
    print("asked", flush=True)
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
'''
_HOLD = f'''
import socket, time
held = [socket.create_server(("{SERVER}", port)) for port in (443, 8848)]
print("held", flush=True)
time.sleep(600)
'''

ALL = {
    'tunnel/udp-blocked': (run_blocked, (UDP, 1)),
    'tunnel/both-blocked': (run_blocked, (UDP, 2)),
    'tunnel/only-443': (run_blocked, (ALL_BUT_443, 1)),
    'tunnel/http-proxy': (run_proxy, ('http', 'https_proxy')),
    'tunnel/socks5-proxy': (run_proxy, ('socks5', 'all_proxy')),
    'tunnel/http-proxy-given': (run_proxy, ('http', '--proxy')),
    'tunnel/socks5-proxy-given': (run_proxy, ('socks5', '--proxy')),
    'tunnel/name-of-a-proxy': (run_proxy, ('http', 'https_proxy', NAME)),
    'tunnel/web-on-443': (run_web, ()),
    'tunnel/midst-direct': (run_midst, ('portrestricted', 8.0)),
    'tunnel/midst-relayed': (run_midst, ('symmetric', 8.0)),
    'tunnel/midst-long': (run_midst, ('portrestricted', 75.0)),
    'tunnel/ports-taken': (run_taken, ()),
}
QUICK = [name for name in ALL if not name.startswith('tunnel/midst')]
