#!/usr/bin/python3
"""Runs a program of GTK where there may be no screen: under Xvfb, with a session bus of its own.

    under-display.py PROGRAM [ARGUMENT…]
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from desk import surroundings  # noqa: E402
from tap import Tap, skip_all  # noqa: E402


def give_up(why):
    if not surroundings.is_required():
        return skip_all(why)
    tap = Tap()
    tap.check('there-is-a-display', False, [why])
    return tap.finish()


def main():
    surroundings.find_python()
    why = surroundings.find_missing()
    if why:
        return give_up(why)
    from desk import bus, display
    with tempfile.TemporaryDirectory(prefix='udpnat-gui-') as folder:
        screen = display.Display()
        session = bus.start_session(folder)
        environment = os.environ | surroundings.of_gtk(folder, screen.name, session.address)
        environment['GTK_A11Y'] = 'none'
        try:
            return subprocess.run(sys.argv[1:], env=environment).returncode
        finally:
            session.close()
            screen.close()


if __name__ == '__main__':
    sys.exit(main())
