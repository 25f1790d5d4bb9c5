#!/usr/bin/env python3
"""check-pure: the machines of the core must not touch the world.

Reads with nm which symbols the archives of the pure layers need from outside and fails on clocks,
sockets, files, random devices, threads, prints, the environment, main loops and GObject: all that
must come in as an argument or go out through a queue (docs/ARCHITECTURE.md). It also fails on
global variables that can change.

What it cannot see: an inline system call, and what a permitted library function does inside.

    check-pure.py ARCHIVE…      prints TAP, two facts for each archive
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

# What is forbidden, by what it touches. Names are whole-name patterns, matched after normalize().
FORBIDDEN = {
    'clock': r'''
        time clock clock_.* gettimeofday ftime localtime localtime_r mktime tzset times
        nanosleep usleep sleep timer_.* timerfd_.* alarm ualarm setitimer getitimer
        g_get_monotonic_time g_get_real_time g_get_current_time g_usleep g_timer_.*
        g_date_time_new_now.* g_date_time_new_.*local g_time_zone_.*''',
    'random': r'''
        rand rand_r srand random random_r srandom initstate setstate [dlejmn]+rand48(_r)?
        getrandom getentropy arc4random.* g_random_.* g_rand_.* g_uuid_string_random
        randombytes.* crypto_(?!.*_seed_keypair$).*_keypair crypto_.*_keygen crypto_.*_random
        crypto_box_(.*_)?seal crypto_secretstream_.*_init_push crypto_pwhash_.*str(_alg)?''',
    'socket': r'''
        socket socketpair bind connect listen accept accept4 send sendto sendmsg sendmmsg recv
        recvfrom recvmsg recvmmsg shutdown getsockname getpeername [gs]etsockopt getaddrinfo
        freeaddrinfo getnameinfo gethostby.* gethostname getifaddrs if_nametoindex
        if_indextoname if_nameindex g_socket_.* g_inet_.* g_network_.* g_resolver_.*
        g_datagram_.* g_tcp_.* g_tls_.* g_proxy_.*''',
    'file': r'''
        open openat creat close read pread readv write pwrite writev lseek fsync fdatasync
        ftruncate truncate dup dup2 dup3 pipe pipe2 fcntl ioctl mmap mprotect munmap poll ppoll
        select pselect epoll_.* eventfd eventfd_.* inotify_.* fopen fdopen freopen fclose fread
        fgets fgetc getc getchar getline getdelim f?scanf v?fscanf fseek ftell fstat stat lstat
        statx fstatat access faccessat rename renameat.* unlink unlinkat link symlink mkdir
        mkdirat mkstemp mkostemp mkdtemp rmdir remove opendir readdir closedir chdir getcwd
        chmod fchmod chown realpath readlink g_open g_close g_creat g_fopen g_freopen g_fsync
        g_access g_stat g_lstat g_rename g_unlink g_remove g_rmdir g_mkdir.* g_mkstemp.*
        g_file_.* g_dir_.* g_mapped_file_.* g_io_channel_.*
        g_key_file_load_from_(file|dirs|data_dirs) g_key_file_save_to_file g_input_stream_.*
        g_output_stream_.* g_poll g_unix_.* sqlite3_.*''',
    'environment': r'''
        getenv secure_getenv setenv unsetenv putenv clearenv environ getuid geteuid getpid
        gettid getpwuid.* getpwnam.* getlogin.* uname sysconf setlocale g_getenv g_setenv
        g_unsetenv g_listenv g_get_environ g_get_home_dir g_get_tmp_dir g_get_user_.*
        g_get_real_name g_get_system_.* g_get_host_name g_get_prgname g_get_application_name
        g_get_os_info g_get_current_dir g_get_num_processors g_settings_.*''',
    'main loop': r'''
        g_main_.* g_timeout_.* g_idle_.* g_source_.* g_child_watch_.* g_io_add_watch.*''',
    'thread': r'''
        pthread_.* thrd_.* mtx_.* cnd_.* sem_.* call_once sched_.* g_thread_.* g_mutex_.*
        g_rec_mutex_.* g_rw_lock_.* g_cond_.* g_once_.* g_private_.* g_static_.*
        g_async_queue_.* g_task_.*''',
    'process': r'''
        fork vfork clone exec.* posix_spawn.* system popen pclose wait waitpid kill raise
        signal sigaction exit _exit _Exit quick_exit atexit on_exit dlopen dlsym g_spawn_.*
        g_subprocess_.* g_module_.* g_atexit syscall prctl''',
    'print': r'''
        printf vprintf fprintf vfprintf dprintf vdprintf puts fputs fputc putc putchar fwrite
        fflush perror psignal stdout stderr stdin syslog vsyslog openlog wprintf fwprintf
        g_print g_printerr g_printf g_vprintf g_fprintf g_vfprintf g_set_print.* g_log_set_.*
        g_test_.*''',
    'GObject': r'''
        g_object_.* g_type_.* g_signal_.* g_closure_.* g_cclosure_.* g_value_.* g_param_.*
        g_boxed_.* g_enum_.* g_flags_.* g_initially_unowned_.* g_binding_.* g_list_store_.*
        g_list_model_.* g_cancellable_.* g_application_.*''',
}

# Sections whose content can change while the program runs. Constant tables of pointers are in
# .data.rel.ro.
MUTABLE_SECTION = re.compile(r'^\.(data|bss|tdata|tbss)(\.(?!rel\.ro).*)?$|^\*COM\*$')
# What compilers and sanitizers add by themselves
ADDED = re.compile(
    r'^(__asan_|__ubsan_|__tsan_|__lsan_|__sanitizer_|__odr_asan|__gcov|__llvm_|'
    r'__start_|__stop_|\.L|L?_?Lubsan|'
    r'__sancov|__afl)'
)


def compile_rules():
    return {
        what: re.compile('^(?:' + '|'.join(names.split()) + ')$')
        for what, names in FORBIDDEN.items()
    }


def normalize(symbol):
    """Leaves the name that a programmer wrote: without version, glibc's checked (_chk, _2) and
    large-file (64) forms."""
    symbol = symbol.partition('@')[0]
    for pattern in (
        r'^__(\w+?)_chk$',
        r'^__(open\w*?)_2$',
        r'^__isoc\d\d_(\w+)$',
        r'^_IO_(\w+)$',
        r'^__(\w+?)_alias$',
    ):
        found = re.match(pattern, symbol)
        if found:
            symbol = found.group(1)
    if re.match(
        r'^(f?open(at)?|creat|p(read|write)|lseek|f?truncate|mmap|[fl]?stat|fstatat|readdir|'
        r'mk[od]?s?temp|'
        r'mkostemp|time|clock_gettime|gettimeofday)64(_time64)?$',
        symbol,
    ):
        symbol = re.sub(r'64(_time64)?$', '', symbol)
    return symbol.removeprefix('__') if symbol in ('__environ', '__sched_yield') else symbol


def read_nm(arguments, archive):
    """Yields (member, columns) for each line that nm prints of an archive."""
    output = subprocess.run(
        ['nm', *arguments, archive], check=True, capture_output=True, text=True
    ).stdout
    member = Path(archive).name
    for line in output.splitlines():
        if line.endswith(':') and '|' not in line:
            member = line[:-1].rpartition('/')[2].rstrip(']')
        elif line.strip():
            yield member, line.split('|') if '|' in line else line.split()


def find_impure(archive, rules):
    found = []
    for member, columns in read_nm(['-u'], archive):
        symbol = columns[-1]
        if ADDED.match(symbol):
            continue
        for what, rule in rules.items():
            if rule.match(normalize(symbol)):
                found.append(f'{member} uses {symbol} ({what})')
    return found


def find_mutable(archive):
    found = []
    for member, columns in read_nm(['--format=sysv'], archive):
        if len(columns) != 7:
            continue
        name, kind, section = columns[0].strip(), columns[3].strip(), columns[6].strip()
        if (
            kind in ('OBJECT', 'TLS', 'COMMON')
            and MUTABLE_SECTION.match(section)
            and not ADDED.match(name)
        ):
            found.append(f'{member} has the global variable {name} (in {section})')
    return found


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tap = Tap()
    rules = compile_rules()
    for archive in sys.argv[1:]:
        layer = Path(archive).stem.removeprefix('libudpnat-')
        impure = find_impure(archive, rules)
        if not any(read_nm([], archive)):
            impure = ['there is nothing in it to check']
        tap.check(f'/lint-pure/{layer}/touches-nothing-outside', not impure, impure)
        mutable = find_mutable(archive)
        tap.check(f'/lint-pure/{layer}/no-global-that-changes', not mutable, mutable)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
