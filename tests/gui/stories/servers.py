"""Which server: another one, none, and one of one's own."""

from . import steps
from .settings import ENTRIES, check_names, is_alone, log_in, open_preferences, read, take

ADDRESS = 'Address of the Server'


def choose_server(window, address):
    """As it is done in the preferences; '' for none."""
    open_preferences(window, 'Server')
    window.click(take(window, ADDRESS, ENTRIES))
    window.display.key('ctrl+a', 'BackSpace')
    if address:
        window.display.type(address)
    window.wait(lambda: read(window, ADDRESS) == address, f'“{address}” is typed')
    window.display.key('Return')


def close_window(window, title='Preferences'):
    [opened] = window.wait(lambda: window.display.find_windows(title), title)

    def is_closed():
        if not window.display.find_windows(title):
            return True
        window.display.focus(opened)
        window.display.key('Escape')  # the first one may be for the field that has the keyboard
        return False

    window.wait(is_closed, f'{title} is closed')


def change_server(stage):
    """No server, and another one, each at once; what is open stays open, and what waits waits."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    bob.quit()

    choose_server(hers, '')
    hers.find(has='No server: only people on this network')
    hers.shoot('change-server-1-none')
    stage.check('none-is-seen-at-once', hers.wait(
        lambda: any(node.name == 'People on this network' for node in hers.select(role='label')),
        'the state'))
    close_window(hers)
    stage.check('the-conversation-is-still-open', hers.find_row('You', 'Hello bob'))
    steps.say(hers, 'For when we both have a server')
    row = hers.find_row('For when we both have a server')
    stage.check('it-waits', not any(words in row.name for words in steps.READ_OR_DELIVERED),
                [row])
    hers.shoot('change-server-2-waiting')

    other = stage.start_server(port=8858)
    choose_server(hers, other)
    hers.find(has='Online as alice')
    hers.shoot('change-server-3-another')
    close_window(hers)
    stage.check('it-waits-still', hers.find_row('For when we both have a server'))
    his = steps.begin(bob, '--server', other)
    stage.check('it-comes-by-the-other-server',
                steps.find_arrived(hers, 'For when we both have a server'))
    choose_server(hers, stage.server_address)
    hers.find(has='Online as alice')
    alice.quit()
    hers = alice.start()
    hers.find(has='Online as alice')
    open_preferences(hers, 'Server')
    stage.check('it-is-kept', read(hers, ADDRESS) == stage.server_address)
    alice.quit()
    bob.quit()


def hosting_again(stage):
    """A server that was left on is there again at the next start, and that is seen; one that was
    stopped is not."""
    if not is_alone(stage):
        return
    alice = stage.add_person('alice')
    window = alice.start()
    window.press('Host a Server Here…')
    window.press('Start the Server')
    window.find('Stop the Server', 'button')
    close_window(window, 'Host a Server')
    # By the address that friends type, too, it is her own.
    log_in(window, 'alice', f'{alice.computer.ip}:8848')
    window.find(has='Online as alice')
    window.activate('host')
    window.find('Stop the Server', 'button')
    stage.check('its-own-address-is-the-server-in-use',
                window.peek('Use This Server', 'button') is None)
    window.shoot('hosting-again-1-in-use')
    alice.quit()
    alice.computer.end_program('udpnat-server')

    window = alice.start()
    stage.check('it-is-said', window.find(has='The server that you host is running'))
    window.shoot('hosting-again-2-said')
    window.find(has='Online as alice')
    window.activate('host')
    window.find('Stop the Server', 'button')
    window.wait_gone(has='The server that you host is running')  # its cross has no name
    check_names(stage, window, 'hosting-again')
    window.press('Stop the Server')
    window.find('Start the Server', 'button')
    alice.quit()

    window = alice.start()
    window.activate('host')
    stage.check('what-was-stopped-stays-so', window.find('Start the Server', 'button'))
    alice.quit()


def hosted_link(stage):
    """Who uses the own server by a word that only this computer understands has a link for others
    all the same."""
    if not is_alone(stage):
        return
    alice = stage.add_person('alice')
    window = alice.start()
    window.press('Host a Server Here…')
    window.press('Start the Server')
    window.find('Stop the Server', 'button')
    window.press('Use This Server')
    close_window(window, 'Host a Server')
    log_in(window, 'alice', '127.0.0.1:8848')
    window.find(has='Online as alice')
    open_preferences(window, 'Profile')
    stage.check('the-link-leads-others-here', window.find(has=f'alice@{alice.computer.ip}'))
    stage.check('and-not-to-themselves', window.peek(has='alice@127.0.0.1') is None)
    window.shoot('hosted-link')
    alice.quit()


ALL = [change_server, hosting_again, hosted_link]
