#!/bin/bash
# Builds the Flatpak as it stands in the manifest, makes the single-file bundle, installs it from
# there and looks at what was installed. The GNOME runtime is a stand-in that is made of Debian
# packages (make-runtime.sh).
#
#     build.sh FOLDER [MANIFEST]
#
# FOLDER keeps the runtime and what was built; FOLDER/udpnat.flatpak is the bundle, FOLDER/flatpak
# the installation (FLATPAK_USER_DIR), apart from the user's own. Exit status 77: this machine
# cannot.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"; folder=$(cd "$1" && pwd)
manifest=$(realpath "${2:-$here/io.github.udpnat.Udpnat.yml}")
for tool in flatpak flatpak-builder ostree bwrap eu-strip curl desktop-file-validate \
    dbus-run-session; do
  command -v $tool >/dev/null || { echo "flatpak: $tool is missing"; exit 77; }
done
bwrap --ro-bind / / true 2>/dev/null ||
  { echo "flatpak: no user namespaces here, bubblewrap cannot run"; exit 77; }
begin=$SECONDS
say () { printf '[%3d s] %s\n' $((SECONDS - begin)) "$*"; }
fail () { echo "flatpak: $*" >&2; exit 1; }

# Nothing goes into the user's own installation.
mkdir -p "$folder"/{home,run,scratch}; chmod 700 "$folder/run"
export HOME=$folder/home XDG_RUNTIME_DIR=$folder/run FLATPAK_USER_DIR=$folder/flatpak
export LC_ALL=C.UTF-8 GIO_USE_VFS=local
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY DISPLAY

# (It makes .flatpak-builder where it stands.)
(cd "$folder/scratch" && flatpak-builder --show-manifest "$manifest" > manifest.json)
get ()
{
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    "$folder/scratch/manifest.json" "$1"
}
id=$(get id) platform=$(get runtime) sdk=$(get sdk) branch=$(get runtime-version)

# ---- The runtime ----

SUITE=${SUITE:-trixie}
runtime=$folder/runtime-$SUITE-$branch-$(sha256sum "$here/make-runtime.sh" | cut -c1-12)
if ! [ -e "$runtime/done" ]; then
  rm -rf "$folder"/runtime-* "$folder/flatpak"
  SUITE=$SUITE BRANCH=$branch PLATFORM=$platform SDK=$sdk "$here/make-runtime.sh" "$runtime"
  rm -rf "$runtime/debs"
  touch "$runtime/done"
fi
flatpak --user remote-add --if-not-exists --no-gpg-verify standin "file://$runtime/repo"
flatpak --user install -y --noninteractive --or-update standin "$platform//$branch" \
  "$sdk//$branch" >/dev/null
say "runtime $platform//$branch ($(du -sm "$runtime" | cut -f1) MB)"

# ---- The sources ----

# Where their own place is out of reach, Debian has the same files; flatpak-builder does not look at
# the hash of what is there already, so it is looked at here.
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \([^[][^ ]*\) .*/\1/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true)
same_in_debian ()
{
  case $1 in
    *libsodium*) echo libs/libsodium/libsodium_1.0.22.orig.tar.gz ;;
    *qrencode*) echo q/qrencode/qrencode_4.1.1.orig.tar.bz2 ;;
    *miniupnpc*) echo m/miniupnpc/miniupnpc_2.2.8.orig.tar.gz ;;
    *libnatpmp*) echo libn/libnatpmp/libnatpmp_20230423.orig.tar.gz ;;
  esac
}
python3 - "$folder/scratch/manifest.json" > "$folder/scratch/sources" <<'P'
import json, sys
def walk(modules):
    for module in modules:
        yield from walk(module.get('modules', []))
        for source in module.get('sources', []):
            if source['type'] == 'archive':
                yield source['url'], source['sha256']
for url, sha256 in walk(json.load(open(sys.argv[1]))['modules']):
    print(url, sha256)
P
while read -r url sha256; do
  file=$folder/state/downloads/$sha256/${url##*/}
  is_good () { [ -f "$file" ] && echo "$sha256  $file" | sha256sum --check --status; }
  is_good && continue
  mkdir -p "${file%/*}"
  for place in "$url" "$mirror/pool/main/$(same_in_debian "$url")"; do
    curl --silent --fail --location --max-time 60 --connect-timeout 5 --output "$file" "$place" &&
      is_good && break
    rm -f "$file"
  done
  is_good || fail "cannot get $url, or it is not what it was"
done < "$folder/scratch/sources"

# ---- Building ----

# Without the network, also where the sandbox of the builder would let it through.
net=(); [ "$(id -u)" = 0 ] && net=(unshare -n)
rm -rf "$folder/repo"
"${net[@]}" flatpak-builder --user --state-dir="$folder/state" --force-clean --disable-updates \
  --disable-rofiles-fuse --disable-download --repo="$folder/repo" "$folder/build" "$manifest" \
  > "$folder/build.log" 2>&1 || { tail -n 60 "$folder/build.log"; fail "flatpak-builder"; }
flatpak build-bundle "$folder/repo" "$folder/udpnat.flatpak" "$id"
say "built; the bundle has $(($(stat -c %s "$folder/udpnat.flatpak") / 1000)) kB"

# ---- Installing ----

# A private bus without a service for parental controls is answer enough, where there is no system
# bus.
bus ()
{
  dbus-run-session -- sh -c '
    [ -S /run/dbus/system_bus_socket ] ||
      export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
    exec "$@"' sh "$@" 2> >(grep -v '^dbus-daemon' >&2)
}
flatpak --user uninstall -y --noninteractive "$id" >/dev/null 2>&1 || true
bus flatpak --user install -y --noninteractive --bundle "$folder/udpnat.flatpak" >/dev/null 2>&1
say "installed from the bundle; what it may:"
flatpak --user info --show-permissions "$id" | sed 's/^/    /'
exports=$FLATPAK_USER_DIR/exports/share
desktop-file-validate "$exports/applications/$id.desktop" || fail "the desktop file"
[ -f "$exports/dbus-1/services/$id.service" ] || fail "no service for the bus"
for icon in scalable/apps/$id.svg symbolic/apps/$id-symbolic.svg; do
  [ -f "$exports/icons/hicolor/$icon" ] || fail "no icon $icon"
done
[ -f "$exports/mime/packages/$id.xml" ] || fail "no type for backups"
flatpak run --user --command=sh "$id" -c 'for f in /app/bin/*; do ldd "$f"; done' \
  > "$folder/scratch/ldd" 2>/dev/null
! grep 'not found' "$folder/scratch/ldd" || fail "a library is missing"
bus flatpak run --user "$id" --version
say "runs"
