#!/bin/bash
# Two installed Flatpaks on two screens, which meet at the server that is in the Flatpak, and talk;
# then one of them goes on in the background, and is told of a message by the portal. Pictures of
# both are kept. In a network namespace of its own: nothing leaves the machine.
#
#     chat.sh FOLDER      that of build.sh
set -euo pipefail
folder=$(cd "$1" && pwd)
if [ -z "${UDPNAT_INSIDE:-}" ]; then
  user=(); [ "$(id -u)" = 0 ] || user=(--user --map-root-user)
  # Processes and mounts of the portals end with it, too.
  UDPNAT_INSIDE=1 exec unshare "${user[@]}" --net --mount --pid --mount-proc --kill-child --fork \
    "$0" "$folder"
fi
ip link set lo up
id=io.github.udpnat.Udpnat port=18848
export FLATPAK_USER_DIR=$folder/flatpak LC_ALL=C.UTF-8
unset DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY
work=$folder/chat; rm -rf "$work"; mkdir -p "$work"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
fail () { echo "chat: $*" >&2; tail -n 5 "$work"/*.log >&2; exit 1; }

# in_session WHO SCREEN WORD…: a desktop of their own, with portals and notifications
in_session ()
{
  HOME=$work/$1 XDG_RUNTIME_DIR=$work/$1/run DISPLAY=:$2 XDG_CURRENT_DESKTOP=GNOME \
    XDG_DATA_DIRS=$FLATPAK_USER_DIR/exports/share:/usr/local/share:/usr/share \
    dbus-run-session -- sh -c '
      [ -S /run/dbus/system_bus_socket ] || export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
      echo "$DBUS_SESSION_BUS_ADDRESS" > "$HOME/bus"
      dunst >"$HOME/dunst.log" 2>&1 &
      exec "$@"' sh "${@:3}"
}
number=70
mkdir -p "$work/server"/run; chmod 700 "$work/server/run"
HOME=$work/server XDG_RUNTIME_DIR=$work/server/run dbus-run-session -- \
  flatpak run --user --command=udpnat-server $id --ip 127.0.0.1 --port $port \
  >"$work/server.log" 2>&1 &
for who in alice bob; do
  mkdir -p "$work/$who/run"; chmod 700 "$work/$who/run"
  Xvfb :$number -screen 0 960x660x24 -nolisten tcp >"$work/$who-screen.log" 2>&1 &
  for _ in $(seq 50); do [ -S /tmp/.X11-unix/X$number ] && break; sleep 0.1; done
  in_session $who $number flatpak run --user $id --name $who --server 127.0.0.1:$port \
    >"$work/$who.log" 2>&1 &
  number=$((number + 1))
done

press () { DISPLAY=:$1 xdotool "${@:2}"; sleep 1; }
# say SCREEN WHOM TEXT: as one does with the keyboard
say ()
{
  press "$1" key ctrl+n; press "$1" type --delay 30 "$2"; press "$1" key Return
  press "$1" type --delay 30 "$3"; press "$1" key Return
}
# has WHO TEXT: waits until it is in their database
has ()
{
  for _ in $(seq 60); do
    database=$(find "$work/$1/.var/app/$id" -name udpnat.db 2>/dev/null | head -n 1)
    query="select count(*) from line where text = '$2'"
    [ -n "$database" ] && [ "$(sqlite3 "$database" "$query")" = 1 ] && return
    sleep 0.5
  done
  fail "$1 does not have: $2"
}
for screen in 70 71; do
  for _ in $(seq 150); do
    DISPLAY=:$screen xdotool search --onlyvisible --name . >/dev/null 2>&1 && break
    sleep 0.2
  done
  DISPLAY=:$screen xdotool search --onlyvisible --name . windowfocus >/dev/null ||
    fail "no window on screen $screen"
done
sleep 6  # both are online
import -display :70 -window root "$folder/flatpak-1-start.png"
say 70 bob 'Hello from a sandbox'
has bob 'Hello from a sandbox'
import -display :71 -window root "$folder/flatpak-2-asked.png"
press 71 mousemove 57 152 click 1  # Accept
say 71 alice 'Hello from another one'
has alice 'Hello from another one'
sleep 1
import -display :70 -window root "$folder/flatpak-3-alice.png"
import -display :71 -window root "$folder/flatpak-4-bob.png"
# What the notifications of bob's desktop say.
told () { DBUS_SESSION_BUS_ADDRESS=$(cat "$work/bob/bus") dunstctl history 2>>"$work/told.log"; }
press 71 key ctrl+w
sleep 2
say 70 bob 'While your window is closed'
has bob 'While your window is closed'
sleep 1
import -display :71 -window root "$folder/flatpak-5-told.png"
for _ in $(seq 40); do
  told | grep -q 'While your window is closed' && break
  DBUS_SESSION_BUS_ADDRESS=$(cat "$work/bob/bus") dunstctl close-all 2>/dev/null || true
  sleep 0.5
done
told > "$work/told.json"
grep -q 'While your window is closed' "$work/told.json" || fail "bob is not told of the message"
echo "chat: each has in their sandbox what the other said; pictures: $folder/flatpak-*.png"
