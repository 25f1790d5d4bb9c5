#!/usr/bin/env python3
"""check-documents: that what the documents point at is there, and that they agree on the version.

    check-documents.py ROOT      prints TAP; every breach as file:line

Looks at links between documents and their headings, at pictures, at the files of the checkout that
are named as code, and at the verbs of ./dev. The version is that of meson.build; the first entry of
CHANGELOG.md and the first release of the AppStream metadata are of it. Addresses on the web are not
fetched.
"""

import re
import sys
import unicodedata
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

LINK = re.compile(r'\]\(([^()\s]+)\)')
HTML_LINK = re.compile(r'(?:src|href)="([^"]+)"')
CODE = re.compile(r'`([^`]+)`')
FENCE = re.compile(r'^\s*```')
HEADING = re.compile(r'^#{1,6}\s+(.*?)\s*#*$')
OUTSIDE = re.compile(r'[a-z][a-z0-9+.-]*:')
# A file of the checkout, named from its root, whole: no pattern and no placeholder.
FILE = re.compile(r'(?:data|docs|examples|flatpak|po|src|tests)/[\w./-]*[\w-]')
VERB = re.compile(r'\./dev ([a-z]+)')
VERSION = re.compile(r"version: '([^']+)'")
ENTRY = re.compile(r'^## (\S+) \((not released|\d{4}-\d\d-\d\d)\)$', re.M)
RELEASE = re.compile(r'<release version="([^"]+)" date="(\d{4}-\d\d-\d\d)" type="(\w+)"')
# What a build makes, or what only the server's computer has.
NOT_HERE = ('po/udpnat.pot',)


def slug(heading):
    """The anchor that a heading gets, as web front ends of Git make it."""
    text = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).replace('`', '').lower()
    kept = (c for c in text
            if c in ' -_' or unicodedata.category(c)[0] in 'LN' or unicodedata.category(c) == 'Mn')
    return ''.join(kept).replace(' ', '-')


class Document:
    def __init__(self, root, path):
        self.name = path.relative_to(root).as_posix()
        self.folder = path.parent
        self.anchors = set()
        self.lines = []  # (number, text, is in a fence)
        is_fenced = False
        for number, text in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
            if FENCE.match(text):
                is_fenced = not is_fenced
                continue
            self.lines.append((number, text, is_fenced))
            heading = None if is_fenced else HEADING.match(text)
            if heading:
                self._add_anchor(slug(heading.group(1)))

    def _add_anchor(self, anchor):
        """The second of a name has -1 behind it."""
        count, name = 0, anchor
        while name in self.anchors:
            count += 1
            name = f'{anchor}-{count}'
        self.anchors.add(name)

    def links(self):
        for number, text, is_fenced in self.lines:
            if not is_fenced:
                bare = CODE.sub('', text)
                for target in LINK.findall(bare) + HTML_LINK.findall(bare):
                    if not OUTSIDE.match(target):
                        yield number, unquote(target)

    def words_of_code(self):
        for number, text, is_fenced in self.lines:
            for word in [text] if is_fenced else CODE.findall(text):
                yield number, word


def check_links(root, documents):
    by_path = {(root / document.name).resolve(): document for document in documents}
    for document in documents:
        for number, target in document.links():
            path, _, anchor = target.partition('#')
            found = (document.folder / path).resolve() if path else (root / document.name).resolve()
            if not found.exists():
                yield f'{document.name}:{number}: there is no {target}'
            elif anchor and (found not in by_path or anchor not in by_path[found].anchors):
                yield f'{document.name}:{number}: {target} has no such heading'


def check_files(root, documents):
    for document in documents:
        for number, word in document.words_of_code():
            if (FILE.fullmatch(word) and word not in NOT_HERE and '…' not in word
                    and not (root / word).exists()
                    and not list(root.glob(f'{word}*'))):
                yield f'{document.name}:{number}: there is no {word}'


def read_verbs(root):
    return set(re.findall(r'^verb_([a-z]+) \(\)', (root / 'dev').read_text(encoding='utf-8'), re.M))


def check_verbs(root, documents):
    verbs = read_verbs(root)
    for document in documents:
        for number, word in document.words_of_code():
            for verb in VERB.findall(word):
                if verb not in verbs:
                    yield f'{document.name}:{number}: ./dev has no verb {verb}'


def check_pictures(root):
    """Of the metadata, by which software centres show the program."""
    for path in (root / 'data').glob('*.metainfo.xml.in'):
        text = path.read_text(encoding='utf-8')
        for name in re.findall(r'<image[^>]*>[^<]*/(docs/[^<]+)</image>', text):
            if not (root / name).exists():
                yield f'data/{path.name}: there is no {name}'


def check_version(root):
    version = VERSION.search((root / 'meson.build').read_text(encoding='utf-8')).group(1)
    entry = ENTRY.search((root / 'CHANGELOG.md').read_text(encoding='utf-8'))
    if not entry:
        return ['CHANGELOG.md: no entry like “## 1.2.3 (2026-01-31)” or “(not released)”']
    wrong = []
    if entry.group(1) != version:
        wrong.append(f'CHANGELOG.md: the first entry is of {entry.group(1)}, not {version}')
    for path in (root / 'data').glob('*.metainfo.xml.in'):
        release = RELEASE.search(path.read_text(encoding='utf-8'))
        if not release or release.group(1) != version:
            wrong.append(f'data/{path.name}: the first release is not of {version}')
        elif entry.group(2) == 'not released' and release.group(3) != 'development':
            wrong.append(f'data/{path.name}: {version} is not released, so of type development')
        elif entry.group(2) != 'not released' and (
                release.group(2) != entry.group(2) or release.group(3) != 'stable'):
            wrong.append(f'data/{path.name}: {version} is not a stable release of {entry.group(2)}')
    return wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    documents = [Document(root, path) for pattern in ('*.md', 'docs/*.md', 'examples/*.md')
                 for path in sorted(root.glob(pattern))]
    tap = Tap()
    for name, wrong in (
            ('links-lead-somewhere', list(check_links(root, documents))),
            ('files-are-there', list(check_files(root, documents))),
            ('verbs-of-dev-are-there', list(check_verbs(root, documents))),
            ('pictures-of-the-metadata-are-there', list(check_pictures(root))),
            ('one-version', check_version(root))):
        tap.check(f'/lint-documents/{name}', not wrong, wrong)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
