"""The list of deliberate defects: one text file for each layer beside this one.

    [name-of-it]
    One line: what is broken.
    seen by: tests that should notice, the surest first
    in src/core/layer/udpnat-thing.c
      a line as it is there, to tell the place
    - a line that goes
    + a line that comes

How far lines are indented does not matter. The lines that stay and go must be found at exactly one
place: a mutation that the code has moved away from is an error, and lint-mutations says so.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


class MutationError(Exception):
    pass


@dataclass
class Hunk:
    path: str
    lines: list = field(default_factory=list)  # of (kind, text): ' ', '-' or '+', and stripped


@dataclass
class Mutation:
    name: str
    group: str
    what: str = ''
    seen_by: list = field(default_factory=list)
    hunks: list = field(default_factory=list)

    @property
    def paths(self):
        return list(dict.fromkeys(hunk.path for hunk in self.hunks))

    @property
    def layer(self):
        """The suite of the tests that are nearest."""
        parts = self.hunks[0].path.split('/')
        return parts[2] if parts[:2] == ['src', 'core'] else parts[1]

    def change(self, texts):
        """texts: of each path, as it is; gives what they become"""
        texts = dict(texts)
        for hunk in self.hunks:
            texts[hunk.path] = change_text(texts[hunk.path], hunk, self.name)
        return texts

    def change_tree(self, root):
        """What the files below root become; a MutationError when it does not fit them."""
        for path in self.paths:
            if not (root / path).is_file():
                raise MutationError(f'{self.name}: there is no {path}')
        return self.change({path: (root / path).read_text() for path in self.paths})


def change_text(text, hunk, name):
    lines = text.split('\n')
    bare = [line.strip() for line in lines]
    wanted = [text for kind, text in hunk.lines if kind != '+']
    found = [
        at for at in range(len(bare) - len(wanted) + 1) if bare[at : at + len(wanted)] == wanted
    ]
    if len(found) != 1:
        raise MutationError(
            f'{name}: its lines are at {len(found)} places of {hunk.path}, not at one'
        )
    at, new = found[0], []
    for kind, text in hunk.lines:
        if kind == ' ':
            new.append(lines[at])
        elif kind == '+':
            new.append(text)
        at += kind != '+'
    return '\n'.join(lines[: found[0]] + new + lines[at:])


def check(mutation):
    """What is wrong with it by itself."""
    if not re.fullmatch(r'[a-z0-9]+(-[a-z0-9]+)*', mutation.name):
        return f'{mutation.name}: not a name'
    if not mutation.what or not mutation.seen_by or not mutation.hunks:
        return f'{mutation.name}: does not say what, seen by whom, or where'
    for hunk in mutation.hunks:
        kinds = {kind for kind, _ in hunk.lines}
        if not kinds & {'-', '+'} or not kinds & {'-', ' '}:
            return f'{mutation.name}: changes nothing in {hunk.path}, or nowhere'
    return None


def read_file(path):
    mutations = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        one = mutations[-1] if mutations else None
        if not line.strip() or line.startswith('#'):
            continue
        if line.startswith('['):
            mutations.append(Mutation(line.strip('[]'), path.stem))
        elif one is None:
            raise MutationError(f'{path.name}:{number}: before the first name')
        elif line.startswith('seen by:'):
            one.seen_by = line.partition(':')[2].split()
        elif line.startswith('in '):
            one.hunks.append(Hunk(line[3:].strip()))
        elif one.hunks and line[0] in '-+ ':
            one.hunks[-1].lines.append((line[0], line[1:].strip()))
        elif not one.what and not one.hunks:
            one.what = line.strip()
        else:
            raise MutationError(f'{path.name}:{number}: not understood: {line}')
    return mutations


def read_all(folder=HERE):
    """All of them, of all files; a MutationError when the list is wrong in itself."""
    mutations = [one for path in sorted(folder.glob('*.txt')) for one in read_file(path)]
    names = [one.name for one in mutations]
    wrong = [text for one in mutations if (text := check(one))]
    wrong += [f'{name}: there are two' for name in sorted(set(names)) if names.count(name) > 1]
    if wrong:
        raise MutationError('\n'.join(wrong))
    return mutations
