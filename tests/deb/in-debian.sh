#!/bin/sh
# in-debian.sh STEP: what test-deb.sh looks at in its Debian; writes "ok FACT" or "not ok FACT" to
# /test/out/facts.

out=/test/out
state=/var/lib/udpnat-server
unit=udpnat-server.service

# fact NAME COMMAND…
fact ()
{
  name=$1; shift
  if answer=$("$@" 2>&1); then
    echo "ok $step/$name" >> $out/facts
  else
    { echo "not ok $step/$name"; echo "$answer" | head -n 20 | sed 's/^/# /'; } >> $out/facts
  fi
}

no () { ! "$@"; }

# soon COMMAND…: it becomes true within half a minute
soon ()
{
  for _ in $(seq 60); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.5
  done
  "$@"
}

is_active () { systemctl is-active -q $unit; }
is_failed () { systemctl is-failed -q $unit; }
property () { systemctl show -P "$1" $unit; }
is_property () { value=$(property "$1"); echo "$1=$value"; [ "$value" = "$2" ]; }
says () { text=$("$@"); echo "$text"; echo "$text" | grep -q "$wanted"; }
key () { journalctl -q -u $unit -o cat | sed -n 's/.*(key \([^)]*\)).*/\1/p' | tail -n 1; }
# TCP and UDP ports that somebody listens on; 443 is 01BB
has_port () { grep -qi ":$1 " /proc/net/"$2" /proc/net/"$2"6; }
leaves_nothing ()
{
  found=$(find / -xdev \( -path /test -o -path /proc -o -path /usr/share/doc/udpnat \) -prune -o \
    -name '*udpnat*' ! -name 'udpnat-test*' -print | grep -v '^/var/log/')
  echo "$found"
  [ -z "$found" ]
}

without_init ()
{
  fact program-starts udpnat-server --version
  fact configuration-is-good udpnat-server --check-config
  wanted='as /etc/udpnat/server.conf says'
  fact configuration-is-found says udpnat-server --check-config
  fact manual test -f /usr/share/man/man1/udpnat-server.1.gz
  fact is-enabled systemctl is-enabled $unit
}

clients ()
{
  fact window-starts udpnat --version
  wanted='udpnat-cli'
  fact terminal-starts says udpnat-cli --version
  wanted='a note'
  udpnat-cli --profile /test/profile --lan --name alice note 'a note to oneself' > /dev/null 2>&1
  fact terminal-keeps says udpnat-cli --profile /test/profile history me
  rm -rf /test/profile
  id=io.github.udpnat.Udpnat
  for file in applications/$id.desktop metainfo/$id.metainfo.xml mime/packages/$id.xml \
      icons/hicolor/scalable/apps/$id.svg dbus-1/services/$id.service \
      locale/zh_CN/LC_MESSAGES/udpnat.mo man/man1/udpnat.1.gz man/man1/udpnat-cli.1.gz \
      doc/udpnat-cli/examples/echo-bot.py; do
    fact "has-${file##*/}" test -f /usr/share/$file
  done
  fact settings-are-known grep -a -q $id /usr/share/glib-2.0/schemas/gschemas.compiled
}

purged ()
{
  fact leaves-nothing leaves_nothing
}

booted ()
{
  fact installs dpkg -i /test/udpnat-server_*.deb
  fact runs-by-itself is_active
  wanted='0 people online'
  fact says-how-many says property StatusText
  fact user-is-not-root test "$(stat -c %u "/proc/$(property MainPID)")" -gt 1000
  fact key-is-private test "$(stat -c %a $state/server.key)" = 600
  fact state-is-a-link test -L $state
  wanted='People online'
  fact tells-by-status says udpnat-server --status --state-dir $state
  fact tells-why-by-journal test -n "$(key)"
  fact watchdog-is-set is_property WatchdogUSec 1min
  fact listens has_port 2290 udp
  fact second-port has_port 2291 udp
  fact tunnel has_port 2290 tcp
  fact not-443 no has_port 01BB tcp
  first=$(key)

  systemctl kill -s SEGV $unit
  sleep 1
  fact comes-back-after-a-crash soon is_active
  fact counts-it is_property NRestarts 1

  # what WatchdogSec= is for, in less time
  mkdir -p /run/systemd/system/$unit.d
  printf '[Service]\nWatchdogSec=2\n' > /run/systemd/system/$unit.d/watchdog.conf
  systemctl daemon-reload
  systemctl restart $unit
  sleep 5
  fact is-alive-to-the-watchdog is_property NRestarts 0
  systemctl kill -s STOP $unit
  fact hanging-is-noticed soon is_property NRestarts 1
  fact comes-back-after-hanging soon is_active
  rm -r /run/systemd/system/$unit.d
  systemctl daemon-reload

  printf '[server]\nport=70000\n' > /etc/udpnat/server.conf
  systemctl restart $unit
  sleep 7 # longer than RestartSec=
  fact wrong-configuration-fails is_failed
  fact and-is-not-tried-again is_property NRestarts 0
  wanted='server.conf:2: port=70000'
  fact and-says-why says journalctl -q -u $unit -o cat
  printf '[server]\nport=9000\n' > /etc/udpnat/server.conf
  systemctl reset-failed $unit
  systemctl start $unit
  fact other-port has_port 2328 udp
  rm /etc/udpnat/server.conf
  systemctl restart $unit
  fact without-the-file has_port 2290 udp

  mkdir -p /etc/systemd/system/$unit.d
  sed -n '\,^    # /etc/systemd/system/udpnat-server.service.d/443.conf,,/^$/s/^    //p' \
    /test/OPERATIONS.md > /etc/systemd/system/$unit.d/443.conf
  systemctl daemon-reload
  systemctl restart $unit
  fact with-443 has_port 01BB tcp
  rm -r /etc/systemd/system/$unit.d
  systemctl daemon-reload

  # a certificate that only root may read, as OPERATIONS.md has it; the server's own will do
  cp $state/tunnel.pem /root/some.pem
  mkdir -p /etc/systemd/system/$unit.d
  printf '[Service]\nLoadCredential=%s\nLoadCredential=%s\n' tls-cert:/root/some.pem \
    tls-key:/root/some.pem > /etc/systemd/system/$unit.d/certificate.conf
  printf '[server]\ntls-cert=%s\ntls-key=%s\n' "/run/credentials/$unit/tls-cert" \
    "/run/credentials/$unit/tls-key" > /etc/udpnat/server.conf
  rm $state/tunnel.pem
  systemctl daemon-reload
  systemctl restart $unit
  fact with-a-certificate has_port 2290 tcp
  fact none-of-its-own-then test ! -e $state/tunnel.pem
  rm -r /etc/systemd/system/$unit.d /etc/udpnat/server.conf
  systemctl daemon-reload
  systemctl restart $unit

  fact upgrades dpkg -i --force-confmiss /test/udpnat-server_*.deb
  fact runs-after-it is_active
  fact same-key test -n "$first" -a "$(key)" = "$first"
  systemctl stop $unit
  fact stops is_property Result success
  systemctl start $unit
  fact removes dpkg -r udpnat-server
  fact ended no pgrep_udpnat
  fact keeps-the-key test -f $state/server.key
  fact keeps-the-configuration test -f /etc/udpnat/server.conf
  fact purges dpkg -P udpnat-server
  fact leaves-nothing leaves_nothing
  journalctl -q -u $unit > $out/journal
  echo end >> $out/facts
}

pgrep_udpnat () { grep -l '^udpnat-server$' /proc/[0-9]*/comm; }

step=$1
case $step in
  without-init) without_init ;;
  purged | clients-purged) purged ;;
  clients) clients ;;
  booted) booted ;;
esac
