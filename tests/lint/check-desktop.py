#!/usr/bin/env python3
"""check-desktop: what the desktop reads of us, checked by the desktop's own programs, and that its
parts fit together.

    check-desktop.py ROOT FILE…      prints TAP; FILE: .desktop, .metainfo.xml and .service, as the
                                     build has made them
"""

import configparser
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

ID = 'io.github.udpnat.Udpnat'
SVG = '{http://www.w3.org/2000/svg}'
SUMMARY_CHARACTERS_MAX = 35


def run(tap, name, *words):
    if not shutil.which(words[0]):
        tap.skip(name, f'{words[0]} is not installed')
        return
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    out = (done.stdout + done.stderr).splitlines()
    tap.check(name, done.returncode == 0 and 'error' not in done.stderr, out)


def read_entry(path):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(path, encoding='utf-8')
    return parser


def check_entry(tap, path):
    run(tap, '/lint-desktop/desktop-file-is-valid', 'desktop-file-validate', path)
    parser = read_entry(path)
    entry = parser['Desktop Entry']
    tap.check('/lint-desktop/name-on-the-bus-is-the-file-name',
              entry.get('DBusActivatable') != 'true' or path.stem == ID, [path.name])
    tap.check('/lint-desktop/icon-is-the-id', entry['Icon'] == ID, [entry['Icon']])
    wanted = [action for action in entry.get('Actions', '').split(';') if action]
    missing = [action for action in wanted if f'Desktop Action {action}' not in parser]
    tap.check('/lint-desktop/every-action-is-described', not missing, missing)


def check_metainfo(tap, path):
    run(tap, '/lint-desktop/metainfo-is-valid', 'appstreamcli', 'validate', '--no-net', path)
    root = ElementTree.parse(path).getroot()
    summary = root.find('summary').text
    tap.check('/lint-desktop/summary-is-short', len(summary) <= SUMMARY_CHARACTERS_MAX, [summary])
    launchable = root.find('launchable').text
    tap.check('/lint-desktop/metainfo-names-the-desktop-file', launchable == f'{ID}.desktop',
              [launchable])


def check_service(tap, path):
    entry = read_entry(path)['D-BUS Service']
    tap.check('/lint-desktop/service-is-the-program',
              entry['Name'] == ID and entry['Exec'].endswith('/udpnat --gapplication-service'),
              [dict(entry)])


def is_symbolic(path):
    return path.stem.endswith(('-symbolic', '-symbolic-rtl'))


def check_icon(path):
    """What is wrong with it: its size, and things that a theme cannot draw or recolour."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        return [f'{path}: {error}']
    wrong = []
    size = '16' if is_symbolic(path) else '128'
    if (root.get('width'), root.get('height')) != (size, size):
        wrong.append(f'{path}: is not {size} by {size}')
    for tag in ('image', 'text', 'filter', 'script', 'foreignObject'):
        wrong += [f'{path}: has <{tag}>' for _ in root.iter(SVG + tag)]
    return wrong


def check_icons(tap, root):
    data = root / 'data/icons'
    named = [data / f'scalable/{ID}.svg', data / f'symbolic/{ID}-symbolic.svg']
    wrong = [f'{path} is missing' for path in named if not path.is_file()]
    wrong += [text for path in named if path.is_file() for text in check_icon(path)]
    own = sorted((root / 'src/gui/icons').rglob('*.svg'))
    for path in own:
        if is_symbolic(path):
            wrong += check_icon(path)
        else:
            wrong.append(f'{path}: an icon of the window is symbolic')
    tap.check('/lint-desktop/icons-can-be-drawn', not wrong, wrong)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    checks = {'.desktop': check_entry, '.xml': check_metainfo, '.service': check_service}
    tap = Tap()
    for name in sys.argv[2:]:
        checks[Path(name).suffix](tap, Path(name))
    with tempfile.TemporaryDirectory() as folder:
        run(tap, '/lint-desktop/settings-are-valid', 'glib-compile-schemas', '--strict',
            '--targetdir', folder, root / 'data')
    check_icons(tap, root)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
