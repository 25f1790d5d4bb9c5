"""The first start."""

import sys

from desk import reader


def tree(stage):
    """No story: what there is to read."""
    window = stage.add_person('somebody').start()
    print('\n'.join(reader.describe(window.read())), file=sys.stderr)
    window.shoot('tree')
    stage.check('read', True)


def first_run(stage):
    alice = stage.add_person('alice')
    window = alice.start()
    window.shoot('first-run')
    stage.check('every-control-is-named', not window.find_unnamed(), window.find_unnamed())
    alice.quit()
