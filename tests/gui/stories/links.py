"""What becomes of a link in a message: the program of the desktop that it is for, or this one."""

from desk.browser import Browser
from desk.display import wait_until

from . import lines, steps

# Into a line of text, from where it begins; and from where GTK 4.18 says that it does, which is
# before all padding around it
LETTER_PX = (8, 20, 32)
# In which something that must not happen would have happened
QUIET_SECONDS = 2
NO_PROGRAM = 'No program here opens that link.'


def links(stage):
    """A link to a person in a message opens what the program has for it: nobody needs a browser."""
    (alice, bob, carol), (hers, his, _) = steps.meet(stage, 'alice', 'bob', 'carol')
    carol.quit()
    _, out = carol.run_cli('link')
    link = next(word for word in out.split() if word.startswith('udpnat:'))
    steps.become_friends(hers, his)
    steps.open_row(his, 'alice')
    steps.say(his, link)
    label = find_text(hers, link)
    hers.shoot('links-1-said')
    click_text(hers, label, lambda: hers.select(has='Add carol?'))
    stage.check('it-opens-here', hers.find(has='Add carol?'))
    hers.shoot('links-2-opened')
    hers.press('Cancel', 'button')
    alice.quit()
    bob.quit()


def web_links(stage):
    """By mouse and keyboard a link to a page asks the desktop for its browser; what only looks like
    a link is text, whoever would open it."""
    (alice, bob), (hers, his) = lines.meet_and_talk(stage)
    secret = stage.folder / 'secret.txt'
    secret.write_text('for nobody')
    browser = Browser(alice, 'http', 'https', 'file', 'javascript', 'data')
    pages = ('https://example.org/a?b=1&c=2', 'HTTP://example.org/%C3%A9(d)')
    traps = (f'file://{secret}', 'javascript:alert(1)', 'data:text/html,hello')
    for text in (*pages, 'And these?', *traps):
        steps.say(his, text)
        hers.find_row(f'bob: {text}', within='Messages')
    hers.shoot('web-links-1-said')

    click_text(hers, find_text(hers, pages[0]), browser.read)
    stage.check('a-click-asks-the-browser', hers.wait(lambda: browser.read() == [pages[0]],
                                                      'it is asked'), browser.read())
    lines.focus_line(hers, pages[1])
    hers.display.key('Tab', 'Return')
    stage.check('enter-asks-it-too', hers.wait(lambda: browser.read() == [*pages], 'it is asked'),
                browser.read())
    for text in traps:
        click_text(hers, find_text(hers, text), lambda: browser.read() != [*pages])
    stage.check('nothing-else-is-opened', browser.read() == [*pages], browser.read())
    browser.remove()
    click_text(hers, find_text(hers, pages[0]), lambda: hers.select(has=NO_PROGRAM))
    stage.check('nothing-that-opens-it-is-told', hers.find(has=NO_PROGRAM))
    hers.shoot('web-links-2-no-program')
    alice.quit()
    bob.quit()


def find_text(window, text):
    """Where a message shows it."""
    window.wait_still(window.find_row(f'bob: {text}', within='Messages'))
    return window.find_inside(lambda: window.select_rows(f'bob: {text}', within='Messages'), text)


def click_text(window, label, has_opened):
    """On its first letters, until something opens, if it does."""
    frame = label.get_frame()
    x_window = window.find_x_window(frame)
    border_x, border_y = window.get_border(x_window, frame)
    x, y, _, _ = label.get_extents()
    window.display.focus(x_window)
    for letter in LETTER_PX:
        place = x + border_x + letter, y + border_y + letter
        window.display.point(x_window, *place)
        window.display.click(x_window, *place)
        if wait_until(has_opened, QUIET_SECONDS):
            return


ALL = (links, web_links)
