"""The first start."""

import sys

from desk import reader

from . import steps


def tree(stage):
    """No story: what there is to read."""
    window = stage.add_person('somebody').start()
    print('\n'.join(reader.describe(window.read())), file=sys.stderr)
    window.shoot('tree')
    stage.check('read', True)


def fill_in_welcome(window, server):
    window.fill_in('Your Name', window.person.name)
    window.press('Use a Server', {'check box', 'switch'})
    window.fill_in('Address of the Server', server)


def first_run(stage):
    """A name, a server, Start; found by somebody else who did the same; and never asked again."""
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    hers = alice.start()
    hers.find('Welcome to Udpnat')
    hers.shoot('first-run-1-welcome')
    unnamed = hers.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    hers.press('Start')
    stage.check('without-a-name-it-says-so', hers.find(has='name', role='label'))
    hers.shoot('first-run-1-no-name')
    fill_in_welcome(hers, stage.server_address)
    hers.shoot('first-run-2-filled-in')
    hers.press('Start')
    stage.check('the-server-knows-her', hers.find('Online as alice'))
    hers.shoot('first-run-3-chats')
    unnamed = hers.find_unnamed()
    stage.check('every-control-of-the-chats-is-named', not unnamed, unnamed)

    his = bob.start()
    fill_in_welcome(his, stage.server_address)
    his.press('Start')
    steps.show_people(his)
    stage.check('he-sees-her', his.find_row('alice', 'Online', within='People'))
    his.shoot('first-run-4-people')
    steps.show_people(hers)
    stage.check('she-sees-him', hers.find_row('bob', 'Online', within='People'))
    alice.quit()
    hers = alice.start()
    stage.check('the-second-start-asks-nothing', hers.find('Online as alice'))
    alice.quit()
    bob.quit()


def lan(stage):
    """Two fresh profiles on one network and no server: type a name, pick the person, write."""
    if not stage.has_network:
        stage.skip('all-of-it', 'no network of its own can be made here')
        return
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    hers, his = alice.start(), bob.start()
    for window in hers, his:
        window.click(window.find('Your Name', 'text'))
        window.display.type(window.person.name)
        window.display.key('Return')  # the first action
        window.find('People on this network')
    steps.open_person(hers, 'bob', seconds=40)  # the second
    hers.shoot('lan-1-picked')
    hers.display.type('Hello over there')
    hers.display.key('Return')  # the third
    his.wait(lambda: his.select('Accept alice'), 'her request', 40)
    steps.accept(his, 'alice')
    stage.check('the-first-message-is-delivered', steps.find_arrived(hers, 'Hello over there'))
    hers.shoot('lan-2-delivered')
    steps.show_chats(his)
    steps.open_row(his, 'alice')
    steps.say(his, 'No server anywhere')
    stage.check('and-the-answer', hers.find_row('bob', 'No server anywhere', seconds=40))
    his.shoot('lan-3-answered')
    alice.quit()
    bob.quit()


ALL = (first_run, lan)
