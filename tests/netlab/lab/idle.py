"""How quiet a client is that has nothing to do: packets counted by its own machine, wake-ups by
strace."""

import re
import shutil
import signal
import subprocess
import time

SETTLE_SECONDS = 8
IDLE_SECONDS = 65
SECONDS_PER_PACKET = 20
# One in 20 s at the most, in both families; and what is said anew when the network changes.
BEACONS_MAX = 2 * (IDLE_SECONDS // 20 + 1)
# Tests of our routers run once in a network, in the first five minutes: STUN, counted apart.
TESTS_MAX = 20
# A wake-up for each packet sent and each answer, and room for one timer in between: no polling.
WAKES_MAX = 30

_COUNTERS = '''
table inet idle {
  counter sent { }
  counter received { }
  counter beacons { }
  counter tests { }
  chain out {
    type filter hook output priority 0;
    udp dport 8850 counter name beacons accept
    meta l4proto udp @th,96,32 0x2112a442 counter name tests accept
    meta l4proto udp counter name sent
  }
  chain in {
    type filter hook input priority 0;
    meta l4proto udp counter name received
  }
}
'''
WAITING_CALLS = (
    'poll',
    'ppoll',
    'select',
    'pselect6',
    'epoll_wait',
    'epoll_pwait',
    'futex',
    'clock_nanosleep',
    'nanosleep',
)


def read_counter(host, name):
    done = subprocess.run(
        host.command('nft', 'list', 'counter', 'inet', 'idle', name),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(re.search(r'packets (\d+)', done.stdout).group(1))


def read_calls(text):
    """System call -> times, out of what `strace -c` prints."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and re.match(r'[\d.]+$', words[0]) and words[-1] != 'total':
            calls[words[-1]] = int(words[3])
    return calls


def measure_idle(stage, site, client):
    time.sleep(SETTLE_SECONDS)
    site.host.nft(_COUNTERS)
    tracer, log = None, stage.folder / 'strace'
    if shutil.which('strace'):
        tracer = subprocess.Popen(
            ['strace', '-f', '-qq', '-c', '-o', str(log), '-p', str(client.process.pid)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    time.sleep(IDLE_SECONDS)
    sent, received = read_counter(site.host, 'sent'), read_counter(site.host, 'received')
    beacons, tests = read_counter(site.host, 'beacons'), read_counter(site.host, 'tests')
    limit = IDLE_SECONDS / SECONDS_PER_PACKET
    stage.figures['idle'] = (
        f'{sent} packets, {beacons} beacons and {tests} tests sent, {received} received '
        f'in {IDLE_SECONDS} s'
    )
    stage.check('under-1-packet-per-20s', sent < limit, [stage.figures['idle']])
    stage.check('under-1-beacon-per-20s', 0 < beacons <= BEACONS_MAX, [stage.figures['idle']])
    stage.check('tests-are-few', tests <= TESTS_MAX, [stage.figures['idle']])
    stage.check(
        'is-still-registered', client.is_running() and not client.select('error'), client.get_tail()
    )
    if tracer is None:
        stage.tap.skip(f'/netlab/{stage.name}/no-busy-wake-ups', 'strace is not installed')
        return
    tracer.send_signal(signal.SIGINT)
    tracer.wait(5)
    calls = read_calls(log.read_text())
    wakes = sum(count for name, count in calls.items() if name in WAITING_CALLS)
    stage.figures['idle'] += '; system calls: ' + (
        ', '.join(
            f'{name} {count}' for name, count in sorted(calls.items(), key=lambda call: -call[1])
        )
        or 'none'
    )
    most = WAKES_MAX + 2 * tests  # each is sent and answered
    stage.check('no-busy-wake-ups', 0 < wakes <= most, [f'{wakes} wake-ups', log.read_text()])
