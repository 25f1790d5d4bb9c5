"""udpnat-cli netcheck tells what the rules of the router say, by our server and by coturn's."""

import json
import shutil
import subprocess
import time

from . import nat
from .programs import Server
from .stun import COTURN_PORT, Coturn
from .topology import SERVER, SERVER_OTHER

PATIENCE_SECONDS = 400.0  # with lifetimes
TOLD_SECONDS = 15.0
TOLD_KINDS = ('portrestricted', 'leaky', 'symmetric')
CODES = {
    'EI': 'endpoint-independent',
    'AD': 'address-dependent',
    'APD': 'address-and-port-dependent',
}
ALLOCATORS = {
    'symmetric': 'random',
    'hashed': 'random',
    'byaddress': 'random',
    'sequential': 'sequential',
    'block': 'block',
}


def check_network(stage, site, *words):
    """What netcheck says as a program reads it; and all that it says, and its exit status."""
    command = site.host.command(stage.build / 'src/cli/udpnat-cli', 'netcheck', '--json', *words)
    start = time.monotonic()
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    took = time.monotonic() - start
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found = next((event for event in events if event.get('family') == 'ipv4'), None)
    return found, took, [f'exit status {done.returncode}', *events, *done.stderr.splitlines()]


def expect(kind, n_routers=1):
    """What must be found behind such a router."""
    mapping, filtering = nat.BEHAVIOUR[kind]
    is_public = kind == 'public'
    # Only a port that stays the same can be opened, or spoilt, before others come by it.
    is_opened = mapping != 'APD' and (filtering == 'APD' or (filtering, mapping) == ('AD', 'EI'))
    return {
        'mapping': 'none' if is_public else CODES[mapping],
        'filtering': CODES[filtering],
        'two_addresses': True,
        'allocator': ALLOCATORS.get(kind, 'preserving'),
        'hairpin': 'unknown' if is_public else 'yes' if kind == 'hairpin' else 'no',
        'poisoned': 'yes' if kind == 'leaky' else 'no' if is_opened or filtering == 'EI'
        else 'unknown',
        'open_ttl': n_routers + 1 if is_opened else 0,
    }


def is_block_right(found):
    first, last = nat.BLOCK
    slack = (last - first) // 4
    return (
        abs(found['block_first'] - first) <= 2 * slack
        and abs(found['block_last'] - last) <= 2 * slack
        and found['block_last'] - found['block_first'] <= last - first + slack
    )


def check_kind(stage, site, kind, *words):
    """As check_network(). Twelve ports out of a block may all lie close together, by chance once in
    some thousand times: then it is asked again, and has to be right."""
    answer = check_network(stage, site, *words)
    if kind == 'block' and answer[0] and not is_block_right(answer[0]):
        answer = check_network(stage, site, *words)
    return answer


def check_found(stage, who, kind, found, said, n_routers=1):
    for what, wanted in expect(kind, n_routers).items():
        stage.check(
            f'{who}-{what.replace("_", "-")}-is-{wanted}', found and found[what] == wanted, said
        )
    if kind == 'sequential':
        stage.check(f'{who}-step-is-1', found and found['step'] == 1, said)
    if kind == 'block':
        stage.check(f'{who}-finds-the-block', found and is_block_right(found), said)


def start_servers(stage):
    stage.server = Server(stage.build, stage.lab.public, stage.folder, SERVER, SERVER_OTHER)
    stage.programs.append(stage.server)
    if not stage.server.wait_until_listening():
        raise RuntimeError('udpnat-server does not open its port')


def ask_all(stage, site, kind, n_routers=1):
    """Our server, then coturn's."""
    start_servers(stage)
    found, took, said = check_kind(stage, site, kind, '--server', SERVER)
    check_found(stage, 'ours', kind, found, said, n_routers)
    stage.figures['netcheck'] = found and {**found, 'took': took}
    if not shutil.which('turnserver'):
        stage.tap.skip(f'/netlab/{stage.name}/coturn', 'not installed: turnserver')
        return
    coturn = Coturn(stage.lab.public, stage.folder)
    try:
        time.sleep(1.0)
        found, took, said = check_kind(
            stage, site, kind, '--stun', f'{SERVER}:{COTURN_PORT}'
        )
    finally:
        coturn.close()
    check_found(stage, 'coturn', kind, found, said, n_routers)
    stage.figures['netcheck-coturn'] = found and {**found, 'took': took}


def ask_network(person):
    """What a running program tells of its network, once its own tests are done."""
    person.command('network')
    told = person.select('network', tests='done')
    return told[-1] if told else None


def run_told(stage, kind):
    """Who talks need not ask: the same is found with each new address, and `network` tells it."""
    site = stage.lab.add_site('a', kind, 1)
    start_servers(stage)
    alice = stage.start_client(site, 'alice')
    stage.check('registers', alice.wait_registered(5.0))
    told = alice.wait_for(lambda: ask_network(alice), TOLD_SECONDS)
    for what, wanted in expect(kind).items():
        stage.check(f'{what.replace("_", "-")}-is-{wanted}', told and told[what] == wanted, [told])
    fixes = {'symmetric': 'router-mode-or-ipv6', 'leaky': 'router-firewall'}
    stage.check('says-what-can-be-done', told and told['fix'] == fixes.get(kind, ''), [told])


def run_behind(stage, kind):
    ask_all(stage, stage.lab.add_site('a', kind, 1), kind)


def run_double(stage):
    """A home router behind a carrier's: a packet has to open both."""
    carrier = stage.lab.add_router('c', 'portrestricted', '203.0.113.1', '10.64.1')
    router = stage.lab.add_router('r', 'portrestricted', '10.64.1.2', '192.168.1', carrier)
    ask_all(stage, stage.lab.add_host('a', router), 'portrestricted', 2)


def is_said(code, said):
    return any(event.get('code') == code for event in said if isinstance(event, dict))


def run_blocked(stage):
    """No UDP gets out: that is said, with an exit status, soon after the 3.75 s of a question. The
    server is there by TCP, and another is not."""
    site = stage.lab.add_site('a', 'portrestricted', 1)
    stage.lab.get_router('ra').nft(
        'table ip blocked { chain through { type filter hook forward priority -10;'
        ' meta l4proto udp drop; }; }'
    )
    start_servers(stage)
    found, took, said = check_network(stage, site, '--server', SERVER)
    stage.check('finds-nothing', found is None and said[0] == 'exit status 1', said)
    stage.check('says-so', is_said('udp-blocked', said), said)
    stage.check('within-8s', took < 8.0, [f'{took:.1f} s'])
    _, _, said = check_network(stage, site, '--server', f'{SERVER}:9')
    stage.check('says-that-nobody-is-there', is_said('no-answer', said), said)


def run_lifetime(stage):
    """Linux keeps a flow that has lasted for 120 s; the lab is given 40 s, so that it is quick."""
    site = stage.lab.add_site('a', 'portrestricted', 1)
    stage.lab.get_router('ra').write_sysctl('netfilter/nf_conntrack_udp_timeout', '15')
    stage.lab.get_router('ra').write_sysctl('netfilter/nf_conntrack_udp_timeout_stream', '40')
    start_servers(stage)
    found, took, said = check_network(stage, site, '--server', SERVER, '--lifetime')
    stage.check(
        'lives-longer-than-27s-and-shorter-than-42s',
        found and found['lifetime_us'] // 1000000 == 27
        and found['lifetime_dead_us'] // 1000000 == 42,
        said,
    )
    stage.check('has-no-absolute-lifetime', found and found['absolute_lifetime_us'] == 0, said)
    stage.figures['netcheck'] = found and {**found, 'took': took}


KINDS = nat.KINDS + nat.MORE_KINDS
ALL = {f'netcheck/{kind}': (run_behind, (kind,)) for kind in KINDS} | {
    f'netcheck/told-{kind}': (run_told, (kind,)) for kind in TOLD_KINDS
} | {
    'netcheck/double-nat': (run_double, ()),
    'netcheck/udp-blocked': (run_blocked, ()),
    'netcheck/lifetime': (run_lifetime, ()),
}
# One takes minutes. Two choose ports by a hash: where that is another flow's port, the kernel drops
# what would leave by it, which happens once in some hundred runs.
NOT_QUICK = ('netcheck/lifetime', 'netcheck/hashed', 'netcheck/byaddress')
QUICK = [name for name in ALL if name not in NOT_QUICK]
