"""Other people's STUN clients ask our server what a router does, and coturn's server, which is the
yardstick: what they are told must be what the rules of the router say, and the same from both."""

import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import nat
from .programs import Program, Server
from .topology import SERVER, SERVER_OTHER

SERVER_PORT = 8848
COTURN_PORT = 3478
CLIENT_SECONDS = 20.0
# stunclient tells the first answer at once, and then waits for one that a NAT keeps out, for ever.
FIRST_ANSWER_SECONDS = 2.0
TOOLS = ('turnutils_stunclient', 'turnutils_natdiscovery', 'stun', 'turnserver')

MAPPING = {
    'Endpoint Independent Mapping': 'EI',
    'Address Dependent Mapping': 'AD',
    'Address and Port Dependent Mapping': 'APD',
}
FILTERING = {
    'Endpoint Independent Filtering': 'EI',
    'Address Dependent Filtering': 'AD',
    'Address and Port Dependent Filtering': 'APD',
}
# RFC 3489's names for how a router maps and filters. The client calls all that keep the mapping
# "Independent Mapping".
CLASSIC = {
    'public': 'Open',
    'fullcone': 'Independent Mapping, Independent Filter',
    'restricted': 'Independent Mapping, Address Dependent Filter',
    'portrestricted': 'Independent Mapping, Port Dependent Filter',
    'symmetric': 'Dependent Mapping',
}


def find_missing():
    """The clients or servers that are not installed."""
    return [tool for tool in TOOLS if not shutil.which(tool)]


class Coturn(Program):
    """coturn as a STUN server with two addresses."""

    def __init__(self, host, folder):
        words = ['turnserver', '-n', '--stun-only', '--no-cli', '--no-tcp', '--no-tls', '--no-dtls']
        words += ['--listening-ip', SERVER, '--listening-ip', SERVER_OTHER]
        words += ['--listening-port', COTURN_PORT, '--alt-listening-port', COTURN_PORT + 1]
        words += ['--log-file', 'stdout', '--pidfile', folder / 'coturn.pid']
        super().__init__(host, words, folder, 'coturn')

    def close(self):
        self.process.terminate()
        self.wait(5.0)


def ask(site, seconds, *words):
    """Everything that a client says within some seconds."""
    command = site.host.command('timeout', seconds, 'stdbuf', '-oL', *words)
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def find_verdict(text, words):
    """The only one of some phrases that a client's output holds."""
    found = [verdict for phrase, verdict in words.items() if f'NAT with {phrase}!' in text]
    return found[0] if len(found) == 1 else None


def discover(site, port):
    """The verdicts of all clients about the router, from the server at a port; and what they
    said."""
    questions = {
        'reflexive': (FIRST_ANSWER_SECONDS, 'turnutils_stunclient', '-p', port, SERVER),
        'mapping': (CLIENT_SECONDS, 'turnutils_natdiscovery', '-m', '-p', port, SERVER),
        'filtering': (CLIENT_SECONDS, 'turnutils_natdiscovery', '-f', '-p', port, SERVER),
        'hairpin': (CLIENT_SECONDS, 'turnutils_natdiscovery', '-H', '-p', port, SERVER),
        'classic': (CLIENT_SECONDS, 'stun', f'{SERVER}:{port}'),
    }
    # Side by side: they find out by waiting for what does not come.
    with ThreadPoolExecutor() as pool:
        said = dict(zip(questions, pool.map(lambda words: ask(site, *words), questions.values())))
    reflexive = re.findall(r'UDP reflexive addr: ([\d.]+):', said['reflexive'])
    classic = re.search(r'Primary: (.*?)(?:, random port|, preserves ports|, will hairpin|, no '
                        r'hairpin|\t|\n)*\n', said['classic'])
    return {
        'reflexive': reflexive[0] if reflexive else None,
        'mapping': find_verdict(said['mapping'], MAPPING),
        'filtering': find_verdict(said['filtering'], FILTERING),
        'hairpin': 'successful hairpinning' in said['hairpin'],
        'classic': classic[1].strip() if classic else None,
    }, said


def run_behind(stage, kind):
    """A host behind such a router asks both servers."""
    missing = find_missing()
    if missing:
        stage.tap.skip(f'/netlab/{stage.name}/all', f"not installed: {', '.join(missing)}")
        return
    site = stage.lab.add_site('a', kind, 1)
    stage.server = Server(stage.build, stage.lab.public, stage.folder, SERVER, SERVER_OTHER)
    stage.programs.append(stage.server)
    if not stage.server.wait_until_listening():
        raise RuntimeError('udpnat-server does not open its port')
    coturn = Coturn(stage.lab.public, stage.folder)
    try:
        time.sleep(1.0)
        ours, said = discover(site, SERVER_PORT)
        theirs, _ = discover(site, COTURN_PORT)
    finally:
        coturn.close()
    mapping, filtering = nat.BEHAVIOUR[kind]
    wanted = {
        'reflexive': site.public,
        'mapping': mapping,
        'filtering': filtering,
        'hairpin': kind == 'public',  # none of the lab's routers does it
        'classic': CLASSIC[kind],
    }
    for what, verdict in wanted.items():
        stage.check(
            f'{what}-is-{verdict}'.replace(' ', '-'),
            ours[what] == verdict,
            [f'by our server {ours[what]}', *said[what].splitlines()],
        )
    stage.check('coturn-says-the-same', ours == theirs, [f'ours {ours}', f'coturn {theirs}'])


ALL = {f'stun/{kind}': (run_behind, (kind,)) for kind in nat.KINDS}
