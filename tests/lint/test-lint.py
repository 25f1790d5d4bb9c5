#!/usr/bin/env python3
"""lint-bites: each lint is given deliberately bad input, and must find exactly that.

    test-lint.py VIOLATION-ARCHIVE      prints TAP
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from tap import Tap  # noqa: E402

GOOD_SOURCE = (
    '#include "config.h"\n\n#include "udpnat-good.h"\n\n'
    'int\nudpnat_good (void)\n{\n  return 1;\n}\n'
)
GOOD_HEADER = '#pragma once\n\n#include <stddef.h>\n\nint udpnat_good (void);\n'
MARK = 'FIX' + 'ME'

# rule -> (file, its text, the line at which it must be found, a word of the message)
BAD_SOURCES = {
    'file-length': [
        ('src/core/base/a.c', '#include "config.h"\n' + '\n' * 900, 901, '900'),
        ('src/core/base/a.h', '#pragma once\n' + '\n' * 200, 201, '200'),
        ('tests/unit/a.c', '\n' * 1201, 1201, '1200'),
    ],
    'line-length': [('src/core/base/a.c', '#include "config.h"\n/*' + 97 * 'x' + '*/\n', 2, '101')],
    'function-length': [
        (
            'src/core/base/a.c',
            '#include "config.h"\n\nint\nfoo (int a,\n     int b)\n{\n' + '  ;\n' * 71 + '}\n',
            6,
            'foo ()',
        ),
        (
            'src/core/base/a.c',
            '#include "config.h"\nstatic gboolean\nbar (void)\n{\n' + '  ;\n' * 71 + '}\n',
            4,
            'bar ()',
        ),
    ],
    'no-unfinished-work': [
        ('src/core/base/a.c', f'#include "config.h"\n/* {MARK} later */\n', 2, MARK),
        ('docs/A.md', f'one\ntwo {MARK}\n', 2, MARK),
    ],
    'no-tabs': [('src/core/base/a.c', '#include "config.h"\n\n\tint x;\n', 3, 'tab')],
    'no-trailing-space': [('src/core/base/a.c', '#include "config.h"\nint x; \n', 2, 'space')],
    'config-h-first': [
        (
            'src/core/base/a.c',
            '/* text */\n#include <glib.h>\n#include "config.h"\n',
            2,
            'config.h',
        ),
        ('src/core/base/a.c', 'int x;\n', 1, 'config.h'),
    ],
    'pragma-once': [('src/core/base/a.h', '#ifndef A\n#define A\n#endif\n', 1, 'pragma')],
    'no-tests-in-what-ships': [
        (
            'src/core/base/a.c',
            '#include "config.h"\n#include "../../tests/sim/sim.h"\n',
            2,
            'tests',
        ),
        ('src/cli/meson.build', "\nx = include_directories('../../tests/sim')\n", 2, 'tests'),
    ],
    'quiet-core': [
        ('src/core/wire/a.c', '#include "config.h"\n\n  g_warning ("no");\n', 3, 'g_warning')
    ],
}

# Just inside each limit, or like a breach but none: nothing may be found here.
GOOD_SOURCES = {
    'src/core/base/udpnat-good.c': GOOD_SOURCE,
    'src/core/base/udpnat-good.h': GOOD_HEADER,
    'src/core/base/longest.c': '#include "config.h"\n' + '\n' * 899,
    'src/core/base/longest.h': '#pragma once\n' + '\n' * 199,
    'src/core/base/widest.c': '#include "config.h"\n/*' + 96 * 'ü' + '*/\n',
    'src/core/base/function.c': '#include "config.h"\n\nint\nfoo (void)\n{\n'
    + '  ;\n' * 70
    + '}\n',
    'src/core/base/table.c': '#include "config.h"\n\nstatic const int t[] =\n{\n'
    + '  0,\n' * 80
    + '};\n',
    'src/core/base/type.c': '#include "config.h"\n\nstruct _A\n{\n'
    + '  int (*a) (void);\n' * 80
    + '};\n',
    'src/client/class.c': '#include "config.h"\n\nstatic void\nudpnat_a_class_init (void)\n{\n'
    + '  ;\n' * 80
    + '}\n',
    'src/cli/static.c': '#include "config.h"\n\nstatic int\nfoo (void)\n{\n  ;\n}\n',
    'src/cli/loud.c': '#include "config.h"\n  g_warning ("a program may");\n',
    'docs/A.md': 'a Markdown line may end with two spaces  \n',
    'tests/unit/a.c': '\n' * 1200,
}

IMPURE = '''
g_get_monotonic_time g_get_real_time time clock_gettime gettimeofday nanosleep g_usleep
g_date_time_new_now_utc localtime_r randombytes_buf randombytes_uniform crypto_box_keypair
crypto_kx_keypair crypto_secretbox_keygen crypto_box_seal crypto_core_ristretto255_random
g_random_int g_rand_new rand drand48 getrandom socket bind sendto sendmsg recvfrom
__recvfrom_chk recvmmsg g_socket_new getaddrinfo if_nametoindex setsockopt open open64 __open_2
__open64_2 openat64 read __read_chk write fopen fopen64 fclose __fread_chk fwrite unlink rename
fsync g_file_get_contents g_fopen g_open g_dir_open g_key_file_load_from_file poll __poll_chk
epoll_wait sqlite3_open getenv secure_getenv g_getenv g_get_user_data_dir g_get_home_dir
environ getpid g_main_context_iteration g_main_loop_run g_timeout_add g_idle_add_full
g_source_new g_thread_new pthread_create pthread_mutex_lock g_mutex_lock g_once_init_enter
g_task_run_in_thread printf __printf_chk fprintf __fprintf_chk __vfprintf_chk puts putchar
perror stderr stdout g_print g_printerr g_test_message g_object_new g_object_unref
g_type_register_static_simple g_signal_emit g_value_init g_boxed_type_register_static fork
execve system exit dlopen kill syscall
'''.split()

PURE = '''
memcpy __memcpy_chk memset strlen qsort malloc free abort __errno_location __stack_chk_fail
snprintf __snprintf_chk vsnprintf g_malloc0 g_free g_strdup_printf g_snprintf g_hash_table_new
g_array_append_vals g_byte_array_append g_queue_push_tail g_assertion_message_expr g_log
g_log_structured_standard g_utf8_normalize g_ascii_strtoull g_str_hash g_strlcpy g_bytes_new
crypto_scalarmult crypto_scalarmult_base crypto_aead_chacha20poly1305_ietf_encrypt
crypto_box_seed_keypair crypto_auth_hmacsha256 crypto_kx_seed_keypair sodium_memzero
sodium_malloc sodium_init crypto_shorthash udpnat_time_format udpnat_random_fill
udpnat_session_close udpnat_path_set_free __asan_init __asan_report_load8
__ubsan_handle_type_mismatch_v1_abort __sanitizer_cov_trace_pc g_date_time_new_from_unix_utc
gmtime_r strftime
'''.split()


def run(script, *arguments):
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        text=True,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_source(tap):
    for rule, cases in BAD_SOURCES.items():
        for name, text, line, word in cases:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder), name, text)
                status, output = run('check-source.py', folder)
            bad = [text for text in output.splitlines() if text.startswith('not ok')]
            hit = [
                text for text in output.splitlines() if f'{name}:{line}:' in text and word in text
            ]
            tap.check(
                f'/lint-bites/{rule}/{name}',
                status == 1 and len(bad) == 1 and bad[0].endswith(f'/{rule}') and len(hit) == 1,
                output.splitlines(),
            )
    with tempfile.TemporaryDirectory() as folder:
        for name in ('core/base/a.c', 'server/b.c', 'server/a-none.c'):
            write(Path(folder) / 'src', name, '#include "config.h"\n\nvoid\nfoo (void)\n{\n}\n')
        status, output = run('check-source.py', folder)
    tap.check('/lint-bites/no-function-twice/in-two-archives', status == 1
              and 'src/server/b.c:5: foo () is in src/core/base/a.c, too' in output
              and 'none.c' not in output, output.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        for name, text in GOOD_SOURCES.items():
            write(Path(folder), name, text)
        status, output = run('check-source.py', folder)
    tap.check('/lint-bites/source/nothing-where-nothing-is', status == 0, output.splitlines())


def test_pure(tap, violation):
    status, output = run('check-pure.py', violation)
    tap.check(
        '/lint-bites/pure/a-clock-in-an-archive-is-named',
        status == 1 and 'impure.c.o uses g_get_monotonic_time (clock)' in output,
        output.splitlines(),
    )
    tap.check(
        '/lint-bites/pure/a-global-in-an-archive-is-named',
        'impure.c.o has the global variable last_us' in output,
        output.splitlines(),
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, symbols in (('bad', IMPURE), ('good', PURE)):
            source = Path(folder) / f'{name}.s'
            source.write_text('.data\n' + ''.join(f'.quad {symbol}\n' for symbol in symbols))
            subprocess.run(['cc', '-c', str(source), '-o', f'{folder}/{name}.o'], check=True)
        subprocess.run(['ar', 'cr', f'{folder}/empty.a'], check=True)
        status, output = run('check-pure.py', f'{folder}/empty.a')
        tap.check('/lint-bites/pure/an-empty-archive-proves-nothing', status == 1, [output])
        _, output = run('check-pure.py', f'{folder}/bad.o')
        missed = [symbol for symbol in IMPURE if f' uses {symbol} (' not in output]
        tap.check('/lint-bites/pure/every-way-out-is-known', not missed, missed)
        status, output = run('check-pure.py', f'{folder}/good.o')
        tap.check('/lint-bites/pure/what-is-pure-may-be-used', status == 0, output.splitlines())


def run_includes(files, paths, layers, target='src/core'):
    """Runs check-includes over a small tree in which each folder sees the paths given for it, and
    is compiled for the target."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            write(root, name, text)
        commands = [
            {
                'directory': folder,
                'file': f'src/core/{layer}/x.c',
                'output': f'{target}/x.p/{layer}.o',
                'command': 'cc '
                + ' '.join(f'-Isrc/core/{seen}' for seen in seen_by)
                + f' -MD -MQ x.o -MF x.d -o x.o -c src/core/{layer}/x.c',
            }
            for layer, seen_by in paths.items()
        ]
        write(root, 'compile_commands.json', json.dumps(commands))
        return run('check-includes.py', '--root', folder, '--build', folder, *layers)


def test_includes(tap):
    files = {
        'src/core/base/a.h': '#pragma once\ntypedef int A;\n',
        'src/core/crypto/b.h': '#pragma once\n#include "a.h"\nA b (A);\n',
    }
    right = {'base': ['base'], 'crypto': ['crypto', 'base']}
    layers = ['base=', 'crypto=base']
    status, output = run_includes(files, right, layers)
    tap.check('/lint-bites/includes/nothing-where-nothing-is', status == 0, output.splitlines())

    _, output = run_includes(files, right | {'base': ['base', 'crypto']}, layers, 'tests/fuzz')
    tap.check(
        '/lint-bites/includes/what-a-test-takes-is-not-what-a-folder-sees',
        output.count('nothing is compiled in this folder') == 2,
        output.splitlines(),
    )

    status, output = run_includes(files, right | {'base': ['base', 'crypto']}, layers)
    tap.check(
        '/lint-bites/includes/base-that-sees-crypto',
        status == 1 and 'src/core/crypto/b.h can be included here' in output,
        output.splitlines(),
    )

    status, output = run_includes(
        files, right | {'base': ['base', 'crypto']}, ['base=crypto', 'crypto=base']
    )
    tap.check(
        '/lint-bites/includes/base-that-sees-crypto-by-the-table', status == 1, output.splitlines()
    )

    status, output = run_includes(
        files | {'src/core/crypto/b.h': '#pragma once\nA b (A);\n'}, right, layers
    )
    tap.check(
        '/lint-bites/includes/header-that-needs-another-first',
        status == 1 and 'b.h does not compile alone' in output,
        output.splitlines(),
    )


def run_translations(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            write(Path(folder), name, text)
        return run('check-translations.py', folder)


# What makes an error that nobody translates -> the line at which it must be found.
MUTE_ERRORS = {
    'literal': ('g_set_error_literal (error, Q, 1, "Gone.");\n', 1),
    'format-on-a-line-of-its-own': ('g_set_error (error, Q, f (1, 2),\n"No %s", x);\n', 2),
    'new': ('return g_error_new (Q, 1, "No %s", x);\n', 1),
    'task': ('g_task_return_new_error (task, Q, 1, "No %s", x);\n', 1),
    'prefix': ('g_prefix_error (error, "Cannot write %s: ", x);\n', 1),
    'other-half-of-a-choice': ('g_set_error (e, Q, 1, x ? _("Yes") : "No");\n', 1),
    'piece-that-is-put-in': ('g_set_error (e, Q, 1, _("No: %s"), x ? x : "it is gone");\n', 1),
    'by-way-of-a-helper': ('/* why */\n/* not */\nrefuse (error, x, "is no port.");\n', 3),
    'beside-a-quote-sign': ("f ('\"');\ng_set_error_literal (error, Q, 1, \"Gone.\");\n", 2),
}
HEARD_ERRORS = '''
/* g_set_error_literal (error, Q, 1, "Only said"); */
g_set_error (error, Q, 1, _("No %s: /* %s"), "x", "y"); /* "so" */
g_set_error (error, Q, 1, x ? _("Yes, "
                                "%s") : _("No, %s"), x);
g_set_error (error, Q, 1, g_dngettext (GETTEXT_PACKAGE, "%d day", "%d days", n), n);
g_set_error (error, Q, 1, "%s: %s", path, words);
g_error_new_literal (Q, 1, sentence);
check_port ("--sport", port, error);
fail (error, _("No (sic), %s"), quote (x, ')'));
g_debug ("It does not work: %s", error->message);
'''


def test_errors(tap, good):
    status, output = run_translations(
        good | {'src/core/client/e.c': HEARD_ERRORS, 'src/gui/f.c': MUTE_ERRORS['literal'][0],
                'po/POTFILES.in': 'src/core/client/e.c\n' + good['po/POTFILES.in']})
    tap.check('/lint-bites/translations/errors/nothing-where-nothing-is', status == 0,
              output.splitlines())
    for name, (text, line) in MUTE_ERRORS.items():
        files = good | {'src/core/client/e.c': text}
        if '_(' in text:
            files['po/POTFILES.in'] = 'src/core/client/e.c\n' + files['po/POTFILES.in']
        status, output = run_translations(files)
        failed = [text for text in output.splitlines() if text.startswith('not ok')]
        hit = [text for text in output.splitlines() if f'src/core/client/e.c:{line}:' in text]
        tap.check(f'/lint-bites/translations/errors/{name}',
                  status == 1 and len(failed) == 1 and len(hit) == 1 and
                  failed[0].endswith('/every-error-is-translated'), output.splitlines())


# What prints a sentence that nobody translates -> the line at which it must be found.
MUTE_LINES = {
    'line': ('udpnat_cli_view_show_text (view, "Nobody is here.");\n', 1),
    'clean-line': ('udpnat_cli_view_show_clean (view,\n"  %s is typing…", name);\n', 2),
    'warning': ('udpnat_cli_view_show_warning (view, "code", "It was mended.");\n', 1),
    'usage': ('return set_usage (&e, "send: say to whom");\n', 1),
    'prompt': ('x = udpnat_cli_passphrase_get (options, "New passphrase: ", &e);\n', 1),
    'sentence-for-a-helper': ('say_done (self, person, "%s is forgotten.");\n', 1),
    'other-half-of-a-choice': ('g_print (x ? _("It is done.\\n") : "It is not.\\n");\n', 1),
    'by-stdio': ('/* why */\nfprintf (stderr, "Nobody is here.\\n");\n', 2),
}
HEARD_LINES = '''
/* g_print ("only said here"); */
udpnat_cli_view_show_error (view, "usage", _("There is no line %s."), shown);
udpnat_cli_view_show_text (view, "  %s: %s", name, C_("person", "on this network"));
udpnat_cli_view_tell (view, "no-server", "text", "not for people", NULL);
g_printerr ("udpnat-cli: %s\\n", message);
'''


def test_lines(tap, good):
    """good: files of a tree without a breach"""
    listed = {'po/POTFILES.in': 'src/cli/g.c\n' + good['po/POTFILES.in']}
    status, output = run_translations(good | listed | {'src/cli/g.c': HEARD_LINES})
    tap.check('/lint-bites/translations/lines/nothing-where-nothing-is', status == 0,
              output.splitlines())
    for name, (text, line) in MUTE_LINES.items():
        files = good | (listed if '_(' in text else {}) | {'src/cli/g.c': text}
        status, output = run_translations(files)
        failed = [text for text in output.splitlines() if text.startswith('not ok')]
        hit = [text for text in output.splitlines() if f'src/cli/g.c:{line}:' in text]
        tap.check(f'/lint-bites/translations/lines/{name}',
                  status == 1 and len(failed) == 1 and len(hit) == 1 and
                  failed[0].endswith('/what-is-printed-is-translated'), output.splitlines())


def test_translations(tap):
    good = {
        'src/gui/a.c': 'g_print (_("Hi"));\n',
        'src/gui/b.ui': '<property translatable="yes">Hi</property>\n',
        'src/gui/c.c': '/* _("only said") */ f_ ("x"); dgettext_ ("y");\n',
        'po/POTFILES.in': '# sorted\nsrc/gui/a.c\nsrc/gui/b.ui\n',
        'po/LINGUAS': '',
    }
    status, output = run_translations(good)
    tap.check('/lint-bites/translations/nothing-where-nothing-is', status == 0,
              output.splitlines())
    bad = {
        'every-text-is-found': {'src/cli/d.c': 'printf (ngettext ("%u", "%us", n), n);\n'},
        'no-file-in-vain': {'src/gui/b.ui': '<property>Hi</property>\n'},
        'files-are-sorted': {'po/POTFILES.in': 'src/gui/b.ui\nsrc/gui/a.c\n'},
        'every-language-is-listed': {'po/LINGUAS': 'xx\n'},
        'what-is-printed-is-translated': {
            'src/cli/d.c': 'g_printerr ("%s: do it again\\n", name);\n'},
        'no-sentence-in-pieces': {
            'src/gui/a.c': 'g_strconcat (_("Written"), _(" and the rest"), _("  good"), NULL);\n'},
        'yy.po-is-whole': {
            'po/LINGUAS': 'yy\n',
            'po/yy.po': 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'},
        'yy.po-is-sound': {
            'po/LINGUAS': 'yy\n',
            'po/yy.po': 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
                        'msgid "Hi"\nmsgstr "Hi"\n\n'
                        '#, c-format\nmsgid "%u of %s"\nmsgstr "%s"\n'},
    }
    for rule, files in bad.items():
        status, output = run_translations(good | files)
        failed = [text for text in output.splitlines() if text.startswith('not ok')]
        tap.check(f'/lint-bites/translations/{rule}',
                  status == 1 and len(failed) == 1 and failed[0].endswith(f'/{rule}'),
                  output.splitlines())
    test_errors(tap, good)
    test_lines(tap, good)


def run_reasons(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, HERE / 'check-reasons.py', folder],
                              capture_output=True, text=True)
    return done.returncode, done.stdout


def test_reasons(tap):
    words = 'src/core/client/udpnat-words.c'
    pages = 'docs/REASONS.md'
    manual = 'data/man/udpnat-cli.1'
    good = {
        'src/core/base/udpnat-path-kind.c': 'return "none";\nreturn "idle";\n',
        words: 'reasons[] = {\n  { "idle", N_("quiet") },\n};\n',
        pages: '# Why\n\n## idle\nQuiet.\n* Talk.\n',
        manual: 'Reasons for the relay are:\n.It idle\nquiet\n.El\n',
    }
    status, output = run_reasons(good)
    tap.check('/lint-bites/reasons/nothing-where-nothing-is', status == 0, output.splitlines())
    bad = {
        'each-has-a-sentence': {
            'src/core/base/udpnat-path-kind.c': 'return "idle";\nreturn "new";\n'},
        'each-has-a-page': {pages: good[pages] + '\n## gone\nIt was.\n* Nothing.\n'},
        'each-page-says-what-to-do': {pages: '# Why\n\n## idle\nQuiet.\nVery.\n'},
        'each-is-in-the-manual': {manual: good[manual].replace('idle', 'idle , gone')},
    }
    for rule, files in bad.items():
        status, output = run_reasons(good | files)
        failed = [text for text in output.splitlines() if text.startswith('not ok')]
        tap.check(f'/lint-bites/reasons/{rule}',
                  status == 1 and len(failed) == 1 and failed[0].endswith(f'/{rule}'),
                  output.splitlines())


def run_documents(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            write(Path(folder), name, text)
        return run('check-documents.py', folder)


def test_documents(tap):
    release = '<release version="1.2.3" date="2026-01-31" type="{}">'
    metadata = 'data/a.metainfo.xml.in'
    good = {
        'dev': 'verb_test ()\n{\n}\n',
        'meson.build': "project('a', 'c',\n  version: '1.2.3',\n)\n",
        'CHANGELOG.md': '# Changes\n\n## 1.2.3 (2026-01-31)\n',
        'README.md': '# A b\n[c](docs/D.md#über-uns-1) [e](#a-b) [f](https://example.org/none)\n'
                     '`docs/D.md`, `./dev test`, `[x](y)`\n```\n[x](y)\n./dev test\n```\n',
        'docs/D.md': '# Über uns\n## Über uns\n',
        metadata: release.format('stable') + '<image>https://a/docs/D.md</image>',
    }
    status, output = run_documents(good)
    tap.check('/lint-bites/documents/nothing-where-nothing-is', status == 0, output.splitlines())
    bad = {
        'links-lead-somewhere': [
            {'README.md': '[c](docs/E.md)\n'}, {'README.md': '[c](docs/D.md#unter-uns)\n'},
            {'README.md': '<img src="docs/d.png">\n'}, {'README.md': '[a](#a)\n'},
        ],
        'files-are-there': [{'README.md': '`docs/E.md`\n'}],
        'verbs-of-dev-are-there': [{'README.md': '```\n./dev tset\n```\n'}],
        'pictures-of-the-metadata-are-there': [
            {metadata: release.format('stable') + '<image>https://a/docs/d.png</image>'},
        ],
        'one-version': [
            {'meson.build': "  version: '1.2.4'\n"}, {'CHANGELOG.md': '## 1.2.3\n'},
            {'CHANGELOG.md': '## 1.2.2 (2026-01-31)\n'},
            {'CHANGELOG.md': '## 1.2.3 (not released)\n'},
            {'CHANGELOG.md': '## 1.2.3 (2026-02-01)\n'},
            {metadata: release.format('development')}, {metadata: ''},
        ],
    }
    for rule, cases in bad.items():
        for number, files in enumerate(cases, 1):
            status, output = run_documents(good | files)
            failed = [text for text in output.splitlines() if text.startswith('not ok')]
            tap.check(f'/lint-bites/documents/{rule}/{number}',
                      status == 1 and len(failed) == 1 and failed[0].endswith(f'/{rule}'),
                      output.splitlines())


def run_mutations(files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            write(root, name, text)
        return run('check-mutations.py', root, root / 'lists', root / 'build')


def test_mutations(tap):
    code = 'src/core/base/a.c'
    one = '[never-full]\nNothing is ever full.\nseen by: a\nin src/core/base/a.c\n'
    good = {
        code: 'if (n == max)\n  return;\nn++;\nif (is_old)\n  return;\n',
        'lists/base.txt': one + '- if (n == max)\n-   return;\n  n++;\n',
        'build/meson-info/intro-tests.json': '[{"name": "a"}]',
    }
    status, output = run_mutations(good)
    tap.check('/lint-bites/mutations/nothing-where-nothing-is', status == 0, output.splitlines())
    bad = {
        'the-lists-can-be-read': [
            {'lists/base.txt': 'n++;\n'},
            {'lists/base.txt': ''},
            {'lists/base.txt': one + '  n++;\n'},
            {'lists/base.txt': one.replace('seen by: a\n', '') + '- n++;\n'},
            {'lists/base.txt': one + '- n++;\n' + one + '- n++;\n'},
        ],
        'each-fits-the-code': [
            {code: 'if (n == max) return;\n'},
            {code: good[code] * 2},
            {'lists/base.txt': one + '- n++;\n+ n++;\n'},
            {'lists/base.txt': one.replace('a.c', 'b.c') + '- n++;\n'},
            {'lists/base.txt': one + '- return;\n'},
        ],
        'each-names-tests-that-there-are': [
            {'build/meson-info/intro-tests.json': '[{"name": "b"}]'},
        ],
    }
    for rule, cases in bad.items():
        for number, files in enumerate(cases, 1):
            status, output = run_mutations(good | files)
            failed = [text for text in output.splitlines() if text.startswith('not ok')]
            tap.check(f'/lint-bites/mutations/{rule}/{number}',
                      status == 1 and len(failed) == 1 and failed[0].endswith(f'/{rule}'),
                      output.splitlines())


def run_unit(unit, drop_in, server='/bin/true'):
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 'udpnat-server.service', unit)
        lines = ['# /etc/systemd/system/udpnat-server.service.d/443.conf', *drop_in.splitlines()]
        write(Path(folder), 'docs/OPERATIONS.md', ''.join(f'    {line}\n' for line in lines))
        return run('check-unit.py', folder, f'{folder}/udpnat-server.service', server)


def test_unit(tap):
    if not shutil.which('systemd-analyze'):
        tap.skip('/lint-bites/unit', 'systemd-analyze is not installed')
        return
    unit = (HERE.parent.parent / 'data/server/udpnat-server.service.in').read_text()
    unit = unit.replace('@bindir@', '/usr/bin').replace('@configdir@', '/etc/udpnat')
    drop_in = '[Service]\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n'
    status, output = run_unit(unit, drop_in)
    tap.check('/lint-bites/unit/nothing-where-nothing-is', status == 0, output.splitlines())
    bad = {
        'options-are-known': [unit, drop_in, '/bin/false'],
        'names-the-program': [unit.replace('bin/udpnat-server', 'bin/udpnat'), drop_in],
        'plain/systemd-takes-it': [unit.replace('PrivateTmp', 'PrivateTemp'), drop_in],
        'plain/exposure-is-low': [unit.replace('SystemCallFilter', '# '), drop_in],
        'with-443/systemd-takes-it': [unit, drop_in + 'PrivateUsers\n'],
        'with-443/exposure-is-low': [unit, drop_in + 'SystemCallFilter=\nPrivateUsers=no\n'],
    }
    for rule, words in bad.items():
        status, output = run_unit(*words)
        failed = [text for text in output.splitlines() if text.startswith('not ok')]
        tap.check(f'/lint-bites/unit/{rule}', status == 1 and any(text.endswith(f'/{rule}')
                  for text in failed), output.splitlines())


def main():
    tap = Tap()
    test_unit(tap)
    test_mutations(tap)
    test_documents(tap)
    test_reasons(tap)
    test_source(tap)
    test_translations(tap)
    test_pure(tap, sys.argv[1])
    test_includes(tap)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
