"""People of a fleet: who comes and goes at other servers, one host name for several of them, and
TLS to what they share. With the real programs: udpnat-server, udpnat-cli and redis-server. Prints
TAP, and on stderr how long things took."""

import os
import re
import subprocess
import sys
import time

from fleet import Fleet, Node, Redis, note
from home import Person, free_port, run

NAME = 'chat.test'


def talk(one, other):
    """Until both have each other for contacts."""
    one.say(f'send {other.who} hello')
    other.wait('message', from_=one.who)
    other.say(f'send {one.who} hello')
    one.wait('message', from_=other.who)


def presence(home, check):
    fleet = Fleet(home)
    a, b, c = fleet.nodes
    alice, bob = fleet.person('alice', a), fleet.person('bob', b)
    talk(alice, bob)
    began = time.monotonic()
    bob.leave()
    check('presence/who-leaves-another-node-is-seen-to',
          alice.wait('peer', name='bob', presence='offline', seconds=10), [alice.events])
    note('left another node, and seen to', began)
    bob = fleet.person('bob', c)
    began = time.monotonic()
    check('presence/and-who-comes',
          alice.wait('peer', name='bob', presence='online', seconds=10), [alice.events])
    note('came to another node, and seen to', began)
    check('presence/both-ways', bob.select('peer', name='alice', presence='online')
          or bob.wait('peer', name='alice', presence='online', seconds=10), [bob.events])
    alice.say('send bob after all that')
    check('presence/and-is-written-to', bob.wait('message', text='after all that'),
          [alice.events, bob.events])
    began = time.monotonic()
    bob.kill()
    c.kill()
    check('presence/gone-with-their-node',
          alice.wait('peer', name='bob', presence='offline', seconds=12), [alice.events])
    note('gone with a killed node, and seen to', began)
    alice.leave()
    check('presence/no-command-was-refused', not fleet.redis.refusals(), fleet.redis.refusals())
    fleet.stop()


# ---- One host name ----


class NamedNode(Node):
    """One that listens on an address of its own, on the same port as the others."""

    def __init__(self, home, redis, number, port):
        super().__init__(home, redis, number, port=port, ip=f'127.0.0.{number}')


def person_by_name(home, who, port, hosts, *words):
    """Whose machine knows the host name by a file of its own."""
    user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
    script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
    person = Person(home, who, ['--server', f'{NAME}:{port}', '--cport', '0', '--strangers',
                                'accept', *words],
                    prefix=['unshare', *user, '--mount', 'sh', '-c', script, 'sh', hosts])
    return person


def can_mount(home):
    user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
    script = 'mount --bind /etc/hosts /etc/hosts'
    return subprocess.run(['unshare', *user, '--mount', 'sh', '-c', script], capture_output=True,
                          check=False).returncode == 0


def write_hosts(home, *ips):
    path = home.folder / f'hosts-{"-".join(ips)}'
    path.write_text(''.join(f'{ip} {NAME}\n' for ip in ips))
    return path


def one_name(home, check):
    """Servers of a fleet by one name: each has its own key, and that is no reason to worry."""
    if not can_mount(home):
        check('one-name # SKIP no mount namespaces', True)
        return
    redis, port = Redis(home), free_port()
    nodes = [NamedNode(home, redis, number, port) for number in (1, 2)]
    time.sleep(4)
    hosts = write_hosts(home, '127.0.0.1', '127.0.0.2')
    alice = person_by_name(home, 'alice', port, hosts)
    check('one-name/registers', alice.wait('registered'), [alice.events])
    nodes[0].kill()
    began = time.monotonic()
    check('one-name/the-other-address-does', alice.wait('registered', seconds=12), [alice.events])
    note('registered at the other address of a name', began)
    check('one-name/nothing-to-worry-about', not alice.select('error', code='server-changed'),
          [alice.events])
    alice.leave()
    alice = person_by_name(home, 'alice', port, hosts)
    began = time.monotonic()
    check('one-name/the-first-is-dead-at-the-start', alice.wait('registered', seconds=12),
          [alice.events])
    note('registered by a name whose first address is dead', began)
    check('one-name/still-nothing-to-worry-about', not alice.select('error', code='server-changed'),
          [alice.events])
    alice.leave()
    nodes[0].start()
    time.sleep(3)
    hosts = write_hosts(home, '127.0.0.2', '127.0.0.1')
    bob = person_by_name(home, 'bob', port, hosts)
    bob.wait('registered')
    nodes.append(NamedNode(home, redis, 3, port))
    time.sleep(4)
    nodes[1].kill()
    nodes[0].kill()
    hosts = write_hosts(home, '127.0.0.3')
    bob.leave()
    bob = person_by_name(home, 'bob', port, hosts)
    check('one-name/one-that-came-later-is-known', bob.wait('registered', seconds=12)
          and not bob.select('error', code='server-changed'), [bob.events])
    bob.leave()
    nodes[2].stop()
    redis.kill()


def two_strangers(home, check):
    """A name with two servers that have nothing to do with each other: that is told."""
    if not can_mount(home):
        check('two-strangers # SKIP no mount namespaces', True)
        return
    port = free_port()
    servers = [home.start_server('--ip', f'127.0.0.{i}', '--port', port, '--state-dir',
                                 home.folder / f'state-{i}', '--tunnel-port', '0',
                                 '--status-address', 'none') for i in (1, 2)]
    hosts = write_hosts(home, '127.0.0.1', '127.0.0.2')
    alice = person_by_name(home, 'alice', port, hosts)
    alice.wait('registered')
    alice.leave()
    home.stop(servers[0])
    alice = person_by_name(home, 'alice', port, hosts)
    check('two-strangers/it-is-told', alice.wait('error', code='server-changed', seconds=12),
          [alice.events])
    check('two-strangers/and-not-trusted', not alice.select('registered'), [alice.events])
    alice.leave()
    home.stop(servers[1])


# ---- What operators say ----


def rulings(home, check):
    """Said to one server, it holds at all."""
    fleet = Fleet(home)
    a, b, c = fleet.nodes

    def order(node, *words):
        return home.run([home.server_path, '--state-dir', node.folder, *words])

    def come(who, node):
        person = home.start_person(who, '--server', node.place, '--cport', '0')
        good = person.wait('registered', seconds=8)
        person.leave()
        return bool(good), person.events

    fleet.person('alice', a).leave()
    bob = fleet.person('bob', b)
    began = time.monotonic()
    code, out, err = order(c, '--block', 'bob')
    check('rulings/blocked-at-another', code == 0 and 'whoever has the name' in out, [out, err])
    check('rulings/told-at-once', bob.wait('error', code='server-blocked', seconds=10),
          [bob.events])
    note('blocked at another server', began)
    bob.leave()
    good, events = come('bob', a)
    check('rulings/stays-out-everywhere', not good, [events])
    check('rulings/is-listed', 'bob' in order(a, '--blocked')[1], [order(a, '--blocked')])
    order(a, '--unblock', 'bob')
    time.sleep(5)
    good, events = come('bob', b)
    check('rulings/unblocked', good, [events])

    code, out, err = order(c, '--release', 'alice')
    check('rulings/released-at-another', code == 0 and 'is free' in out, [out, err])
    time.sleep(5)
    good, events = come('alice', b)
    check('rulings/not-for-her-again', not good, [events])
    home.profile('alice').rename(home.folder / 'old-alice')
    good, events = come('alice', c)
    check('rulings/for-somebody-else', good, [events])
    b.kill()
    order(a, '--block', 'bob')
    b.start()
    time.sleep(4)
    good, events = come('bob', b)
    check('rulings/one-that-was-down-learns-of-it', not good, [events])
    fleet.redis.ask('flushall')
    fleet.redis.kill()
    code, out, err = order(a, '--block', 'carol')
    check('rulings/not-without-the-directory', code == 1 and 'nothing was done' in err, [out, err])
    fleet.redis.start()
    time.sleep(5)
    said = fleet.redis.ask('hgetall', 'udpnat:access')
    check('rulings/an-emptied-directory-is-told', 'blocked bob' in said, [said])
    check('rulings/no-command-was-refused', not fleet.redis.refusals(), fleet.redis.refusals())
    fleet.stop()


# ---- How it does ----


def status(home, check):
    redis = Redis(home)
    nodes = [Node(home, redis, i, words=['--status-address', '127.0.0.1:0']) for i in range(2)]
    time.sleep(4)
    alice = home.start_person('alice', '--server', nodes[0].place, '--cport', '0')
    alice.wait('registered')
    time.sleep(3)

    def ask(node):
        return home.run([home.server_path, '--status', '--state-dir', node.folder])[1]

    for node in nodes:
        text = ask(node)
        check(f'status/people-of-all-at-{nodes.index(node)}',
              re.search(r'People online +1 at 2 servers', text) and 'answers in' in text
              and re.search(f'{nodes[0].place} +1 people', text), [text])
    redis.kill()
    time.sleep(1)
    check('status/redis-is-down', 'does not answer' in ask(nodes[0]), [ask(nodes[0])])
    alice.leave()
    for node in nodes:
        node.stop()


# ---- TLS ----


class TlsRedis(Redis):
    def __init__(self, home):
        self.tls_port = free_port()
        self.certificates = home.folder / 'certificates'
        self.certificates.mkdir()
        self.make('ca', None)
        self.make('redis', 'DNS:localhost,IP:127.0.0.1')
        self.make('other', 'DNS:other.test')
        super().__init__(home)
        self.ask('acl', 'setuser', 'udpnat', 'on', '>geheim', '~udpnat:*', '+@all')

    def make(self, name, names):
        folder = self.certificates
        words = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                 '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.pem']
        if names is not None:
            words += ['-CA', folder / 'ca.pem', '-CAkey', folder / 'ca.key', '-addext',
                      f'subjectAltName={names}', '-addext', 'basicConstraints=critical,CA:FALSE']
        subprocess.run([str(word) for word in words], check=True, capture_output=True)

    def options(self):
        return ['--bind', '127.0.0.1 127.0.0.2', '--tls-port', self.tls_port, '--tls-auth-clients',
                'no', '--tls-cert-file', self.certificates / 'redis.pem', '--tls-key-file',
                self.certificates / 'redis.key']

    def with_tls(self, host='localhost', user='udpnat:geheim@'):
        return f'rediss://{user}{host}:{self.tls_port}'


def write_config(home, name, *lines):
    path = home.folder / name
    path.write_text('\n'.join(['[server]', *lines, '']))
    return path


def start_tls(home, redis, number, *lines):
    port = free_port()
    config = write_config(home, f'{number}.conf', f'port={port}', 'ip=127.0.0.1', 'tunnel-port=0',
                          f'state-dir={home.folder}/tls-{number}', 'status-address=none',
                          f'node-address=127.0.0.1:{port}', *lines)
    server = home.start([home.server_path, '--config', config])
    server.stdout.readline()
    server.place = f'127.0.0.1:{port}'
    return server


def end(home, server):
    status, out, err = home.stop(server)
    return err


def tls(home, check):
    redis = TlsRedis(home)
    ca = f'directory-ca={redis.certificates}/ca.pem'
    one = start_tls(home, redis, 1, f'directory={redis.with_tls()}', ca)
    password = home.folder / 'password'
    password.write_text('geheim\n')
    two = start_tls(home, redis, 2, f'directory={redis.with_tls("127.0.0.1", "udpnat@")}', ca,
                    f'directory-password-file={password}')
    time.sleep(3)
    alice = home.start_person('alice', '--server', one.place, '--cport', '0', '--strangers',
                              'accept')
    bob = home.start_person('bob', '--server', two.place, '--cport', '0', '--strangers', 'accept')
    alice.wait('registered')
    bob.wait('registered')
    alice.say('send bob by way of TLS')
    check('tls/works', bob.wait('message', text='by way of TLS'), [alice.events, bob.events])
    words = subprocess.run(['ps', '-ww', '-o', 'args=', str(one.pid)], capture_output=True,
                           text=True, check=False).stdout
    check('tls/no-password-in-the-list-of-processes', 'geheim' not in words, [words])
    alice.leave()
    bob.leave()
    said = end(home, one) + end(home, two)
    check('tls/no-password-in-the-log', 'geheim' not in said and 'directory answers' in said,
          [said])
    for what, lines, why in (
        ('nobody-vouches-for-it', [f'directory={redis.with_tls()}'], 'nobody whom this system'),
        ('somebody-else-vouches-for-it', [f'directory={redis.with_tls()}',
                                          f'directory-ca={redis.certificates}/other.pem'],
         'nobody whom directory-ca names'),
        ('another-host', [f'directory={redis.with_tls("127.0.0.2")}', ca], "another host's"),
        ('no-tls-there', [f'directory=rediss://localhost:{redis.port}', ca], 'does not answer ('),
        ('wrong-password', [f'directory={redis.with_tls(user="udpnat:wrong@")}', ca], 'WRONGPASS'),
    ):
        server = start_tls(home, redis, what, *lines)
        time.sleep(3)
        said = end(home, server)
        check(f'tls/{what}', why in said and 'directory answers' not in said, [said])
    redis.kill()


def tls_settings(home, check):
    def check_config(*lines):
        config = write_config(home, 'checked.conf', 'node-address=a.test', *lines)
        return home.run([home.server_path, '--config', config, '--check-config'])

    empty = home.folder / 'empty'
    empty.write_text('\n')
    status, out, err = check_config('directory=rediss://:geheim@a.test')
    check('tls-settings/the-password-is-masked', status == 0 and 'geheim' not in out + err
          and 'rediss://:*@a.test' in out, [out, err])
    status, out, err = check_config('directory=http://:geheim@a.test')
    check('tls-settings/in-faults-too', status == 1 and 'geheim' not in out + err, [out, err])
    status, out, err = home.run([home.server_path, '--directory', 'redis://:geheim@a.test',
                                 '--node-address', 'a.test', '--check-config'])
    check('tls-settings/no-password-in-an-option', status == 1 and 'list of processes' in err
          and 'geheim' not in err, [out, err])
    for what, lines, why in (
        ('no-password-file', [f'directory-password-file={home.folder}/none'], 'No such file'),
        ('no-password-in-it', [f'directory-password-file={empty}'], 'does not begin with'),
        ('no-certificate', [f'directory-ca={empty}'], 'directory-ca'),
    ):
        status, out, err = check_config('directory=rediss://a.test', *lines)
        check(f'tls-settings/{what}', status == 1 and why in err, [out, err])
    status, out, err = check_config('directory=redis://a.test', f'directory-ca={empty}')
    check('tls-settings/a-certificate-without-tls', status == 1 and 'rediss://' in err, [out, err])


if __name__ == '__main__':
    sys.exit(run(__doc__, [presence, rulings, status, one_name, two_strangers, tls, tls_settings]))
