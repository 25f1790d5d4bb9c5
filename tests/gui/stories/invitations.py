"""A server that takes only people who are invited."""

import re
import subprocess

from . import steps
from .manners import END_SECONDS, start_quietly


def invite(stage):
    """The link that the operator hands out."""
    out = subprocess.run(
        [str(stage.build / 'src/server/udpnat-server'), '--invite', '--state-dir',
         str(stage.folder / f'server-{stage.server_port}')],
        stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    return re.search(r'^Link: (\S+)$', out, re.M).group(1)


def invitation(stage):
    """Opened by who has no name yet it fills in the server; later it asks whether to join. Without
    one it is said what is missing."""
    stage.start_server('--registration', 'invited')
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    hers = alice.start(invite(stage))
    hers.find('Welcome to Udpnat')
    hers.shoot('invitation-1-welcome')
    hers.fill_in('Your Name', 'alice')
    hers.press('Start')
    stage.check('who-opens-it-first-is-in', hers.find('Online as alice'))

    his = steps.begin(bob, '--server', stage.server_address)
    stage.check('without-one-it-is-said', his.find(has='only people who are invited'))
    his.shoot('invitation-2-not-invited')
    status = start_quietly(bob, invite(stage)).wait(END_SECONDS)
    stage.check('handing-it-over-ends-with-0', status == 0, [status])
    his.find(f'Join {stage.server_address}?')
    his.shoot('invitation-3-asked')
    his.press('Join', 'button')
    stage.check('who-joins-is-in', his.find('Online as bob'))
    his.shoot('invitation-4-joined')
    start_quietly(bob, f'udpnat:@{stage.server_address}?invite=abc').wait(END_SECONDS)
    stage.check('a-broken-one-is-told', his.find(has='The code of this invitation is not whole'))
    his.press('Close', 'button')
    alice.quit()
    bob.quit()


ALL = (invitation,)
