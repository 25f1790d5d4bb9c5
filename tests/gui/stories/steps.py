"""What people do again and again."""

SERVER_ROW = 'Use a Server'
READ_OR_DELIVERED = ('Delivered to', 'Read by')


def begin(person, server=None):
    """The first run: a name, perhaps a server, Start. The window with the chats."""
    window = person.start()
    window.fill_in('Your Name', person.name)
    if server:
        window.click(window.find(SERVER_ROW))
        window.fill_in('Address of the Server', server)
    window.press('Start')
    window.find('Chats', {'tab', 'radio button', 'toggle button'})
    return window


def show_people(window):
    window.press('People', {'tab', 'radio button', 'toggle button'})


def show_chats(window):
    window.press('Chats', {'tab', 'radio button', 'toggle button'})


def open_row(window, *parts, seconds=25):
    """As a mouse does it."""
    window.click(window.find_row(*parts, seconds=seconds))
    return window.find('Message', 'text')


def open_person(window, name, seconds=25):
    show_people(window)
    return open_row(window, name, seconds=seconds)


def say(window, text):
    window.fill_in('Message', text)
    window.press('Send')


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
    window.press(f'Accept {name}')


def meet(stage, *names):
    """These people, at one server, each with an open window; who accept each other."""
    stage.start_server()
    people = [stage.add_person(name) for name in names]
    windows = [begin(person, stage.server_address) for person in people]
    return people, windows
