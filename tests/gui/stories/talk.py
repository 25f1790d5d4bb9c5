"""Two people talk."""

import subprocess

from . import steps


def chat(stage):
    """From the first start to messages both ways, with a server."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.open_person(hers, 'bob')
    hers.shoot('chat-1-before')
    steps.say(hers, 'Hello Bob, 你好')
    stage.check('own-message-is-in-the-list', hers.find_row('You', 'Hello Bob, 你好'))

    steps.show_people(his)
    his.find('Accept alice', seconds=40)
    his.shoot('chat-2-request')
    steps.accept(his, 'alice')
    stage.check('it-is-delivered', steps.find_arrived(hers, 'Hello Bob'))
    steps.show_chats(his)
    steps.open_row(his, 'alice')
    stage.check('it-can-be-read', his.find_row('alice', 'Hello Bob, 你好'))
    steps.say(his, 'Hello Alice!')
    stage.check('the-answer-comes', hers.find_row('bob', 'Hello Alice!', seconds=40))
    stage.check('and-is-delivered', steps.find_arrived(his, 'Hello Alice!'))
    stage.check('what-was-seen-is-read', hers.find_row('Hello Bob', 'Read by', seconds=40))
    hers.shoot('chat-3-both-ways')
    his.shoot('chat-4-both-ways')
    for window in hers, his:
        unnamed = window.find_unnamed()
        stage.check(f'every-control-of-{window.person.name}-is-named', not unnamed, unnamed)
    alice.quit()
    bob.quit()


def offline(stage):
    """Somebody is away: what is said waits, and comes when they are back."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.open_person(hers, 'bob')
    steps.say(hers, 'Hello')
    steps.accept(his, 'alice')
    steps.find_arrived(hers, 'Hello')
    bob.quit()
    steps.say(hers, 'Read this when you are back')
    stage.check('it-waits-in-the-mailbox',
                hers.find_row('Read this', 'mailbox of bob', seconds=40))
    hers.shoot('offline-1-waiting')
    alice.quit()

    his = bob.start()
    steps.show_chats(his)
    stage.check('it-comes-though-she-is-away-now', his.find_row('alice', 'Read this', seconds=40))
    steps.open_row(his, 'alice')
    his.find_row('alice', 'Read this when you are back')
    his.shoot('offline-2-come')

    hers = alice.start()
    steps.open_row(hers, 'bob')
    stage.check('the-past-is-there-after-a-restart', hers.find_row('You', 'Hello'))
    stage.check('it-is-delivered', steps.find_arrived(hers, 'Read this'))
    hers.shoot('offline-3-delivered')
    bob.quit()
    alice.quit()


def narrow(stage):
    """On a screen as wide as a phone: one page at a time, and back."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    hers.resize(360, 640)
    hers.find('Back', 'button')
    hers.shoot('narrow-1-conversation')
    stage.check('only-the-conversation-is-seen', not hers.peek('Main Menu'))
    hers.press('Back')
    hers.wait_gone('Message', 'text')
    steps.show_chats(hers)
    hers.shoot('narrow-2-chats')
    unnamed = hers.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    steps.open_row(hers, 'bob')
    steps.say(hers, 'From a small window')
    stage.check('it-can-be-used', steps.find_arrived(hers, 'small window'))
    hers.resize(900, 640)
    stage.check('wide-again-both-are-seen', hers.find('Main Menu') and hers.find('Message', 'text'))
    alice.quit()
    bob.quit()


def search(stage):
    """A word that was said, found from anywhere."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    for text in 'The xylophone is in the cellar', '木琴在地下室', 'Something else':
        steps.say(hers, text)
    steps.find_arrived(hers, 'Something else')
    hers.press('Search')
    hers.fill_in('Search People and Messages', 'xylo')
    found = hers.find_row('xylophone', 'bob')
    stage.check('found-by-the-beginning-of-a-word', found)
    hers.shoot('search-1-found')
    hers.fill_in('Search People and Messages', '地下')
    stage.check('found-in-chinese', hers.wait(
        lambda: [row for row in hers.select(role='list item') if '木琴在地下室' in row.name
                 and row.is_on_screen()], 'the Chinese line'))
    hers.fill_in('Search People and Messages', 'zebra')
    stage.check('nothing-is-said-in-words', hers.find('Nothing Found'))
    hers.shoot('search-2-nothing')
    alice.quit()
    bob.quit()


def input_method(stage):
    """Enter belongs to the input method while it composes: half a word is never sent."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    hers.click(hers.find('Message', 'text'))
    hers.display.type('abc')
    # GTK's own way to write a character by its number composes like any input method.
    hers.display.key('ctrl+shift+u')
    hers.display.type('4f60')
    hers.shoot('input-method-1-composing')
    hers.display.key('Return')
    stage.check('enter-ends-the-composing',
                hers.wait(lambda: hers.read_entry('Message') == 'abc你', '你 is in the box'))
    stage.check('nothing-is-sent-by-that', not hers.has_row('You', 'abc'))
    hers.display.key('shift+Return')
    hers.display.type('two')
    stage.check('shift-and-enter-begins-a-line', hers.wait(
        lambda: hers.read_entry('Message') == 'abc你\ntwo', 'a second line'))
    hers.display.key('Return')
    stage.check('the-next-enter-sends', hers.find_row('You', 'abc你'))
    stage.check('the-box-is-empty-then', hers.read_entry('Message') == '')
    stage.check('it-arrives-as-it-was', his.find_row('alice', 'abc你', seconds=40))
    alice.quit()
    bob.quit()


def find_focused_row(window):
    return next((row for row in window.select(role='list item') if 'focused' in row.states), None)


def go_up_from(window, text):
    """Each press of Home goes to the first row that is loaded, and lets more load above it."""
    def is_out():
        window.display.key('Home', 'Home')
        return not window.has_row(text, within='Messages')
    window.wait(is_out, f'Home leads on, until {text} is not loaded any more', 90)


def long_talk(stage):
    """Through 600 messages by the keyboard: Home goes on and on, End goes to the newest,
    and Delete takes it away."""
    newest = 'Said last of all'
    stage.start_server()
    alice = stage.add_person('alice')
    subprocess.run([stage.build / 'tests/gui/seed-profile', 'lines', alice.profile,
                    stage.server_address, '600'], check=True)
    hers = steps.begin(alice, '--server', stage.server_address)
    steps.open_row(hers, 'bob')
    steps.say(hers, newest)
    hers.find_row('You', newest, within='Messages')
    hers.click(hers.find('Message', 'text'))
    while find_focused_row(hers) is None:
        hers.display.key('shift+Tab')
    go_up_from(hers, newest)
    hers.shoot('long-talk-1-above')
    hers.display.key('End')
    row = hers.wait(lambda: (row := find_focused_row(hers)) and newest in row.name and row,
                    'the newest message has the focus')
    hers.wait_still(row)
    stage.check('it-is-seen', row.is_on_screen())
    hers.shoot('long-talk-2-end')
    delete_by_key(stage, hers, newest)
    alice.quit()


def delete_by_key(stage, window, text):
    """The message that has the keyboard: it is asked about first, and Escape leaves it."""
    display = window.display
    title = 'Delete This Message?'
    for answer in 'Escape', 'Return':
        display.key('Delete')
        window.find(title, 'dialog')
        window.shoot('long-talk-3-delete')
        if answer == 'Return':
            while 'focused' not in window.find('Delete Here', 'button').states:
                display.key('Tab')
        display.key(answer)
        window.wait_gone(title, 'dialog')
        window.focus()  # which a window manager would give it
        rows = window.select_rows(text)
        stage.check(f'{answer}-is-obeyed', bool(rows) == (answer == 'Escape'), [rows])
    row = window.wait(lambda: find_focused_row(window), 'another message has the keyboard')
    stage.check('the-one-beside-it-has-the-keyboard-then', row.is_on_screen(), [row])


ALL = (chat, offline, narrow, search, input_method, long_talk)
