#!/usr/bin/env python3
"""check-reasons: each reason for the relay has a sentence, a page in docs/REASONS.md and a line in
the manual, and none of these is of a reason that is not there.

    check-reasons.py ROOT      prints TAP
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

LINES_MIN = 2  # what it means, and what can be done


def read_codes(root):
    """Those of the core, and those that only the client knows."""
    text = (root / 'src/core/base/udpnat-path-kind.c').read_text()
    core = set(re.findall(r'return "([a-z-]+)";', text)) - {'none'}
    words = (root / 'src/core/client/udpnat-words.c').read_text()
    table = re.search(r'reasons\[\] = \{(.*?)\n\};', words, re.S).group(1)
    return core, set(re.findall(r'\{ "([a-z-]+)"', table))


def read_pages(root):
    parts = re.split(r'^## (.*)$', (root / 'docs/REASONS.md').read_text(), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def read_manual(root):
    text = (root / 'data/man/udpnat-cli.1').read_text()
    part = re.search(r'^Reasons for the relay are:$(.*?)^\.El$', text, re.S | re.M).group(1)
    return {code for line in re.findall(r'^\.It (.*)$', part, re.M) for code in line.split(' , ')}


def main():
    tap = Tap()
    root = Path(sys.argv[1])
    core, words = read_codes(root)
    pages = read_pages(root)
    tap.check('/lint-reasons/each-has-a-sentence', core and core <= words, sorted(core - words))
    tap.check('/lint-reasons/each-has-a-page', words == pages.keys(),
              sorted(words ^ pages.keys()))
    short = [
        code for code, text in pages.items()
        if len(text.strip().splitlines()) < LINES_MIN or '\n* ' not in text
    ]
    tap.check('/lint-reasons/each-page-says-what-to-do', not short, short)
    manual = read_manual(root)
    tap.check('/lint-reasons/each-is-in-the-manual', words == manual, sorted(words ^ manual))
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
