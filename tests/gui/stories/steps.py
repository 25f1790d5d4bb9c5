"""What people do again and again."""

READ_OR_DELIVERED = ('Delivered to', 'Read by')
TAB = {'tab', 'radio button', 'toggle button'}


def begin(person, *words):
    """Somebody whose first run is long over: the window with the chats."""
    window = person.start('--name', person.name, *words)
    window.find('Chats', TAB)
    return window


def show_people(window):
    window.press('People', TAB)


def show_chats(window):
    window.press('Chats', TAB)


def open_row(window, *parts, within='Chats', seconds=25):
    """As a mouse does it."""
    window.click(window.find_row(*parts, within=within, seconds=seconds))
    return window.find('Message', 'text')


def open_person(window, name, seconds=25):
    show_people(window)
    return open_row(window, name, within='People', seconds=seconds)


def say(window, text):
    window.fill_in('Message', text)
    window.press('Send')
    # GTK shows a button as pressed for a moment before it does what it is for.
    window.wait(lambda: window.read_entry('Message') == '', f'{text} has left the box')


def find_arrived(window, *parts, seconds=40):
    """The row of something of ours that the other side has, as the row itself says."""
    return window.wait(
        lambda: next(
            (row for row in window.select(role='list item')
             if all(part in row.name for part in parts)
             and any(words in row.name for words in READ_OR_DELIVERED)), None),
        f'{parts} has arrived', seconds)


def accept(window, name):
    """Somebody who has written for the first time."""
    show_people(window)
    window.press(f'Accept {name}', seconds=40)
    window.wait_gone(f'Accept {name}')


def meet(stage, *names):
    """These people, at one server, each with an open window; who accept each other."""
    stage.start_server()
    people = [stage.add_person(name) for name in names]
    windows = [begin(person, '--server', stage.server_address) for person in people]
    return people, windows


def become_friends(hers, his):
    """She has written, he has accepted; her window shows the conversation, his the people."""
    name = his.person.name
    open_person(hers, name)
    say(hers, f'Hello {name}')
    accept(his, hers.person.name)
    find_arrived(hers, f'Hello {name}')
    show_chats(his)
    his.find_row(hers.person.name, within='Chats')
