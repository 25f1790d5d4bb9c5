"""Who people are to each other: names for them, safety numbers, strangers, blocking."""

import re

from . import steps

SAFETY_NUMBER = re.compile(r'(\d{5}\s+){11}\d{5}')


def read_safety_number(window):
    """As both read it out to each other: twelve groups of five digits."""
    def find():
        return next((found.group(0).split() for node in window.select()
                     if (found := SAFETY_NUMBER.search(node.name)) and node.is_on_screen()), None)
    return window.wait(find, 'the safety number')


def open_details(window, name, page=None):
    window.press(has=f'{name}, ', role='button')
    if page:
        window.press(page, steps.TAB)


def close_dialog(window, frame_name):
    """The window of that name, by its own button."""
    frame = window.wait(lambda: next((node for node in window.select(role={'frame', 'dialog'})
                                      if frame_name in node.name), None), frame_name)
    window.wait(lambda: window.select('Close', 'button', inside=frame), 'its button')[0].press()


def rename(stage):
    """What they are called here is the user's affair, and stays after a restart."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    open_details(hers, 'bob', 'Person')
    entry = hers.find('Nickname', {'text', 'entry'})
    hers.shoot('rename-1-before')
    hers.click(entry)
    hers.display.type('Bobby')
    hers.display.key('Return')
    hers.find(has='Bobby, ', role='button')
    close_dialog(hers, 'Bobby')
    steps.show_chats(hers)
    stage.check('the-row-has-the-new-name', hers.find_row('Bobby'))
    hers.shoot('rename-2-after')
    alice.quit()
    hers = alice.start()
    stage.check('the-new-name-stays', hers.find_row('Bobby'))
    stage.check('they-are-not-told', his.find_row('alice') and not his.has_row('Bobby'))
    alice.quit()
    bob.quit()


def verify(stage):
    """Two people compare their safety numbers."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    steps.show_chats(his)
    steps.open_row(his, 'alice')
    open_details(hers, 'bob', 'Safety')
    open_details(his, 'alice', 'Safety')
    her_number, his_number = read_safety_number(hers), read_safety_number(his)
    stage.check('both-have-the-same-number', her_number == his_number, [her_number, his_number])
    hers.shoot('verify-1-number')
    hers.press('They Match')
    hers.wait(lambda: hers.select(has='erified'), 'it says so')
    hers.shoot('verify-2-matched')
    close_dialog(hers, 'bob')
    steps.show_chats(hers)
    stage.check('the-chats-say-so', hers.find_row('bob', 'Verified'))
    stage.check('it-is-hers-alone', not his.has_row('alice', 'Verified'))
    alice.quit()
    hers = alice.start()
    stage.check('it-stays', hers.find_row('bob', 'Verified'))
    alice.quit()
    bob.quit()


def stranger(stage):
    """Somebody new writes: nothing more of theirs comes until they are accepted; or never."""
    (alice, bob, carol), (hers, his, carols) = steps.meet(stage, 'alice', 'bob', 'carol')
    for window, words in (his, 'Hello, it is Bob'), (carols, 'Buy now!'):
        steps.open_person(window, 'alice')
        steps.say(window, words)
    steps.show_people(hers)
    hers.find('Accept bob', seconds=40)
    hers.find('Decline carol', seconds=40)
    hers.shoot('stranger-1-requests')
    unnamed = hers.find_unnamed()
    stage.check('every-control-is-named', not unnamed, unnamed)
    hers.press('Decline carol')
    hers.wait_gone('Decline carol')
    hers.resize(360, 640)
    hers.press('Accept bob')
    hers.wait_gone('Accept bob')
    hers.find('Message', 'text')
    stage.check('what-he-wrote-is-there-at-once', hers.find_row('bob', 'it is Bob'))
    hers.resize(900, 640)
    stage.check('the-accepted-is-told', steps.find_arrived(his, 'it is Bob'))
    steps.show_chats(hers)
    stage.check('the-declined-is-in-no-list', not hers.has_row('Buy now!'))
    hers.shoot('stranger-2-accepted')
    for person in alice, bob, carol:
        person.quit()


def large_server(stage):
    """A server that tells of people only to who looks, and then one that tells nobody."""
    stage.start_server('--directory-mode', 'pages')
    alice, bob = [stage.add_person(name) for name in ('alice', 'bob')]
    for person in alice, bob:  # else they would see each other without a server
        person.hide()
    hers, his = [steps.begin(person, '--server', stage.server_address) for person in (alice, bob)]
    steps.show_people(hers)
    stage.check('whoever-looks-sees', hers.find_row('bob', within='People', seconds=60))
    hers.shoot('large-server-1-people')
    steps.show_chats(hers)
    hers.press('Search')
    hers.fill_in('Search People and Messages', 'BO')
    stage.check('found-by-how-a-name-begins', hers.find_row('bob', seconds=60))
    hers.shoot('large-server-2-found')
    hers.display.key('Escape')
    stage.stop_server()
    stage.start_server('--directory-mode', 'private')
    steps.show_people(hers)
    stage.check('a-private-one-says-so',
                hers.find(has='tells nobody who else is there', seconds=90))
    hers.shoot('large-server-3-private')
    for person in alice, bob:
        person.quit()


def block(stage):
    """Nothing more of somebody, and back."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    hers.choose('Conversation Menu', 'Block…')
    hers.find(has='Block bob?')
    hers.shoot('block-1-question')
    hers.press('Block', 'button')
    hers.find(has='You have blocked bob')
    hers.shoot('block-2-blocked')
    steps.open_row(his, 'alice')
    steps.say(his, 'Why?')
    his.find_row('You', 'Why?')
    stage.check('nothing-of-theirs-comes',
                not hers.peek(has='Why?') and not hers.has_row('bob', 'Why?'))
    hers.press('Unblock', 'button')
    hers.wait_gone(has='You have blocked bob')
    stage.check('once-unblocked-it-comes', hers.find_row('bob', 'Why?', seconds=60))
    stage.check('he-is-the-contact-that-he-was', not hers.peek('Accept', 'button'))
    alice.quit()
    bob.quit()


ALL = (rename, verify, stranger, large_server, block)
