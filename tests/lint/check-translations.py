#!/usr/bin/env python3
"""check-translations: that nothing which people read is forgotten by translators.

    check-translations.py ROOT      prints TAP; every breach as file:line

Looks at po/POTFILES.in (is every file with translatable texts in it, and no other), at po/LINGUAS
(is there a translation for each language, and no other), and lets gettext check each translation.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

IN_C = re.compile(r'\b(?:_|N_|C_|NC_|Q_|ngettext|g_dngettext|g_dpgettext2?)\s*\(\s*"')
IN_UI = re.compile(r'translatable="(?:yes|true|1)"')
IN_SCHEMA = re.compile(r'gettext-domain=')
COMMENT = re.compile(r'/\*.*?\*/', re.S)


def has_texts(path):
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.c':
        return bool(IN_C.search(COMMENT.sub('', text)))
    if path.suffix == '.ui':
        return bool(IN_UI.search(text))
    return path.name.endswith(('.desktop.in', '.metainfo.xml.in')) or (
        path.name.endswith('.gschema.xml') and bool(IN_SCHEMA.search(text)))


def read_list(path):
    """The lines that mean something, with their numbers."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding='utf-8').splitlines()
    return [(number, line.strip()) for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith('#')]


def check_files(root):
    """Returns what is missing, what is too much, and what is out of order."""
    there = {
        path.relative_to(root).as_posix()
        for folder in ('data', 'src') for path in sorted((root / folder).rglob('*'))
        if path.is_file() and path.suffix in ('.c', '.ui', '.in', '.xml') and has_texts(path)
    }
    listed = read_list(root / 'po/POTFILES.in')
    names = [name for _, name in listed]
    missing = [f'po/POTFILES.in: {name} is missing' for name in sorted(there - set(names))]
    vain = [f'po/POTFILES.in:{number}: {name} has nothing to translate'
            for number, name in listed if name not in there]
    order = [f'po/POTFILES.in:{number}: {name} is out of order'
             for (number, name), before in zip(listed[1:], names) if name <= before]
    return missing, vain, order


def check_languages(root):
    listed = read_list(root / 'po/LINGUAS')
    there = {path.stem for path in (root / 'po').glob('*.po')}
    names = {name for _, name in listed}
    return [f'po/LINGUAS:{number}: there is no {name}.po'
            for number, name in listed if name not in there] + [
        f'po/LINGUAS: {name} is missing' for name in sorted(there - names)]


def check_translation(path):
    done = subprocess.run(['msgfmt', '--check', '-o', '/dev/null', str(path)],
                          capture_output=True, text=True)
    return done.stderr.splitlines() if done.returncode != 0 else []


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    tap = Tap()
    missing, vain, order = check_files(root)
    tap.check('/lint-translations/every-text-is-found', not missing, missing)
    tap.check('/lint-translations/no-file-in-vain', not vain, vain)
    tap.check('/lint-translations/files-are-sorted', not order, order)
    wrong = check_languages(root)
    tap.check('/lint-translations/every-language-is-listed', not wrong, wrong)
    for path in sorted((root / 'po').glob('*.po')):
        name = f'/lint-translations/{path.name}-is-sound'
        if shutil.which('msgfmt'):
            wrong = check_translation(path)
            tap.check(name, not wrong, wrong)
        else:
            tap.skip(name, 'msgfmt is not installed')
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
