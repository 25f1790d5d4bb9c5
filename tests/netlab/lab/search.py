"""Searches for a port, so many times that chance shows: how many find a direct path, how soon, and
by how many packets."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from .stage import Stage

# alice's router, bob's, seconds, the least share in percent, probes at most. By theory 99.1 % of
# random ones hit, so one of twenty may well be in vain; 98 % takes a hundred trials to show.
CASES = {
    'random × port-restricted': ('symmetric', 'portrestricted', 12.0, 98, 1200),
    'block of 1,024 × port-restricted': ('bigblock', 'portrestricted', 12.0, 95, 128),
    'sequential × port-restricted': ('sequential', 'portrestricted', 2.0, 95, 1200),
    'sequential × sequential': ('sequential', 'sequential', 2.0, 95, 128),
}
TEST_SECONDS = 6.0  # in which both test their own routers
PUNCHING = 30  # packets of plain punching, and what is said on the new path; not probes

_COUNTER = '''
table ip count {{
  chain out {{
    type filter hook forward priority 10;
    ip daddr {other} counter
  }}
}}
'''


def count_packets(router):
    rules = router.nft('list table ip count')
    return int(re.search(r'packets (\d+)', rules or '').group(1))


def play(stage, kind_a, kind_b, seconds):
    """One trial. Returns seconds to the direct path at both (None: not in time) and packets that
    the prober sent to the other's router."""
    sites = [stage.lab.add_site('a', kind_a, 1), stage.lab.add_site('b', kind_b, 2)]
    stage.lab.route_between()
    routers = [stage.lab.get_router('ra'), stage.lab.get_router('rb')]
    for router, other in zip(routers, ('203.0.113.2', '203.0.113.1')):
        router.nft(_COUNTER.format(other=other))
    alice, bob = stage.start_people(*sites)
    time.sleep(TEST_SECONDS)
    start = time.monotonic()
    bob.send('alice', 'hello')
    found = []
    while len(found) < 2 and time.monotonic() < start + seconds + 3:
        found = [
            path['at'] - start
            for path in (alice.get_path('bob'), bob.get_path('alice'))
            if path and path['kind'] == 'direct'
        ]
        time.sleep(0.01)
    # bob probes; alice only opens, and answers. When they meet, both do the same.
    packets = count_packets(routers[1])
    if kind_a == kind_b:
        packets = max(packets, count_packets(routers[0]))
    return (max(found) if len(found) == 2 else None), packets


def judge(tap, title, trials, seconds, share, packets_max):
    times = sorted(took for took, _ in trials if took is not None)
    most = max(packets for _, packets in trials)
    good = sum(
        took is not None and took <= seconds and packets <= packets_max + PUNCHING
        for took, packets in trials
    )
    line = f'{title:<34}{good:>3} of {len(trials)} within {seconds:.0f} s'
    if times:
        line += f'; median {median(times):.2f} s, longest {times[-1]:.2f} s'
    line += f'; packets: median {median(p for _, p in trials):.0f}, most {most}'
    tap.check(f'/netlab/search/{title}', good * 100 >= len(trials) * share, [line])
    return line


def run(build, n_trials, jobs, tap):
    results = {title: [] for title in CASES}

    def run_one(title, number):
        kind_a, kind_b, seconds, _, _ = CASES[title]
        with Stage(f's{list(CASES).index(title)}-{number}', build, tap) as stage:
            results[title].append(play(stage, kind_a, kind_b, seconds))

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(run_one, t, n) for t in CASES for n in range(n_trials)]:
            done.result()
    tap.note('')
    for title, (_, _, seconds, share, packets_max) in CASES.items():
        trials = results[title]
        if len(trials) < n_trials:  # a stage that failed has said why
            tap.check(f'/netlab/search/{title}/all-run', False, [f'{len(trials)} of {n_trials}'])
        if trials:
            tap.note(judge(tap, title, trials, seconds, share, packets_max))
