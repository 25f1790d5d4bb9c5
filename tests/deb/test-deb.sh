#!/bin/sh
# test-deb.sh PACKAGES FOLDER [RELEASE]: the package of the server in a clean Debian, made in FOLDER
# by debootstrap the first time and kept for the next: installed, running under that Debian's own
# systemd, upgraded, removed, purged. As root; the packages that ours needs come from DEBIAN_MIRROR
# or deb.debian.org. The last line is "N passed, N failed".
#
# That Debian runs in namespaces and a control group of its own, without a network but its loopback,
# on a layer that is thrown away: the computer has seen none of it.
set -eu

mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
here=$(cd "$(dirname "$0")" && pwd)

say () { printf '%s\n' "$*" >&2; }
die () { say "test-deb: $*"; exit 1; }

make_root ()
{
  rm -rf "$folder/root" "$folder/root.part"
  say "Making a Debian $release in $folder/root, from $mirror …"
  debootstrap --variant=minbase --include=ca-certificates,systemd,systemd-sysv "$release" \
    "$folder/root.part" "$mirror" > "$folder/debootstrap.log" 2>&1 ||
    die "debootstrap failed; what it said is in $folder/debootstrap.log"
  mv "$folder/root.part" "$folder/root"
}

# A layer above it, in memory, with what every program expects.
mount_all ()
{
  mount -t tmpfs tmpfs "$folder/layer"
  mkdir "$folder/layer/upper" "$folder/layer/work" "$folder/layer/root"
  top=$folder/layer/root
  mount -t overlay overlay "$top" \
    -o "lowerdir=$folder/root,upperdir=$folder/layer/upper,workdir=$folder/layer/work"
  mount -t proc proc "$top/proc"
  mount -t tmpfs -o mode=755 tmpfs "$top/dev"
  for name in null zero full random urandom tty; do
    touch "$top/dev/$name"
    mount --bind "/dev/$name" "$top/dev/$name"
  done
  mkdir "$top/dev/pts" "$top/dev/shm" "$top/test"
  mount -t tmpfs tmpfs "$top/dev/shm"
  ln -s /proc/self/fd "$top/dev/fd"
  ln -s pts/ptmx "$top/dev/ptmx"
  cp "$packages"/udpnat*.deb "$here/in-debian.sh" "$here/../../docs/OPERATIONS.md" \
    "$top/test/"
  mkdir -p "$folder/out"
  rm -f "$folder/out/facts"
  mkdir "$top/test/out"
  mount --bind "$folder/out" "$top/test/out"
}

in_root ()
{
  chroot "$top" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# Without an init, as in a container: nothing is started, and nothing fails. It also fetches what
# ours needs, which the booted Debian could not.
install_without_init ()
{
  cp -L /etc/resolv.conf "$top/etc/resolv.conf"
  in_root apt-get -q update > "$folder/out/apt.log" 2>&1
  in_root sh -c 'apt-get -q install -y --no-install-recommends /test/udpnat-server_*.deb' \
    >> "$folder/out/apt.log" 2>&1 || die "it cannot be installed: see $folder/out/apt.log"
  in_root sh /test/in-debian.sh without-init
  in_root apt-get -q purge -y udpnat-server >> "$folder/out/apt.log" 2>&1
  in_root sh /test/in-debian.sh purged
}

# Window and terminal, with the server that a window may host; and all of it gone again.
install_clients ()
{
  in_root bash -c 'apt-get -q install -y --no-install-recommends \
      /test/udpnat{,-cli,-common,-server}_*.deb' \
    >> "$folder/out/apt.log" 2>&1 || die "they cannot be installed: see $folder/out/apt.log"
  in_root sh /test/in-debian.sh clients
  in_root apt-get -q purge -y udpnat udpnat-cli udpnat-common udpnat-server \
    >> "$folder/out/apt.log" 2>&1
  in_root sh /test/in-debian.sh clients-purged
}

# The first process of new namespaces becomes that Debian's systemd. What it could change for the
# whole kernel it may only read.
boot ()
{
  ip link set lo up 2>/dev/null || true
  hostname udpnat-test
  mount -t sysfs -o ro sysfs "$top/sys"
  mount -t cgroup2 cgroup2 "$top/sys/fs/cgroup"
  mount --bind "$top/proc/sys" "$top/proc/sys"
  mount -o remount,ro,bind "$top/proc/sys"
  mount -t tmpfs -o mode=755 tmpfs "$top/run"
  cat > "$top/etc/systemd/system/udpnat-test.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
Environment=HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
ExecStart=/bin/sh /test/in-debian.sh booted
ExecStopPost=/bin/systemctl --force --force poweroff
StandardOutput=append:/test/out/log
StandardError=append:/test/out/log
TimeoutStartSec=10min
[Install]
WantedBy=graphical.target
END
  in_root systemctl -q enable udpnat-test
  in_root systemctl -q set-default graphical.target
  in_root systemctl -q mask systemd-logind systemd-resolved systemd-networkd systemd-timesyncd \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
  cd "$top"
  mkdir -p outside
  pivot_root . outside
  umount -l /outside
  mount --make-rshared / # as systemd expects of whoever starts it in a container
  exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog \
    env -i container=udpnat-test /lib/systemd/systemd --log-target=journal \
    > /test/out/console 2>&1 < /dev/null
}

# Once more, in new namespaces
inside ()
{
  case "$1" in
    prepare)
      mount --make-rprivate /
      mount_all
      install_without_init
      install_clients
      UDPNAT_TEST_DEB=boot UDPNAT_TEST_TOP=$top \
        exec unshare --mount --uts --ipc --net --cgroup --pid --fork --mount-proc="$top/proc" \
        --kill-child "$0" "$packages" "$folder" "$release" 2> "$folder/out/boot" ;;
    boot)
      top=$UDPNAT_TEST_TOP
      boot ;;
  esac
}

[ $# -ge 2 ] || die 'usage: test-deb.sh PACKAGES FOLDER [RELEASE]'
packages=$1 folder=$2 release=${3:-$(. /etc/os-release; echo "$VERSION_CODENAME")}
if [ -n "${UDPNAT_TEST_DEB:-}" ]; then
  inside "$UDPNAT_TEST_DEB"
  exit
fi
[ "$(id -u)" = 0 ] || die 'needs root, to make a Debian and to start it: sudo ./dev deb --test'
ls "$packages"/udpnat-server_*.deb > /dev/null 2>&1 || die "no packages in $packages: ./dev deb"
mkdir -p "$folder/layer"
packages=$(cd "$packages" && pwd) folder=$(cd "$folder" && pwd)
[ -d "$folder/root" ] || make_root

# Its processes are in a group of their own, and so is what it does to that.
groups=$(sed -n 's/^cgroup2 \([^ ]*\) cgroup2.*/\1/p' /proc/mounts | head -n 1)
[ -n "$groups" ] || die 'no control groups (cgroup2) are mounted here'
group=$groups/udpnat-test-deb-$$
mkdir "$group"
trap 'find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true' EXIT
rm -f "$folder"/out/*
UDPNAT_TEST_DEB=prepare timeout 900 sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$group" \
  unshare --mount --pid --fork --kill-child --mount-proc "$here/test-deb.sh" \
  "$packages" "$folder" "$release" || true

facts=$folder/out/facts
[ -f "$facts" ] || die "it did not start: see $folder/out"
cat "$facts"
grep -q '^end$' "$facts" || say "It did not come to its end: see $folder/out"
passed=$(grep -c '^ok' "$facts") || true
failed=$(grep -c '^not ok' "$facts") || true
grep -q '^end$' "$facts" || failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
