"""What one's own network is like, seen from behind a router."""

from desk import place

from . import people, steps

# After registering: a question that nobody answers takes 3.75 s, and the window looks every 2 s.
TESTED_SECONDS = 40


def router(stage):
    """What the router does is found out without being asked for, and told in words."""
    if not stage.has_network:
        stage.skip('all-of-it', 'no network of its own can be made here')
        return
    why = place.add_router()
    if why:
        stage.skip('all-of-it', why)
        return
    stage.start_server()
    alice = stage.add_person('alice')
    window = steps.begin(alice, '--server', stage.server_address)
    window.find('Online as alice')
    window.activate('network')
    stage.check('is-tested', window.wait(
        lambda: window.select(has='Tested with the help of the server'), 'tested', TESTED_SECONDS))
    for name, fact, words in (
            ('mapping', 'Outer Port: ', 'endpoint-independent'),
            ('filtering', 'Who Is Let In: ', 'only the very address and port'),
            ('allocator', 'Port Numbers: ', 'keeps its number'),
            ('poison', 'Unasked Packets: ', 'spoils a port'),
            ('meaning', 'What This Means: ', 'Nearly everybody is reached directly'),
            ('fix', 'What Can Be Done: ', 'switch on its firewall')):
        stage.check(f'{name}-is-told', any(words in node.name for node in window.select(has=fact)),
                    [node.name for node in window.select(has=fact)])
    stage.check('picture-says-it', window.select(has='Your network. Your router gives all contacts '
                                                     'the same door.'))
    unnamed = window.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    shown = alice.display.find_windows('Network')[-1]
    alice.display.shoot(stage.shots / 'router-1-network.png', shown)
    alice.display.focus(shown)
    alice.display.key('Escape')
    window.wait(lambda: shown not in alice.display.find_windows(), 'the network is closed')
    ask_of_bob(stage, window)
    alice.quit()


def ask_of_bob(stage, window):
    """Who is talked to is told, and tells, whom the router lets in."""
    bob = stage.add_person('bob')
    his = steps.begin(bob, '--server', stage.server_address)
    his.find('Online as bob')
    steps.become_friends(window, his)
    people.open_details(window, 'bob')
    stage.check('their-router-is-told', window.wait(
        lambda: window.select(has='Their router lets in only exact doors'), 'their router',
        TESTED_SECONDS))
    display = window.person.display
    display.shoot(stage.shots / 'router-2-their-router.png', display.find_windows()[-1])
    bob.quit()


ALL = (router,)
