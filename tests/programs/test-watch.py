"""A server that says how it does: its page, its metrics, its lines in a terminal, and what it says
to nobody. Prints TAP."""

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from home import free_port, run

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
SAMPLE = re.compile(rf'({NAME})(?:\{{({NAME})="([^"\\\n]*)"\}})? (\d+)$')


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()


def read_running(folder):
    """Where the server of this state directory says how it does; None when it does not."""
    text = (Path(folder) / 'running').read_text()
    found = re.search(r'^status=(.*)$', text, re.M)
    return found.group(1) if found else None


def ask(address, path, method='GET', host=None, headers=()):
    name, port = address.rsplit(':', 1)
    connection = http.client.HTTPConnection(name.strip('[]'), int(port), timeout=15)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader('Host', host or address)
    for header in headers:
        connection.putheader(*header)
    connection.endheaders()
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def send_raw(address, data, seconds=15):
    """What comes back until the end, or until the other side has had enough."""
    name, port = address.rsplit(':', 1)
    with socket.create_connection((name, int(port)), timeout=seconds) as connection:
        answer = b''
        try:
            connection.sendall(data)
            while part := connection.recv(4096):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def parse_metrics(text):
    """Strictly, as the format 0.0.4 is: samples by name and label; raises ValueError."""
    values, types = {}, {}
    if not text.endswith('\n'):
        raise ValueError('no end of the last line')
    for line in text.split('\n')[:-1]:
        if head := re.fullmatch(rf'# (HELP|TYPE) ({NAME}) (\S.*)', line):
            kind, name, rest = head.groups()
            if kind == 'HELP' and name in types or kind == 'TYPE' and types.get(name) != '':
                raise ValueError(f'out of order: {line}')
            if kind == 'TYPE' and rest not in ('counter', 'gauge'):
                raise ValueError(f'no such type: {line}')
            types[name] = '' if kind == 'HELP' else rest
            continue
        sample = SAMPLE.fullmatch(line)
        if not sample or not types.get(sample.group(1)):
            raise ValueError(f'no sample of something known: {line}')
        name, _, label, value = sample.groups()
        if (name, label) in values:
            raise ValueError(f'twice: {line}')
        if (types[name] == 'counter') != name.endswith('_total'):
            raise ValueError(f'only counters end with _total: {line}')
        values[name, label] = int(value)
    return values


def start(home, *words):
    server = home.start_server('--state-dir', home.folder / 'state', *words)
    end = time.monotonic() + 10
    while not (home.folder / 'state/running').exists() and time.monotonic() < end:
        time.sleep(0.05)
    return server, read_running(home.folder / 'state')


def answers(home, check):
    server, address = start(home, '--status-address', '127.0.0.1:0')
    alice = home.start_person('alice')
    check('answers/somebody-is-there', alice.wait('registered') is not None, alice.events)
    alice.say('lookup nobody')

    metrics = ask(address, '/metrics')
    check('answers/metrics-type',
          metrics.headers.get('content-type') == 'text/plain; version=0.0.4; charset=utf-8',
          [metrics.headers])
    try:
        values = parse_metrics(metrics.text)
    except ValueError as error:
        values = {}
        check('answers/metrics-parse', False, [error])
    check('answers/metrics-count-alice', values.get(('udpnat_people_online', None)) == 1
          and values.get(('udpnat_handshakes_total', None), 0) >= 1
          and values.get(('udpnat_received_packets_total', 'data'), 0) >= 1, [metrics.text])

    page = ask(address, '/')
    check('answers/page', page.status == 200 and '<dt>People online</dt><dd>1<' in page.text
          and page.text.count('<svg') >= 8, [page.text])
    check('answers/page-names-nobody', 'alice' not in page.text and 'alice' not in metrics.text)
    policy = page.headers.get('content-security-policy', '')
    check('answers/page-may-load-nothing', policy.startswith("default-src 'none'; style-src 'sha")
          and 'unsafe' not in policy and '://' not in page.text and '<script' not in page.text,
          [policy])
    check('answers/not-kept', page.headers.get('cache-control') == 'no-store'
          and page.headers.get('connection') == 'close', [page.headers])

    status = json.loads(ask(address, '/status.json').text)
    check('answers/json', status['online'] == 1 and len(status['hour']) == 1, [status])
    head = ask(address, '/metrics', 'HEAD')
    check('answers/head', head.status == 200 and head.text == '', [head.status])
    code, out, err = home.run([home.server_path, '--state-dir', home.folder / 'state', '--status'])
    check('answers/terminal', code == 0 and out.startswith('udpnat-server ')
          and re.search(r'^  People online +1 \(', out, re.M), [code, out, err])
    alice.leave()
    home.stop(server)


def promtool(home, check):
    """Prometheus' own opinion, where it is installed."""
    server, address = start(home, '--status-address', '127.0.0.1:0')
    text = ask(address, '/metrics').text
    try:
        found = subprocess.run(['promtool', 'check', 'metrics'], input=text, text=True,
                               capture_output=True, timeout=30)
        check('promtool/likes-them', found.returncode == 0 and not found.stderr,
              [found.stdout, found.stderr])
    except FileNotFoundError:
        print('# promtool is not installed: only the parser of this test has looked')
    home.stop(server)


def refusals(home, check):
    server, address = start(home, '--status-address', '127.0.0.1:0')
    port = address.rsplit(':', 1)[1]
    for name, host in {'evil': 'evil.example', 'evil-with-port': f'evil.example:{port}',
                       'other-ip': f'192.0.2.1:{port}'}.items():
        check(f'refusals/host-{name}', ask(address, '/metrics', host=host).status == 421)
    for host in 'localhost', f'localhost:{port}', '127.0.0.1', 'localhost:9000':
        check(f'refusals/not-host-{host.replace(port, "port")}',
              ask(address, '/', host=host).status == 200)
    for path in '/nope', '/metrics/', '/../metrics.txt', '/status', '/favicon.ico':
        check(f'refusals/path-{path.replace("/", "-")}', ask(address, path).status == 404)
    check('refusals/long-path', ask(address, '/' + 'a' * 300).status == 414)
    for method in 'POST', 'PUT', 'DELETE', 'OPTIONS':
        answer = ask(address, '/', method)
        check(f'refusals/method-{method}', answer.status == 405
              and answer.headers.get('allow') == 'GET, HEAD', [answer.status])
    head = f'POST / HTTP/1.1\r\nHost: {address}\r\n'.encode()
    body = send_raw(address, head + b'Content-Length: 1000000000\r\n\r\n' + b'x' * 1000)
    check('refusals/body', not body or body.startswith(b'HTTP/1.1 413'), [body])
    chunked = send_raw(address, head + b'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')
    check('refusals/chunked-body', not chunked or chunked.startswith(b'HTTP/1.1 413'), [chunked])
    big = send_raw(address, b'GET / HTTP/1.1\r\nX: ' + b'a' * 1000000 + b'\r\n\r\n')
    check('refusals/big-header', b' 200 ' not in big, [big[:200]])
    for noise in b'\0' * 100, b'\r\n' * 100, b'GET', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n':
        with socket.create_connection(('127.0.0.1', int(port))) as connection:
            connection.sendall(noise)
    check('refusals/still-there', ask(address, '/').status == 200)
    home.stop(server)


def crowd(home, check):
    """Those who only hold connections are few, and not for long."""
    server, address = start(home, '--status-address', '127.0.0.1:0')
    port = int(address.rsplit(':', 1)[1])
    begin = time.monotonic()
    crowd = [socket.create_connection(('127.0.0.1', port), timeout=20) for _ in range(40)]
    time.sleep(1)
    n_open = 0
    for connection in crowd:
        connection.setblocking(False)
        try:
            n_open += connection.recv(1) != b''
        except BlockingIOError:
            n_open += 1
        except ConnectionResetError:
            pass
    check('crowd/sixteen-may-wait', n_open == 16, [n_open])
    crowd[0].settimeout(20)
    crowd[0].sendall(b'GET / HTTP/1.1\r\n')
    ended = crowd[0].recv(100)
    waited = time.monotonic() - begin
    check('crowd/not-for-long', ended == b'' and 5 < waited < 15, [ended, waited])
    time.sleep(1)
    check('crowd/then-others', ask(address, '/').status == 200)
    home.stop(server)


def where(home, check):
    server, address = start(home)
    check('where/this-machine-only', address and address.startswith('127.0.0.1:'), [address])
    port = int(address.rsplit(':', 1)[1])
    with open('/proc/net/tcp') as table:
        listening = [line.split()[1] for line in table if line.split()[3] == '0A']
    mine = [at for at in listening if at.endswith(f':{port:04X}')]
    check('where/nothing-outside', mine == [f'0100007F:{port:04X}'], [mine])
    taken = address
    home.stop(server)

    # somebody has the usual port: another will do
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(('127.0.0.1', 9848))
            other.listen()
        except OSError:
            pass
        home.port = free_port()
        server, address = start(home)
        check('where/another-port', address and not address.endswith(':9848'), [taken, address])
        check('where/found-by-status', home.run([home.server_path, '--state-dir',
                                                 home.folder / 'state', '--status'])[0] == 0)
        home.stop(server)

    server, address = start(home, '--status-address', 'none')
    check('where/none', address is None, [address])
    code, out, err = home.run([home.server_path, '--state-dir', home.folder / 'state', '--status'])
    check('where/none-says-so', code == 1 and '--status-address' in err and not out, [code, err])
    home.stop(server)

    words = [home.server_path, '--state-dir', home.folder / 'other', '--port', '0']
    code, out, err = home.run(words + ['--status-address', '192.0.2.1:80'])
    check('where/cannot-be-had', code == 1 and '--status-address' in err, [code, err])
    code, out, err = home.run(words + ['--status-address', 'example'])
    check('where/no-address', code == 2 and '--status-address' in err, [code, err])


def nobody(home, check):
    words = [home.server_path, '--state-dir', home.folder / 'state', '--status']
    code, out, err = home.run(words)
    check('nobody/no-directory', code == 3 and 'No server is running' in err, [code, out, err])
    check('nobody/no-directory-made', not (home.folder / 'state').exists())
    server, address = start(home)
    server.kill()
    home.finish(server)
    check('nobody/killed-leaves-a-file', read_running(home.folder / 'state') == address)
    code, out, err = home.run(words)
    check('nobody/killed', code == 3 and 'No server is running' in err, [code, out, err])

    # what answers there now is something else
    server, address = start(home, '--status-address', 'none')
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        path = home.folder / 'state/running'
        path.write_text(f'[server]\nstatus=127.0.0.1:{other.getsockname()[1]}\n')
        asking = home.start(words)
        connection, _ = other.accept()
        connection.recv(4096)  # or closing would reset it, before the answer is read
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\nWelcome!\n')
        connection.close()
        code, out, err = home.finish(asking)
        check('nobody/something-else', code == 1 and not out and 'something else' in err,
              [code, out, err])
    home.stop(server)


def events(home, check):
    server, _ = start(home, '--log-events')
    status, _, _ = home.run_cli('alice', 'list')
    code, _, err = home.stop(server)
    check('events/said', status == 0 and 'UDPNAT_EVENT=started' in err
          and 'UDPNAT_EVENT=stopped' in err, [status, err])
    check('events/one-line-for-what-happened', err.count('UDPNAT_EVENT=minute') == 1
          and 'UDPNAT_CAME=1' in err, [err])
    check('events/no-names-no-addresses', 'alice' not in err and 'NAMES' not in err
          and 'ADDRESSES' not in err, [err])

    server, _ = start(home, '--log-names', '--log-addresses')
    home.run_cli('alice', 'list')
    code, _, err = home.stop(server)
    check('events/with-names-when-asked', 'UDPNAT_NAMES_CAME=alice' in err, [err])
    check('events/with-addresses-when-asked',
          re.search(r'UDPNAT_ADDRESSES="alice 127\.0\.0\.1:\d+"', err), [err])

    server, _ = start(home)
    home.run_cli('alice', 'list')
    code, _, err = home.stop(server)
    check('events/silent-otherwise', err == '', [err])


if __name__ == '__main__':
    sys.exit(run(__doc__, [answers, promtool, refusals, crowd, where, nobody, events]))
