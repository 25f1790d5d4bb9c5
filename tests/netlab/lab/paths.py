"""udpnat-cli paths NAME as one command: how the way to somebody was won, or why there is none."""

import itertools
import json
import subprocess

from .stage import talk
from .topology import SERVER

PATIENCE_SECONDS = 60.0


def ask(stage, site, name, peer):
    """Exit status, the report, and what was said to people."""
    words = ['--server', SERVER, '--profile', stage.folder / f'profile-{name}']
    program = stage.build / 'src/cli/udpnat-cli'
    told = []
    for more in (['--json'], ['--explain']):
        command = site.host.command(program, *words, *more, 'paths', peer)
        told.append(
            subprocess.run(
                list(map(str, command)),
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_SECONDS,
            )
        )
    events = [json.loads(line) for line in told[0].stdout.splitlines()]
    report = next((event for event in events if event['event'] == 'path_report'), {})
    return [done.returncode for done in told], report, told[1].stdout


def run_one_shot(stage, kind_a, kind_b, phase, found, words):
    """They know each other and have nothing to say; alice only looks."""
    sites = [stage.lab.add_site('a', kind_a, 1), stage.lab.add_site('b', kind_b, 2)]
    alice, bob = stage.start_people(*sites)
    talk(alice, bob, itertools.count(1), lambda: alice.count_delivered('bob') > 1, 10)
    alice.leave()
    alice.wait(10)
    n_said = len(bob.select('message'))
    status, report, said = ask(stage, sites[0], 'alice', 'bob')
    details = [status, report, said]
    used = [entry for entry in report.get('theirs', []) if entry['selected']]
    stage.check('exits-0', status == [0, 0], details)
    stage.check('tells-how-it-goes', report.get('phase') == phase, details)
    stage.check('tells-how-it-was-won', [entry['found'] for entry in used] == found, details)
    stage.check('says-it-in-words', words in said, details)
    stage.check('says-nothing-to-them', len(bob.select('message')) == n_said, details)


ALL = {
    'paths/direct': (
        run_one_shot,
        ('portrestricted', 'portrestricted', 'direct', ['plain'], 'Address as the server sees it'),
    ),
    'paths/search': (
        run_one_shot,
        ('sequential', 'portrestricted', 'direct', ['search'], 'Found by a search'),
    ),
    'paths/relayed': (
        run_one_shot,
        ('symmetric', 'symmetric', 'relayed', [], 'because'),
    ),
}
QUICK = ['paths/search']
