"""What one's own network is like, seen from behind a router."""

from desk import place

from . import people, steps
from .settings import is_on, turn

# After registering: a question that nobody answers takes 3.75 s, and the window looks every 2 s.
TESTED_SECONDS = 40
# A path after the first message
CONNECTED_SECONDS = 40


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


def path(stage):
    """How one is connected: in the header, drawn with words beside it, as a report; and only
    through the server when that is wanted."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    direct = 'Direct in this network' if stage.has_network else 'Through the server'
    stage.check('the-header-says-how', hers.find(has=f'bob, {direct}', role='button',
                                                 seconds=CONNECTED_SECONDS))
    hers.shoot('path-1-header')
    people.open_details(hers, 'bob', 'Connection')
    if stage.has_network:
        read_direct(stage, alice, hers)
    copied = copy_report(stage, hers)
    only_through_server(stage, alice, hers)
    people.close_dialog(hers, 'bob')
    hers.click(hers.find('Message', 'text'))
    hers.display.key('ctrl+v')
    report = hers.wait(lambda: hers.read_entry('Message'), 'the report is pasted')
    stage.check('the-report-is-text', copied and 'udpnat' in report and '\n' in report, [report])
    stage.check('without-addresses-and-names', alice.computer.ip not in report and
                'bob' not in report and 'alice' not in report, [report])
    alice.quit()
    bob.quit()


def read_direct(stage, alice, window):
    picture = window.wait(lambda: window.select(has='You and bob. Connected directly on this '
                                                    'network, round trip'), 'the picture')
    stage.check('the-picture-has-words', picture)
    stage.check('what-was-tried-has-a-fate', window.select(has='In use'),
                [node.name for node in window.select(role='list item')])
    stage.check('round-trips-have-words', window.wait(lambda: window.select(
        has='Round trip in the last three minutes. Now'), 'the plot'))
    display = alice.display
    display.shoot(stage.shots / 'path-2-connection.png', display.find_windows()[-1])


def copy_report(stage, window):
    button = window.wait(lambda: window.select('Copy Report', 'button'), 'the button')[0]
    button.press()
    return stage.check('it-is-said-that-it-is-copied', window.find(has='Report copied'))


def only_through_server(stage, alice, window):
    switch = 'Through the Server Only'
    window.press('Person', steps.TAB)
    turn(window, switch)
    window.wait(lambda: is_on(window, switch), 'it is on')
    words = 'Through the server: you chose to always use the server'
    stage.check('then-the-server-is-used-and-why', window.wait(
        lambda: window.select(has=f'bob, {words}', role='button'), words, CONNECTED_SECONDS))
    alice.display.shoot(stage.shots / 'path-3-server-only.png')
    turn(window, switch)
    window.wait(lambda: not is_on(window, switch), 'it is off')


ALL = (router, path)
