"""The window for people who have their desktop otherwise: in Arabic, in large letters, or still."""

import time

from gi.repository import GLib

from desk import reader

from . import start, steps

PHONE = (360, 720)
FONT = 'Cantarell 11'
# Where nobody sets up a screen, X takes this; a desktop at 200 % sets the same in GTK.
LARGE_TEXT = 'Xft.dpi: 192\n'
# At 100 % a line of the largest title is 34 high.
LARGE_TITLE_PX = 50
# A border of a window or a shadow is no part of a control.
SLACK_PX = 2
# Longer than any animation of GTK's
MOTION_SECONDS = 0.8
ROUNDS_MAX = 6
SEEN_ROLES = reader.INTERACTIVE | {'label', 'image', 'heading'}


# ---- Arabic ----


def arabic(stage):
    """From the first page to an answer, from right to left; criticals of GTK end it."""
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    alice.write_gtk_settings(gtk_font_name=FONT)
    if not alice.speak('ar', 'ar_EG.UTF-8'):
        stage.skip('all-of-it', 'there is no localedef or no locale ar_EG here')
        return
    hers = alice.start()
    hers.find('Welcome to Udpnat')
    start.fill_in_welcome(hers, stage.server_address)
    hers.shoot('arabic-1-welcome')
    hers.press('Start')
    his = steps.begin(bob, '--server', stage.server_address)
    steps.open_person(hers, 'bob', seconds=40)
    steps.say(hers, 'أهلا يا Bob.')
    steps.accept(his, 'alice')
    steps.show_chats(his)
    steps.open_row(his, 'alice')
    stage.check('what-she-says-arrives', his.find_row('alice', 'أهلا يا Bob.', seconds=40))
    steps.say(his, 'Hello, مرحبا!')
    stage.check('and-the-answer', hers.find_row('bob', 'Hello, مرحبا!', seconds=40))
    emoji, attach = hers.find('Emoji'), hers.find('Attach a File')
    stage.check('it-goes-from-right-to-left', emoji.get_extents()[0] < attach.get_extents()[0])
    hers.shoot('arabic-2-talk')
    walk_windows(stage, alice, hers, 'arabic')
    alice.quit()
    bob.quit()


# ---- Chinese and Arabic names ----


def names(stage):
    """People are in the order of the reader's language, not of their characters' numbers, and are
    found by any part of a name."""
    server = stage.start_server()
    alice = stage.add_person('alice')
    if not alice.speak('zh_CN', 'zh_CN.UTF-8'):
        stage.skip('all-of-it', 'there is no localedef or no locale zh_CN here')
        return
    others = {'zhang': '张三', 'li': '李四', 'wang': '王小明', 'a': '阿明', 'farah': 'فرح', 'bob': 'Bob'}
    for key, name in others.items():
        status, said = stage.add_person(key).run_cli('--name', name, '--server', server, 'list')
        stage.check(f'{name}-is-a-name', status == 0, [said])
    hers = steps.begin(alice, '--server', server)
    steps.show_people(hers)
    hers.find_row('张三', within='People', seconds=60)

    def read_order():
        rows = [row.name for row in hers.select_rows(within='People')]
        return [name for row in rows for name in others.values() if name in row]

    stage.check('chinese-names-are-in-the-order-of-pinyin', hers.wait(
        lambda: [name for name in read_order() if '一' <= name[0] <= '龥']
        == ['阿明', '李四', '王小明', '张三'], 'the order'), [read_order()])
    hers.shoot('names-1-order')
    steps.show_chats(hers)
    hers.press('Search')
    for part, found in (('小明', '王小明'), ('رح', 'فرح'), ('bo', 'Bob')):
        hers.fill_in('Search People and Messages', part)
        stage.check(f'{found}-is-found-by-{part}', hers.find_row(found))
    hers.shoot('names-2-found')
    alice.quit()


def walk_windows(stage, person, window, label, check=None):
    """Through every page of the preferences, of the network and of a person."""
    pages = {
        'preferences': ('Profile', 'Server', 'Privacy', 'General', 'Data'),
        'details': ('Connection', 'Safety', 'Person'),
        'network': (), 'new-conversation': (), 'host': (), 'switcher': (),
        'shortcuts': (),
    }
    keys = {'details': 'ctrl+i', 'switcher': 'ctrl+k', 'shortcuts': 'ctrl+question'}
    for action, names in pages.items():
        before = person.display.find_windows()
        if action in keys:
            window.focus()
            person.display.key(keys[action])
        else:
            window.activate(action)
        new = window.wait(
            lambda: [other for other in person.display.find_windows() if other not in before],
            f'the window of {action}')[-1]
        person.display.resize(new, *PHONE)
        for name in names or (None,):
            if name:
                press_last_tab(window, name)
            time.sleep(0.6)
            person.display.shoot(stage.shots / f'{label}-{action}-{name or "page"}.png', new)
            unnamed = window.find_unnamed()
            stage.check(f'{action}-{name or "page"}-is-told', not unnamed, unnamed)
            if check:
                check(f'{action}-{name or "page"}')
        person.display.focus(new)
        person.display.key('Escape')
        window.wait(lambda: new not in person.display.find_windows(), f'{action} is closed')


def press_last_tab(window, name):
    """In the newest window: People and Person may be the same word."""
    tabs = window.wait(
        lambda: [node for node in window.select(name, steps.TAB) if node.is_on_screen()], name)
    try:
        tabs[-1].press()
    except GLib.Error:
        window.click(tabs[-1])


# ---- Large text ----


def large_text(stage):
    """Letters twice as large in a window as wide as a phone: everything is there, and nothing is
    cut off at the edges."""
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    alice.write_gtk_settings(gtk_font_name=FONT)
    (alice.folder / '.Xdefaults').write_text(LARGE_TEXT)
    hers = alice.start()
    hers.find('Welcome to Udpnat')
    title_height = hers.find('Welcome to Udpnat', 'label').get_extents()[3]
    stage.check('letters-are-large', title_height > LARGE_TITLE_PX, [title_height])
    hers.resize(*PHONE)

    def check(what):
        cut = find_cut(hers)
        stage.check(f'{what}-is-not-cut', not cut, cut)
        if what == 'preferences-Data':
            stage.check('a-button-stands-below-its-words', *compare_places(hers))

    hers.shoot('large-1-welcome')
    check('welcome')
    hers.fill_in('Your Name', 'alice')
    hers.press('Use a Server', {'check box', 'switch'})
    tab_to(hers, 'Address of the Server', 'text')
    hers.fill_in('Address of the Server', stage.server_address)
    hers.shoot('large-2-server')
    check('server')
    tab_to(hers, 'Start', 'button')
    hers.press('Start', 'button')
    hers.find('People', steps.TAB)
    his = steps.begin(bob, '--server', stage.server_address)
    steps.show_people(hers)
    hers.find_row('bob', within='People', seconds=40)
    time.sleep(1)
    hers.shoot('large-3-people')
    check('people')
    steps.open_person(hers, 'bob')
    steps.say(hers, 'Letters as large as these need room, and lines.')
    steps.accept(his, 'alice')
    steps.find_arrived(hers, 'Letters')
    hers.shoot('large-4-talk')
    check('talk')
    for name in 'Attach a File', 'Emoji', 'Conversation Menu':
        stage.check(f'{name.lower().replace(" ", "-")}-is-there', hers.find(name))
    hers.press('Back', 'button')
    steps.show_chats(hers)
    hers.find_row('bob', within='Chats')
    time.sleep(1)
    hers.shoot('large-5-chats')
    check('chats')
    steps.open_row(hers, 'bob')
    walk_windows(stage, alice, hers, 'large', check)
    alice.quit()
    bob.quit()


def compare_places(window):
    """Whether the words about backups have the width to themselves; where they and their button
    are."""
    words = window.find(has='Your name, key, people', role='label').get_extents()
    button = window.find('Write a Backup', 'button').get_extents()
    return button[1] >= words[1] + words[3], [words, button]


def tab_to(window, name, role):
    """Until it can be seen: a page scrolls to what has the keyboard."""
    def is_seen():
        seen = window.peek(name, role)
        if not seen:
            window.display.key('Tab')
        return seen

    window.focus()
    window.wait(is_seen, f'{name}, by the keyboard')


def find_cut(window):
    """What can be seen, and stands over the left or the right edge of its window."""
    cut = []
    for frame in window.select(role={'frame', 'dialog', 'window'}):
        width = frame.get_extents()[2]
        for node in window.select(role=SEEN_ROLES, inside=frame):
            x, _, node_width, _ = node.get_extents()
            is_over = x < -SLACK_PX or x + node_width > width + SLACK_PX
            if is_over and node.is_on_screen():
                cut.append(f'{node}: {x} to {x + node_width} of {width}')
        if width > PHONE[0] + SLACK_PX and frame.is_on_screen():
            cut.append(f'{frame} is {width} wide')
    return cut


# ---- Reduced motion ----


def reduced_motion(stage):
    """With animations switched off, a page is there or not; never on its way."""
    stage.start_server()
    alice, bob = stage.add_person('alice'), stage.add_person('bob')
    alice.write_gtk_settings(gtk_enable_animations='false')
    hers = steps.begin(alice, '--server', stage.server_address)
    his = steps.begin(bob, '--server', stage.server_address)
    moves = {'alice': set(), 'bob': set()}
    for window in hers, his:
        window.resize(*PHONE)
        steps.show_people(window)
    for _ in range(ROUNDS_MAX):  # on a slow machine a whole slide may pass between two looks
        for window in hers, his:
            steps.open_row(window, 'alice' if window is his else 'bob', within='People')
            window.find('Back', 'button')
            time.sleep(MOTION_SECONDS)
            moves[window.person.name] |= watch(window)
        if moves['bob']:
            break
    stage.check('with-animations-a-page-slides', moves['bob'], [moves])
    stage.check('without-them-it-does-not', not moves['alice'], [moves])
    alice.quit()
    bob.quit()


def watch(window):
    """Where the box for messages has been, between its place and out of sight, on the way back."""
    box = window.find('Message', 'text')
    place = box.get_extents()[0]
    window.find('Back', 'button').press()
    seen = set()
    end = time.monotonic() + MOTION_SECONDS
    while time.monotonic() < end:
        try:
            x, _, width, _ = box.get_extents()
        except GLib.Error:
            break
        if width > 0 and place < x < PHONE[0]:
            seen.add(x)
    return seen


ALL = (arabic, names, large_text, reduced_motion)
