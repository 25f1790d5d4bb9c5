#!/bin/sh
# in-debian.sh RELEASE FOLDER [ARGUMENT…]: ./dev test ARGUMENT… in a Debian of that name, made in
# FOLDER by debootstrap the first time and kept for the next. What is tested is the last commit of
# this checkout. As root.
# in-debian.sh RELEASE FOLDER fresh: in a new one, with nothing in it but the clone, first ./dev run
# and then ./dev test; how long each takes, and how much room all of it.
#
# All mounts are made in a namespace of their own, together with a list of processes of its own:
# whatever happens in there, it ends with this program, and the computer has seen none of it.
set -eu

mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

say () { printf '%s\n' "$*" >&2; }
die () { say "in-debian: $*"; exit 1; }

# Only what the rest is fetched with: ./dev installs what it needs, as on any other computer.
make_root ()
{
  rm -rf "$root.part"
  say "Making a Debian $release in $root, from $mirror …"
  debootstrap --variant=minbase --include=ca-certificates,git "$release" "$root.part" "$mirror" \
    >"$folder/debootstrap.log" 2>&1 ||
    die "debootstrap failed; what it said is in $folder/debootstrap.log"
  mv "$root.part" "$root"
}

# A clone, so that nothing that only lies here is tested; it stays, and with it what was built.
clone ()
{
  [ -z "$(git status --porcelain 2>/dev/null)" ] ||
    say "What is not committed is not tested."
  if [ -d "$root/udpnat/.git" ]; then
    git -C "$root/udpnat" fetch --quiet "$PWD" HEAD
    git -C "$root/udpnat" reset --quiet --hard FETCH_HEAD
  else
    git clone --quiet --no-hardlinks "$PWD" "$root/udpnat"
  fi
  commit=$(git -C "$root/udpnat" log -1 --format='%h %s')
  say "Testing $commit on Debian $(cat "$root/etc/debian_version")"
}

# In the namespaces: the folder becomes the root, as a computer's disk does. In a chroot in its
# place nobody could make namespaces of users.
enter ()
{
  mount --rbind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  cd "$root"
  mkdir -p outside
  pivot_root . outside
  umount -l /outside
  cd /udpnat
  if [ "${1:-}" != fresh ]; then
    as_newcomer ./dev test "$@"
    exit
  fi
  begin=$(date +%s)
  as_newcomer ./dev run --name newcomer </dev/null || die "./dev run fails"
  report "./dev run"
  status=0
  as_newcomer ./dev test || status=$?
  report "both"
  exit $status
}

as_newcomer ()
{
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    CI=true "$@"
}

report ()
{
  seconds=$(($(date +%s) - begin))
  say "$1: $((seconds / 60)) min $((seconds % 60)) s, $(du -xsm / | cut -f1) MB in all"
}

[ $# -ge 2 ] || die 'usage: in-debian.sh RELEASE FOLDER [ARGUMENT…]'
release=$1 folder=$2
shift 2
root=$folder/root
if [ "${UDPNAT_IN_DEBIAN:-}" = inside ]; then
  enter "$@"
fi
[ "$(id -u)" = 0 ] ||
  die 'needs root, to make a Debian and to mount what it needs: sudo ./dev trixie'
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/root
[ "${1:-}" != fresh ] || rm -rf "$root"
[ -d "$root" ] || make_root
clone
UDPNAT_IN_DEBIAN=inside exec unshare --mount --propagation private --pid --fork --kill-child \
  "$0" "$release" "$folder" "$@"
