"""The words on the window in another language, looked up where the program looks them up, so that a
test can ask for them in English."""

import gettext
import subprocess
from pathlib import Path

DOMAIN = 'udpnat'


class Words:
    """What a control is called in this language; its English name where there is no translation."""

    def __init__(self, build=None, language=None):
        self.known = {}
        path = build / 'po' / language / 'LC_MESSAGES' / f'{DOMAIN}.mo' if language else None
        if path and path.exists():
            with open(path, 'rb') as file:
                catalogue = gettext.GNUTranslations(file)
            # Names have no underscores of mnemonics.
            self.known = {
                source.replace('_', ''): target.replace('_', '')
                for source, target in catalogue._catalog.items() if isinstance(source, str)
            }

    def say(self, text):
        return self.known.get(text, text) if text else text


def compile_locale(folder, name):
    """A locale that is not installed, in a folder of its own; False when it cannot be made."""
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    language = name.partition('.')[0]
    done = subprocess.run(
        ['localedef', '-i', language, '-f', 'UTF-8', folder / f'{language}.utf8'],
        capture_output=True, text=True,
    )
    return done.returncode in (0, 1)  # 1: made, with warnings
