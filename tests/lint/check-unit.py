#!/usr/bin/env python3
"""check-unit: the unit of the server is one that systemd takes, leaves the program little to do
harm with, and fits the program; and so does the drop-in that OPERATIONS.md shows.

    check-unit.py ROOT UNIT SERVER      prints TAP; UNIT, SERVER: as the build has made them

Without systemd-analyze most of it is skipped, but not in CI.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

EXPOSURE_MAX = 1.5  # of 10, as systemd-analyze security counts
DROP_IN = re.compile(
    r'^    # /etc/systemd/system/udpnat-server\.service\.d/443\.conf\n((?:    .*\n)+)', re.M)


def analyze(*words, path):
    """Exit status and what was said; PATH: where units are looked for first."""
    environment = os.environ | {'SYSTEMD_UNIT_PATH': f'{path}:', 'SYSTEMD_COLORS': '0',
                                'SYSTEMD_PAGER': ''}
    done = subprocess.run(['systemd-analyze', *words], capture_output=True, text=True,
                          env=environment, timeout=120)
    return done.returncode, done.stdout + done.stderr


def get_exposure(text):
    found = re.search(r'Overall exposure level for \S+: (\d+\.\d+)', text)
    return float(found.group(1)) if found else None


def check_unit(tap, name, folder, unit):
    code, text = analyze('verify', '--man=no', str(unit), path=folder)
    # a word that systemd does not know is no error to it
    tap.check(f'/lint-unit/{name}/systemd-takes-it', code == 0 and 'ignoring' not in text
              and unit.name not in text, text.splitlines())
    code, text = analyze('security', '--offline=yes', '--no-pager', str(unit), path=folder)
    exposure = get_exposure(text)
    tap.check(f'/lint-unit/{name}/exposure-is-low', exposure is not None
              and exposure <= EXPOSURE_MAX, text.splitlines())
    return exposure


def check_with_systemd(tap, text, server, drop_in):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, 'udpnat-server.service')
        unit.write_text(re.sub(r'^ExecStart=\S+', f'ExecStart={server}', text, flags=re.M))
        plain = check_unit(tap, 'plain', folder, unit)
        extra = Path(folder, 'udpnat-server.service.d/443.conf')
        extra.parent.mkdir()
        extra.write_text(drop_in)
        more = check_unit(tap, 'with-443', folder, unit)
        tap.check('/lint-unit/with-443/is-seen', None not in (plain, more) and more > plain,
                  [plain, more])
        print(f'# exposure {plain}, with port 443 {more}')


def check_command(tap, text, server):
    """The program takes the options that the unit gives it."""
    words = re.search(r'^ExecStart=(.*)$', text, re.M).group(1).split()
    tap.check('/lint-unit/names-the-program', Path(words[0]).name == 'udpnat-server', words)
    done = subprocess.run([server, *words[1:], '--version'], capture_output=True, text=True)
    tap.check('/lint-unit/options-are-known', done.returncode == 0, [words, done.stderr])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    root, unit, server = (Path(text).resolve() for text in sys.argv[1:])
    tap = Tap()
    text = unit.read_text()
    check_command(tap, text, server)
    found = DROP_IN.search((root / 'docs/OPERATIONS.md').read_text())
    tap.check('/lint-unit/drop-in-is-shown', bool(found), ['OPERATIONS.md, "Port 443"'])
    drop_in = re.sub(r'^    ', '', found.group(1), flags=re.M) if found else ''
    if shutil.which('systemd-analyze'):
        check_with_systemd(tap, text, server, drop_in)
    elif os.environ.get('CI') == 'true':
        tap.check('/lint-unit/systemd-is-installed', False, ['systemd-analyze is needed in CI'])
    else:
        tap.skip('/lint-unit/systemd', 'systemd-analyze is not installed')
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
