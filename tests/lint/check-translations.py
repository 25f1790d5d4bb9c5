#!/usr/bin/env python3
"""check-translations: that nothing which people read is forgotten by translators.

    check-translations.py ROOT      prints TAP; every breach as file:line

Looks at po/POTFILES.in (is every file with translatable texts in it, and no other), at po/LINGUAS
(is there a translation for each language, and no other), at the errors of client and io (does each
speak the user's language), and lets gettext check each translation.

What it cannot see: a sentence that reaches an error by way of a variable or a return value.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

IN_C = re.compile(r'\b(?:_|N_|C_|NC_|Q_|ngettext|g_dngettext|g_dpgettext2?)\s*\(\s*"')
IN_UI = re.compile(r'translatable="(?:yes|true|1)"')
IN_SCHEMA = re.compile(r'gettext-domain=')
COMMENT = re.compile(r'/\*.*?\*/', re.S)

# Where errors are made that people read.
SPEAKING = ('src/core/client', 'src/core/io', 'src/cli', 'src/server')
# Where a program prints, by which calls.
PRINTING = ('src/cli', 'src/server')
PRINTERS = re.compile(
    r'udpnat_cli_view_show_(?:text|clean|error|warning|field)|udpnat_cli_(?:fail|say_usage)|'
    r'udpnat_cli_passphrase_(?:ask|get|get_new)|draw_bar|say_done|'
    r'f?printf|g_print(?:err)?|udpnat_server_log_\w+|set_usage')
# Calls that make an error -> how many arguments stand before its text.
MAKERS = {
    'g_error_new': 2,
    'g_error_new_literal': 2,
    'g_error_new_valist': 2,
    'g_prefix_error': 1,
    'g_prefix_error_literal': 1,
    'g_propagate_prefixed_error': 2,
    'g_set_error': 3,
    'g_set_error_literal': 3,
    'g_task_return_new_error': 3,
    'g_task_return_new_error_literal': 3,
    'g_task_return_prefixed_error': 2,
    # those of the server
    'FAULT': 2,
    'udpnat_server_settings_add_fault': 2,
    'udpnat_server_settings_add_file_fault': 3,
}
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)+'")
CALL = re.compile(r'\b([A-Za-z_]\w*)\s*\(')
TRANSLATED = re.compile(r'(?<!\w)(?:_|C_|Q_|N_|NC_|ngettext|g_dngettext|g_dpgettext2?)\s*\(')
ERROR = re.compile(r'\s*&?(?:local_)?error\s*')
SQL = re.compile(r'"(?:BEGIN|COMMIT|CREATE|DELETE|INSERT|PRAGMA|SELECT|UPDATE) ')
# Before what a program says on stderr
OWN_NAME = re.compile(r'^udpnat[-a-z]*:? ')
DIRECTIVE = re.compile(r'%[-+#0-9.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]')
WORD = re.compile(r'[^\W\d_]{2}')
SENTENCE = re.compile(r'[^\W\d_]\S*\s+\S*[^\W\d_]')


def has_texts(path):
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.c':
        return bool(IN_C.search(COMMENT.sub('', text)))
    if path.suffix == '.ui':
        return bool(IN_UI.search(text))
    return path.name.endswith(('.desktop.in', '.metainfo.xml.in')) or (
        path.name.endswith('.gschema.xml') and bool(IN_SCHEMA.search(text)))


def read_list(path):
    """The lines that mean something, with their numbers."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding='utf-8').splitlines()
    return [(number, line.strip()) for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith('#')]


def check_files(root):
    """Returns what is missing, what is too much, and what is out of order."""
    there = {
        path.relative_to(root).as_posix()
        for folder in ('data', 'src') for path in sorted((root / folder).rglob('*'))
        if path.is_file() and path.suffix in ('.c', '.ui', '.in', '.xml') and has_texts(path)
    }
    listed = read_list(root / 'po/POTFILES.in')
    names = [name for _, name in listed]
    missing = [f'po/POTFILES.in: {name} is missing' for name in sorted(there - set(names))]
    vain = [f'po/POTFILES.in:{number}: {name} has nothing to translate'
            for number, name in listed if name not in there]
    order = [f'po/POTFILES.in:{number}: {name} is out of order'
             for (number, name), before in zip(listed[1:], names) if name <= before]
    return missing, vain, order


def check_languages(root):
    listed = read_list(root / 'po/LINGUAS')
    there = {path.stem for path in (root / 'po').glob('*.po')}
    names = {name for _, name in listed}
    return [f'po/LINGUAS:{number}: there is no {name}.po'
            for number, name in listed if name not in there] + [
        f'po/LINGUAS: {name} is missing' for name in sorted(there - names)]


def blank(match):
    """As long, with as many lines, and nothing in it."""
    return re.sub(r'[^\n]', ' ', match.group())


def hide(match):
    """Keeps a string's quotes, and no character in it that would be taken for code."""
    return '"' + 'x' * (len(match.group()) - 2) + '"'


def drop_comments(text):
    """Blanks comments, but not what looks like one in a string."""
    return re.sub(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/',
                  lambda match: match.group() if match.group()[0] == '"' else blank(match),
                  text, flags=re.S)


def split_arguments(code, start):
    """code: without strings that could mislead. Returns where each argument begins and ends."""
    depth, begin, spans = 0, start, []
    for at in range(start, len(code)):
        if code[at] in ')]}' and depth == 0:
            return spans + [(begin, at)]
        if code[at] == ',' and depth == 0:
            spans.append((begin, at))
            begin = at + 1
        depth += (code[at] in '([{') - (code[at] in ')]}')
    return []


def find_untranslated(text, code, begin, end):
    """Returns where the first string outside _() begins, and all of them together."""
    covered = [span for match in TRANSLATED.finditer(code, begin, end)
               for span in split_arguments(code, match.end())]
    left = [match for match in STRING.finditer(code, begin, end)
            if not any(first <= match.start() < last for first, last in covered)]
    if left and SQL.match(text, left[0].start()):
        return begin, ''
    words = ''.join(text[match.start() + 1:match.end() - 1] for match in left)
    return (left[0].start() if left else begin), words


def find_mute_errors(text):
    """Yields the places of errors whose text no translator sees: of those that GLib makes, and of
    calls that hand on a sentence together with the error."""
    text = CHARACTER.sub(blank, drop_comments(text))
    code = STRING.sub(hide, text)
    for match in CALL.finditer(code):
        spans = split_arguments(code, match.end())
        n_before = MAKERS.get(match.group(1))
        if n_before is None and not any(ERROR.fullmatch(code[begin:end]) for begin, end in spans):
            continue
        for number, (begin, end) in enumerate(spans):
            at, words = find_untranslated(text, code, begin, end)
            wrong = WORD if number == n_before else SENTENCE
            if wrong.search(DIRECTIVE.sub('', words)):
                yield text.count('\n', 0, at) + 1, words


def check_errors(root):
    return [f'{path.relative_to(root).as_posix()}:{line}: “{words}” is not in _()'
            for folder in SPEAKING for path in sorted((root / folder).glob('*.c'))
            for line, words in find_mute_errors(path.read_text(encoding='utf-8'))]


def find_mute_lines(text):
    """Yields the places of sentences that are printed as they stand."""
    text = CHARACTER.sub(blank, drop_comments(text))
    code = STRING.sub(hide, text)
    for match in CALL.finditer(code):
        if PRINTERS.fullmatch(match.group(1)):
            for begin, end in split_arguments(code, match.end()):
                at, words = find_untranslated(text, code, begin, end)
                if SENTENCE.search(DIRECTIVE.sub('', OWN_NAME.sub('', words.replace('\\n', '')))):
                    yield text.count('\n', 0, at) + 1, words


def check_printing(root):
    return [f'{path.relative_to(root).as_posix()}:{line}: “{words}” is not in _()'
            for folder in PRINTING for path in sorted((root / folder).glob('*.c'))
            for line, words in find_mute_lines(path.read_text(encoding='utf-8'))]


def extract(root, template):
    """Writes all texts that there are to translate; returns what xgettext complains of."""
    words = ['xgettext', f'--directory={root}', f'--files-from={root / "po/POTFILES.in"}',
             '--from-code=UTF-8', '--add-comments', '--force-po', f'--output={template}',
             '--keyword=_', '--keyword=N_', '--keyword=C_:1c,2', '--keyword=NC_:1c,2',
             '--keyword=g_dngettext:2,3', '--keyword=g_dpgettext2:2c,3']
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr.splitlines() if done.returncode != 0 else []


def find_pieces(template):
    """Texts that are to be put beside others: they begin or end amid a line. Two spaces and more at
    the beginning are layout, one behind a colon is for what is typed there."""
    text = template.read_text(encoding='utf-8')
    for message in re.findall(r'^msgid(?:_plural)? ((?:"(?:[^"\\]|\\.)*"\n)+)', text, re.M):
        whole = ''.join(line[1:-1] for line in message.splitlines())
        if re.search(r'^ (?! )|(?<!:) $', whole) and WORD.search(whole):
            yield f'“{whole}” is a piece of a sentence'


def check_whole(path, template):
    done = subprocess.run(['msgcmp', str(path), str(template)], capture_output=True, text=True)
    return done.stderr.splitlines() if done.returncode != 0 else []


def check_translation(path):
    done = subprocess.run(['msgfmt', '--check', '-o', '/dev/null', str(path)],
                          capture_output=True, text=True)
    return done.stderr.splitlines() if done.returncode != 0 else []


def check_catalogues(tap, root):
    paths = sorted((root / 'po').glob('*.po'))
    if not shutil.which('xgettext'):
        for path in paths:
            tap.skip(f'/lint-translations/{path.name}-is-sound-and-whole', 'gettext is missing')
        return
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / 'all.pot'
        wrong = extract(root, template)
        tap.check('/lint-translations/texts-can-be-taken-out', not wrong, wrong)
        pieces = list(find_pieces(template)) if not wrong else []
        tap.check('/lint-translations/no-sentence-in-pieces', not pieces, pieces)
        for path in paths:
            wrong = check_translation(path)
            tap.check(f'/lint-translations/{path.name}-is-sound', not wrong, wrong)
            wrong = check_whole(path, template)
            tap.check(f'/lint-translations/{path.name}-is-whole', not wrong, wrong)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    tap = Tap()
    missing, vain, order = check_files(root)
    tap.check('/lint-translations/every-text-is-found', not missing, missing)
    tap.check('/lint-translations/no-file-in-vain', not vain, vain)
    tap.check('/lint-translations/files-are-sorted', not order, order)
    wrong = check_languages(root)
    tap.check('/lint-translations/every-language-is-listed', not wrong, wrong)
    wrong = check_errors(root)
    tap.check('/lint-translations/every-error-is-translated', not wrong, wrong)
    wrong = check_printing(root)
    tap.check('/lint-translations/what-is-printed-is-translated', not wrong, wrong)
    check_catalogues(tap, root)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
