"""What is done with what was said: answered, changed, taken back, looked for; and what is there
while it is written."""

import subprocess
import time

from . import settings, steps
from .servers import close_window
from .settings import NO_LEAKS, open_preferences

# Longer than one pause between two keys counts as writing
TYPING_SECONDS = 15
# The chooser of emoji, on a busy machine
FILLED_SECONDS = 60
# Between the last letter and what is found
SEARCH_SECONDS = 0.5
# Longer than GTK takes to scroll to where one types
SCROLL_SECONDS = 1
# Of the box, from its corner: the first letters, and nothing of a second line; wherever the corner
# is said to be
FIRST_LETTERS = '100x22'
# Letters are darker, and are at least so many dots
INK_SHADE_MAX = 140
INK_DOTS_MIN = 20
N_LINES = 3000  # a minute each: more than two days


def find_focused_row(window):
    return next((row for row in window.select(role='list item') if 'focused' in row.states), None)


def focus_line(window, text):
    """The message with this text gets the keyboard, by the keyboard."""
    window.click(window.find('Message', 'text'))
    window.wait(lambda: find_focused_row(window) or window.display.key('shift+Tab'),
                'a message has the keyboard')

    def is_there():
        row = find_focused_row(window)
        if row is not None and text not in row.name:
            window.display.key('Up')
        return row is not None and text in row.name

    window.wait(is_there, f'“{text}” has the keyboard')


def open_menu(window, text):
    focus_line(window, text)
    window.display.key('Menu')
    window.wait(lambda: window.select(role='menu item'), f'the menu of “{text}”')


def choose(window, text, item):
    """Something of the menu of a message, by the arrow keys."""
    open_menu(window, text)

    def is_reached():
        focused = [node.name for node in window.select(role='menu item')
                   if 'focused' in node.states]
        if focused != [item]:
            window.display.key('Down')
        return focused == [item]

    window.wait(is_reached, f'{item} in the menu of “{text}”')
    window.display.key('Return')


def meet_and_talk(stage):
    """Both look at the conversation, and have said something."""
    (alice, bob), (hers, his) = steps.meet(stage, 'alice', 'bob')
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    steps.say(his, 'Shall we meet at eight?')
    hers.find_row('bob', 'Shall we meet at eight?', within='Messages')
    return (alice, bob), (hers, his)


def about_lines(stage):
    """Answered with a quotation, a sign put on it and taken back, changed, and deleted at both."""
    (alice, bob), (hers, his) = meet_and_talk(stage)
    answer_line(stage, hers, his)
    react_to_line(stage, hers, his)
    change_line(stage, hers, his)
    delete_line(stage, hers, his)
    for window in hers, his:
        unnamed = window.find_unnamed()
        stage.check(f'every-control-of-{window.person.name}-is-named', not unnamed, unnamed)
    alice.quit()
    bob.quit()


def answer_line(stage, hers, his):
    choose(hers, 'Shall we meet', 'Reply')
    stage.check('what-is-answered-stands-above-the-box', hers.find(has='Reply to bob'))
    hers.display.type('Rather at nine')
    hers.shoot('about-lines-1-reply')
    hers.display.key('Return')
    stage.check('the-answer-arrives', steps.find_arrived(hers, 'Rather at nine'))
    hers.wait_gone(has='Reply to bob')
    his.find_row('alice', 'Rather at nine', within='Messages')
    stage.check('the-quotation-leads-to-what-was-answered', his.wait(
        lambda: his.select('Go to the message of You that this answers', 'button'), 'the quote'))
    his.shoot('about-lines-2-quoted')


def react_to_line(stage, hers, his):
    open_menu(hers, 'Shall we meet')
    hers.shoot('about-lines-3-menu')
    sign = hers.wait(lambda: hers.select(has='React with', role='button'), 'signs')[0]
    emoji = sign.name.rpartition(' ')[2]
    sign.press()
    stage.check('the-sign-is-there', hers.find(f'Your reaction {emoji}', 'button'))
    stage.check('and-at-the-other-side', his.find(f'Reaction {emoji}', 'button', seconds=40))
    his.press(f'Reaction {emoji}', 'button')
    stage.check('with-the-same-they-are-two', his.find(f'Your reaction {emoji}', 'button'))
    hers.press(f'Your reaction {emoji}', 'button')
    stage.check('taken-back-one-is-left', hers.find(f'Reaction {emoji}', 'button'))
    hers.wait_gone(f'Your reaction {emoji}', 'button')
    hers.shoot('about-lines-4-signs')


def change_line(stage, hers, his):
    steps.say(hers, 'I bring a cake')
    steps.find_arrived(hers, 'I bring a cake')
    hers.click(hers.find('Message', 'text'))
    hers.display.key('Up')  # in an empty box: the newest of one's own
    stage.check('it-is-said-that-it-is-changed', hers.find(has='Edit message'))
    hers.display.key('End')
    hers.display.type(' and candles')
    hers.display.key('Return')
    stage.check('it-is-changed', hers.find_row('You: I bring a cake and candles, edited'))
    stage.check('there-too', his.find_row('alice: I bring a cake and candles, edited', seconds=40))
    his.shoot('about-lines-5-changed')


def delete_line(stage, hers, his):
    steps.say(hers, 'Not meant for you')
    steps.find_arrived(hers, 'Not meant for you')
    choose(hers, 'Not meant for you', 'Delete…')
    hers.find('Delete This Message?', 'dialog')
    hers.shoot('about-lines-6-question')
    hers.press('Delete for Both', 'button')
    stage.check('it-is-gone-there', his.wait(
        lambda: his.has_row('alice: Message deleted', within='Messages') and
        not his.has_row('Not meant for you', within='Messages'), 'it is deleted', 40))
    stage.check('and-here', hers.wait(
        lambda: not hers.has_row('Not meant for you', within='Messages'), 'it is deleted'))
    his.shoot('about-lines-7-deleted')


# ---- While it is written ----

def writing(stage):
    """That somebody writes is seen; what is not sent yet stays, here and for the next life; and
    Enter does what the settings say."""
    stage.start_server()
    people = [stage.add_person(name) for name in ('alice', 'bob')]
    alice, bob = people
    hers, his = [steps.begin(person, '--server', stage.server_address) for person in people]
    steps.become_friends(hers, his)
    steps.show_chats(hers)
    steps.open_row(his, 'alice')
    show_writing(stage, hers, his)
    keep_draft(stage, alice, hers)
    hers = alice.start()
    steps.open_row(hers, 'bob')
    stage.check('the-draft-is-there-after-a-restart', hers.wait(
        lambda: hers.read_entry('Message') == 'Not sent yet', 'the draft'))
    hers.fill_in('Message', '')
    break_lines(stage, hers, his)
    alice.quit()
    bob.quit()


def show_writing(stage, hers, his):
    his.click(his.find('Message', 'text'))
    his.display.type('I am wri')
    stage.check('that-he-writes-is-seen', hers.find(has='bob is writing…', seconds=TYPING_SECONDS))
    hers.shoot('writing-1-seen')
    stage.check('in-the-chats-too', hers.find_row('bob', 'Writing…', within='Chats'))
    hers.wait_gone(has='bob is writing…', seconds=TYPING_SECONDS)
    stage.check('and-not-for-ever', not hers.has_row('Writing…', within='Chats'))
    his.display.type('ting')
    his.display.key('Return')
    hers.find_row('bob', 'I am writing', within='Messages')


def keep_draft(stage, alice, hers):
    hers.click(hers.find('Message', 'text'))
    hers.display.type('Not sent yet')
    steps.open_row(hers, 'Note to Self')
    stage.check('another-box-is-empty', hers.wait(
        lambda: hers.read_entry('Message') == '', 'an empty box'))
    stage.check('the-chats-tell-of-it', hers.find_row('bob', 'Draft: Not sent yet', within='Chats'))
    hers.shoot('writing-2-draft')
    alice.quit()


def break_lines(stage, hers, his):
    open_preferences(hers, 'General')
    settings.turn(hers, 'Enter Sends')
    hers.wait(lambda: not settings.is_on(hers, 'Enter Sends'), 'it is off')
    close_window(hers)
    hers.click(hers.find('Message', 'text'))
    hers.display.type('The first of two')
    hers.wait(lambda: hers.read_entry('Message') == 'The first of two', 'it is typed')
    before = look_at_first_letters(hers, 'writing-3-one-line')
    stage.check('the-first-is-in-sight', len(before) >= INK_DOTS_MIN, [before])
    hers.display.key('Return')
    hers.display.type('lines')
    stage.check('enter-begins-a-line-then', hers.wait(
        lambda: hers.read_entry('Message') == 'The first of two\nlines', 'two lines'))
    stage.check('the-first-is-still-in-sight',
                look_at_first_letters(hers, 'writing-4-two-lines') == before)
    hers.display.key('ctrl+Return')
    stage.check('and-ctrl-enter-sends', hers.find_row('You: The first of two', within='Messages'))
    stage.check('both-lines', his.find_row('alice: The first of two\nlines', within='Messages',
                                           seconds=40))


def has_found(window, word):
    """The chooser is filled little by little, and finds what it has by then."""
    window.display.key('ctrl+a')
    window.display.type(word)
    time.sleep(SEARCH_SECONDS)
    return window.select(has='🦄') and not window.peek('No Results Found')


def look_at_first_letters(window, name):
    """Where the dots of the beginning of what is typed are, from where the box begins now."""
    time.sleep(SCROLL_SECONDS)
    box = window.find('Message', 'text')
    border_x, border_y = window.get_border(window.find_x_window(), box.get_frame())
    x, y, _, _ = box.get_extents()
    place = f'{FIRST_LETTERS}+{x + border_x}+{y + border_y}'
    done = subprocess.run(['convert', window.shoot(name), '-crop', place, '+repage', 'rgb:-'],
                          capture_output=True, check=True)
    dots = zip(*[iter(done.stdout)] * 3)
    return {number for number, shades in enumerate(dots) if max(shades) <= INK_SHADE_MAX}


def emoji(stage):
    """Chosen by its name, with the keyboard; it stands where the text goes on."""
    alice = stage.add_person('alice')
    # GTK 4.8 leaks the keywords that its chooser has compared.
    alice.more_environment = NO_LEAKS
    window = steps.begin(alice)
    steps.show_chats(window)
    window.press('Write a Note to Yourself', 'button')
    window.click(window.find('Message', 'text'))
    window.display.type('Look at this ')
    window.click(window.find('Emoji', {'button', 'toggle button', 'menu button'}))
    window.wait(lambda: window.select(role={'text', 'entry'})[1:], 'the chooser has a box')
    window.wait(lambda: has_found(window, 'unicorn'), 'the chooser has a unicorn', FILLED_SECONDS)
    window.shoot('emoji-1-found')
    window.display.key('Tab', 'Return')
    stage.check('it-is-in-the-text', window.wait(
        lambda: '🦄' in window.read_entry('Message'), 'the unicorn'))
    window.focus()
    window.display.key('Return')
    stage.check('and-is-said', window.find_row('You: Look at this 🦄', within='Messages'))
    window.shoot('emoji-2-said')
    alice.quit()


# ---- Where one reads ----

def unread(stage):
    """What came while one looked elsewhere: counted, and begun with a line."""
    (alice, bob), (hers, his) = meet_and_talk(stage)
    steps.show_chats(hers)
    steps.open_row(hers, 'Note to Self')
    for text in 'First', 'Second', 'Third':
        steps.say(his, text)
    stage.check('they-are-counted', hers.find_row('bob', '3 unread messages', within='Chats'))
    stage.check('in-the-title-too', hers.wait(
        lambda: hers.display.find_windows('\\(3\\) Udpnat'), 'the title'))
    hers.shoot('unread-1-counted')
    steps.open_row(hers, 'bob')
    line = hers.find('New messages', 'label')
    first = hers.find_inside(lambda: hers.select_rows('bob: First', within='Messages'), 'First')
    stage.check('a-line-stands-before-the-first', line.get_extents()[1] < first.get_extents()[1] and
                line.find_above({'list item'}).name.startswith('bob: First'), [line, first])
    stage.check('and-a-day-before-all', hers.find('Today', 'label'))
    stage.check('then-they-are-read', hers.wait(
        lambda: not hers.has_row('unread', within='Chats'), 'none is unread'))
    stage.check('the-title-is-plain-again', hers.wait(
        lambda: hers.display.find_windows('Udpnat'), 'the title'))
    hers.shoot('unread-2-line')
    steps.say(hers, 'Seen')
    hers.wait_gone('New messages', 'label')
    alice.quit()
    bob.quit()


def far_back(stage):
    """Days of talk: where one day ends, what was said in it, and back to the newest."""
    newest = 'Said last of all'
    stage.start_server()
    alice = stage.add_person('alice')
    subprocess.run([stage.build / 'tests/gui/seed-profile', 'lines', alice.profile,
                    stage.server_address, str(N_LINES)], check=True)
    window = steps.begin(alice, '--server', stage.server_address)
    steps.open_row(window, 'bob')
    steps.say(window, newest)
    window.find_row('You', newest, within='Messages')
    search_in(stage, window)
    stage.check('what-is-newest-is-far-from-there', not window.has_row(newest, within='Messages'))
    window.press('Jump to Newest', 'button')
    row = window.find_row('You', newest, within='Messages')
    window.wait_still(row)
    stage.check('one-press-leads-back', row.is_on_screen())
    window.wait_gone('Jump to Newest', 'button')
    window.shoot('far-back-3-newest')
    alice.quit()


def search_in(stage, window):
    window.focus()
    window.display.key('ctrl+f')
    window.find('Search in this conversation', {'text', 'entry'})
    window.display.type('zebra')
    stage.check('nothing-is-said-in-words', window.find('Nothing found'))
    window.display.key('ctrl+a')
    window.display.type('coffee')
    stage.check('hits-are-counted', window.find('1 of 500+'))
    window.shoot('far-back-1-found')
    for n in range(2, 40):
        window.press('Older Hit', 'button')
        window.find(f'{n} of 500+')
    window.press('Newer Hit', 'button')
    window.find('38 of 500+')
    seen = window.wait(lambda: [row for row in window.select_rows('coffee', within='Messages')
                                if row.is_on_screen()], 'a hit can be seen')
    stage.check('the-hit-is-seen', seen)
    window.shoot('far-back-2-older')
    window.display.key('Escape')
    window.wait_gone('Older Hit', 'button')


ALL = (about_lines, writing, emoji, unread, far_back)
