#!/usr/bin/python3
"""Stories of people at real windows: the program under Xvfb with buses of its own, read through
AT-SPI only, with a real server. A screenshot of each step is kept.

    test-gui.py --build DIR [--shots DIR] STORY…     prints TAP
    test-gui.py --list
    test-gui.py --build DIR --tree                   a fresh window, as a screen reader finds it
"""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402

from desk import surroundings  # noqa: E402


def give_up(why):
    if not surroundings.is_required():
        return tap_module.skip_all(why)
    tap = tap_module.Tap()
    tap.check('windows-can-be-tested', False, [why])
    return tap.finish()


def play(story, options, tap, has_network):
    from desk.stage import Stage

    with tempfile.TemporaryDirectory(prefix='udpnat-gui-') as folder:
        stage = Stage(story.__name__, tap, options.build.resolve(), folder, options.shots.resolve(),
                      has_network)
        try:
            story(stage)
        except Exception as error:  # noqa: BLE001: a failure, with its reason
            where = traceback.extract_tb(error.__traceback__)[-1]
            stage.check('runs-to-its-end', False, [f'{type(error).__name__}: {error}', f'{where}'])
            for person in stage.people:
                if person.window is not None:
                    tap.note(f'{person.name}: {take_last_shot(stage, person)}')
        finally:
            stage.close()


def take_last_shot(stage, person):
    try:
        return person.window.shoot(f'failed-{stage.label}-{person.name}')
    except Exception as error:  # noqa: BLE001: it is only a picture
        return error


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', type=Path)
    parser.add_argument('--shots', type=Path)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--tree', action='store_true')
    parser.add_argument('names', nargs='*', metavar='STORY')
    options = parser.parse_args()
    surroundings.find_python()
    missing = surroundings.find_missing()
    if missing:
        return give_up(missing)
    from desk import place
    import stories

    if options.list:
        print('\n'.join(stories.ALL))
        return 0
    if options.build is None:
        parser.error('--build DIR is missing')
    options.shots = options.shots or options.build / 'gui-shots'
    wanted = [stories.tree] if options.tree else [
        stories.ALL[name] for name in options.names or stories.ALL]
    why_no_network = place.enter()
    tap = tap_module.Tap()
    if why_no_network:
        tap.note(f'no network of its own ({why_no_network}): over the loopback interface')
    for story in wanted:
        play(story, options, tap, why_no_network is None)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
