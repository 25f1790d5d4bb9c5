#!/usr/bin/env python3
"""check-mutations: each deliberate defect of tests/mutations still fits the code, and names tests
that there are.

    check-mutations.py ROOT LISTS BUILD      prints TAP; LISTS: the folder of the lists
"""

import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / 'mutations')]
from mutations import MutationError, read_all  # noqa: E402
from tap import Tap  # noqa: E402


def read_test_names(build):
    return {
        test['name']
        for test in json.loads((build / 'meson-info' / 'intro-tests.json').read_text())
    }


def find_misfits(root, mutations):
    wrong = []
    for mutation in mutations:
        try:
            new = mutation.change_tree(root)
        except MutationError as error:
            wrong.append(str(error))
            continue
        if any((root / path).read_text() == text for path, text in new.items()):
            wrong.append(f'{mutation.name}: changes nothing')
    return wrong


def main():
    tap = Tap()
    root, lists, build = (Path(text) for text in sys.argv[1:])
    mutations, wrong = [], []
    try:
        mutations = read_all(lists)
    except MutationError as error:
        wrong = str(error).splitlines()
    tap.check('/lint-mutations/the-lists-can-be-read', mutations and not wrong, wrong)
    misfits = find_misfits(root, mutations)
    tap.check('/lint-mutations/each-fits-the-code', not misfits, misfits)
    names = read_test_names(build)
    strange = [
        f'{mutation.name}: there is no test {name}'
        for mutation in mutations
        for name in mutation.seen_by
        if name not in names
    ]
    tap.check('/lint-mutations/each-names-tests-that-there-are', not strange, strange)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
