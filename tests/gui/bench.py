#!/usr/bin/python3
"""Figures of the window, beside what is asked for. Prints; nothing here passes or fails.

    bench.py --build DIR [start] [talk] [people] [crowd] [idle]

Times of turns of the main loop are of the processor, and of what we do in them: beside them, what
GTK needs for layout and painting, and how long it was by the clock on the wall.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from desk import surroundings  # noqa: E402
from tap import Tap  # noqa: E402

N_STARTS = 5
N_LINES = 100000
N_PAGES = 20
N_PEOPLE = 10000
N_IDLE_PEOPLE = 200
N_CROWDS = 3
IDLE_SECONDS = 60
# Whoever is owed a receipt is asked for at the start, a minute later, and then every five minutes
SETTLE_SECONDS = 100
# Of one run of bench-window
RUN_SECONDS = 400


class Bench:
    def __init__(self, stage):
        self.stage = stage
        self.person = stage.add_person('alice')

    def seed(self, what, number):
        subprocess.run([self.stage.build / 'tests/gui/seed-profile', what, self.person.profile,
                        self.stage.server_address, str(number)], check=True)

    def measure(self, *words):
        """What bench-window prints, as a dictionary."""
        return self.run('bench-window', words[0], self.person.profile, *words[1:])

    def run(self, name, *words):
        program = self.stage.build / 'tests/gui' / name
        # The window remembers whose conversation was open, and opens it at its start.
        shutil.rmtree(self.person.folder / 'config', ignore_errors=True)
        done = subprocess.run(
            [str(word) for word in (*self.person.computer.words(), program, *words)],
            env=self.person.environment() | {'GTK_A11Y': 'none', 'G_DEBUG': ''},
            capture_output=True, text=True, timeout=RUN_SECONDS,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f'{name} {words}: {done.returncode}\n{done.stdout}{done.stderr}')
        return {name: float(value) for name, value in
                (line.split() for line in done.stdout.splitlines() if len(line.split()) == 2)}


def show(what, value, unit, asked=''):
    print(f'  {what:<52}{value:>10} {unit:<9}{asked}', flush=True)


def start(bench):
    bench.seed('people', N_IDLE_PEOPLE)
    runs = []
    bare = []
    for _ in range(N_STARTS + 1):
        runs.append(bench.measure('start', time.monotonic_ns() // 1000))
        bare.append(bench.run('bench-bare', time.monotonic_ns() // 1000))
    bare_ms = statistics.median(run['bare-ms'] for run in bare[1:])
    bare_cpu_ms = statistics.median(run['bare-cpu-ms'] for run in bare[1:])
    cpu_ms = statistics.median(run['start-cpu-ms'] for run in runs[1:])
    print(f'Start, with {N_IDLE_PEOPLE} people')
    show('first frame of the chats, cold', f'{runs[0]["start-ms"]:.0f}', 'ms')
    show(f'median of {N_STARTS} warm starts',
         f'{statistics.median(run["start-ms"] for run in runs[1:]):.0f}', 'ms',
         f'asked: ≤ 500 ({cpu_ms:.0f} of CPU)')
    show('a bare window with a list, for comparison', f'{bare_ms:.0f}', 'ms',
         f'({bare_cpu_ms:.0f} of CPU: ours is {cpu_ms / bare_cpu_ms:.1f} times that)')


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def show_turn(what, runs, name, asked='≤ 8'):
    show(what, f'{median(runs, f"{name}-longest-own-cpu-ms"):.1f}', 'ms',
         f'asked: {asked} ({median(runs, f"{name}-longest-cpu-ms"):.0f} with layout and painting, '
         f'{median(runs, f"{name}-longest-ms"):.0f} by the clock)')


def talk(bench):
    bench.seed('lines', N_LINES)
    opened = [bench.measure('talk', 0) for _ in range(N_STARTS)]
    found = bench.measure('talk', N_PAGES)
    print(f'A conversation of {N_LINES:,} messages')
    show('open, until the frame that shows its end', f'{median(opened, "open-ms"):.0f}', 'ms',
         f'asked: ≤ 150 ({median(opened, "open-cpu-ms"):.0f} of CPU)')
    show('the call that opens it', f'{median(opened, "open-call-ms"):.1f}', 'ms', 'asked: ≤ 8')
    show_turn('longest turn of the main loop, opening', opened, 'open')
    show(f'scrolled back by {found["scroll-lines"]:.0f} lines, farthest jump',
         f'{found["scroll-worst-px"]:.1f}', 'px', 'asked: 0')
    show_turn('longest turn of the main loop, scrolling', [found], 'scroll')
    show('turns over 8 ms, scrolling', f'{found["scroll-n-long"]:.0f}', '',
         f'of {found["scroll-frames"]:.0f} frames')
    show('resident memory', f'{found["resident-mb"]:.0f}', 'MB', 'asked: ≤ 120')


def people(bench):
    bench.seed('people', N_PEOPLE)
    print(f'{N_PEOPLE:,} people')
    # the second is in all of their messages, and its beginnings in many names
    for text in ('priya 12', 'hello'):
        found = bench.measure('people', text)
        show(f'a letter of “{text}” typed, median', f'{found["key-own-cpu-median-ms"]:.1f}', 'ms',
             f'asked: ≤ 16 ({found["key-median-ms"]:.0f} with layout and painting, by the clock)')
        show(f'a letter of “{text}” typed, longest', f'{found["key-own-cpu-worst-ms"]:.1f}', 'ms',
             f'asked: ≤ 16 ({found["key-worst-ms"]:.0f} with layout and painting, by the clock)')
    show('resident memory', f'{found["people-resident-mb"]:.0f}', 'MB')


def crowd(bench):
    bench.seed('people', N_PEOPLE)
    print(f'{N_PEOPLE:,} people, and the page on which they are')
    for number in (1000, N_PEOPLE):
        runs = [bench.measure('crowd', number) for _ in range(N_CROWDS)]
        show_turn(f'longest turn while {number:,} come at once', runs, 'come')
        show_turn('longest turn when they and the server are lost', runs, 'lost')


def read_use(pid):
    """For each thread its CPU seconds, and how often it has waited and was woken."""
    use = {}
    for task in Path(f'/proc/{pid}/task').iterdir():
        for line in (task / 'status').read_text().splitlines():
            if line.startswith('voluntary_ctxt_switches'):
                use[task.name] = (int((task / 'schedstat').read_text().split()[0]) / 1e9,
                                  int(line.split()[1]))
    return use


def count_wakes(pid, seconds):
    """CPU seconds and wake-ups of this time."""
    before = read_use(pid)
    time.sleep(seconds)
    after = read_use(pid)
    return tuple(sum(use[i] - before.get(thread, (0, 0))[i] for thread, use in after.items())
                 for i in (0, 1))


def idle(bench):
    bench.seed('people', N_IDLE_PEOPLE)
    bench.stage.start_server()
    window = bench.person.start()
    begun = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    settled = time.monotonic() - begun
    cpu, wakes = count_wakes(window.process.pid, IDLE_SECONDS)
    print(f'Idle for {IDLE_SECONDS} s, with {N_IDLE_PEOPLE} people and a server, '
          f'{settled:.0f} s after the start')
    show('CPU', f'{cpu / IDLE_SECONDS * 100:.3f}', '%', 'asked: 0.0')
    show('wake-ups of all threads', f'{wakes / IDLE_SECONDS:.2f}', 'per s', 'asked: ≤ 1')
    window.close()


JOBS = {job.__name__: job for job in (start, talk, people, crowd, idle)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('names', nargs='*', choices=[[], *JOBS])
    options = parser.parse_args()
    surroundings.find_python()
    why = surroundings.find_missing()
    if not why:
        from desk import place
        why = place.enter()
    if why:
        print(f'no figures of the window: {why}')
        return 0
    from desk.stage import Stage
    for name in options.names or JOBS:
        with tempfile.TemporaryDirectory(prefix='udpnat-gui-') as folder:
            stage = Stage(name, Tap(quiet=True), options.build.resolve(), folder, Path(folder),
                          True)
            try:
                JOBS[name](Bench(stage))
            except Exception as error:  # noqa: BLE001: a figure less, with its reason
                print(f'{name}: {error}')
            finally:
                stage.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
