#!/bin/bash
# Makes stand-ins for org.gnome.Platform and org.gnome.Sdk out of Debian packages, where the real
# ones cannot be had: an OSTree repository that `flatpak install` takes. Needs apt, dpkg, bwrap,
# ostree, flatpak, and the package source of this machine; no root.
#
#     make-runtime.sh FOLDER
#
# FOLDER/repo is the repository. SUITE (trixie) is the Debian that it is made of, BRANCH (50) only a
# label: that which the manifest asks for.
set -euo pipefail
out=$(mkdir -p "$1" && cd "$1" && pwd)
SUITE=${SUITE:-trixie} BRANCH=${BRANCH:-50}
MIRROR=${MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \([^[][^ ]*\) .*/\1/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true)}
LOCALES=${LOCALES:-en_US de_DE zh_CN}
PLATFORM=${PLATFORM:-org.gnome.Platform} SDK=${SDK:-org.gnome.Sdk}
arch=$(dpkg --print-architecture)
case $arch in amd64) farch=x86_64 multi=x86_64-linux-gnu;;
              arm64) farch=aarch64 multi=aarch64-linux-gnu;;
              *) echo "unknown architecture $arch" >&2; exit 1;; esac
t0=$SECONDS
say() { printf '[%3ds] %s\n' $((SECONDS - t0)) "$*"; }

# ---------------------------------------------------------------- package lists
# What the real org.gnome.Platform carries and the program may rely on.  Not
# libsodium, not hiredis: the real one has neither, so the manifest must bring them.
plat_pkgs="bash dash coreutils libc-bin sed grep findutils mawk ca-certificates
 libgtk-4-1 libgtk-4-common libgtk-4-bin libadwaita-1-0 libsqlite3-0 libglib2.0-bin
 fontconfig fontconfig-config fonts-cantarell adwaita-icon-theme hicolor-icon-theme
 shared-mime-info gsettings-desktop-schemas librsvg2-2 librsvg2-common libgdk-pixbuf2.0-bin
 gtk-update-icon-cache dconf-gsettings-backend glib-networking
 libgl1 libegl1 libgnutls30t64 libsecret-1-0 libjson-glib-1.0-0 fonts-noto-cjk
 libgtk-4-media-gstreamer gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
sdk_pkgs="libgtk-4-dev libadwaita-1-dev libsqlite3-dev libgnutls28-dev libsecret-1-dev
 libjson-glib-dev gcc libc6-dev make patch
 meson ninja-build gettext pkgconf desktop-file-utils appstream libglib2.0-dev-bin
 appstream-compose file tar gzip xz-utils diffutils gawk autoconf automake libtool
 elfutils debugedit locales strace"
# Dependencies that apt would pull in but that nothing here needs at run time.
# (Nothing is configured by dpkg, so an unmet dependency does no harm.)
skip='libllvm[0-9].* libz3-.* mesa-.* libgl1-mesa-dri libgallium.* libegl-mesa0 libglx-mesa0
 libdrm-(amdgpu|intel|nouveau|radeon).* libicu-dev icu-devtools
 lib(asan|tsan|lsan|hwasan|ubsan)[0-9]+ libgprofng.* systemd.* udev libsystemd-shared
 perl-doc libperl.*-doc dpkg dpkg-dev apt man-db libxml2-dev libssl-dev gir1\.2-.*-dev
 .*-doc login.* passwd util-linux mount adduser init.* cron python3-setuptools
 python3-pkg-resources media-types libdebuginfod.* sensible-utils tzdata ucf debconf'
skip_re="^($(printf '%s' "$skip" | tr -s ' \n' '|'))\$"

# ------------------------------------------------------- private apt, no root db
apt=$out/apt
mkdir -p "$apt"/{lists/partial,empty/partial,etc/preferences.d,etc/apt.conf.d} "$out/debs/partial"
: > "$apt/status"
cat > "$apt/sources.list" <<E
deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main
E
apt-config dump Acquire > "$apt/apt.conf"      # the machine's proxy and validity settings
cat >> "$apt/apt.conf" <<E
Dir::Etc::Parts "$apt/etc/apt.conf.d";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::PreferencesParts "$apt/etc/preferences.d";
Dir::Etc::Preferences "-";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache::pkgcache "$apt/pkgcache.bin";
Dir::Cache::srcpkgcache "$apt/srcpkgcache.bin";
Dir::Cache::archives "$out/debs";
Dir::Log "$apt";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Debug::NoLocking "true";
E
export APT_CONFIG=$apt/apt.conf LC_ALL=C.UTF-8
say "apt-get update ($SUITE)"
apt-get -qq update
# flatpak-builder 1.2 (Debian 12) runs appstream-compose of the SDK; 1.3.4 and later run
# `appstreamcli compose` of the host.  Suites after trixie have no appstream-util any more.
if apt-cache show appstream-util > /dev/null 2>&1; then sdk_pkgs="$sdk_pkgs appstream-util"; fi
# --print-uris leaves out what is already in the archive cache, so give it an empty one
resolve() { apt-get -qq -y --print-uris -o Dir::Cache::archives="$apt/empty" install "$@" \
  | sed -n "s/^'\([^']*\)' \([^ ]*\) .*/\2/p" | sed 's/^\([^_]*\)_/\1 \1_/' \
  | grep -Ev "$(echo "$skip_re" | sed 's/\$$/ /')" | awk '{print $2}' | sort; }
# shellcheck disable=SC2086
resolve $plat_pkgs > "$out/platform.list"
# shellcheck disable=SC2086
resolve $plat_pkgs $sdk_pkgs > "$out/all.list"
comm -13 "$out/platform.list" "$out/all.list" > "$out/sdk-only.list"
say "packages: platform $(wc -l < "$out/platform.list"), sdk adds $(wc -l < "$out/sdk-only.list")"

# download just what is used (apt-get download keeps what is already there)
# file name -> package=version
need=$(while read -r f; do [ -s "$out/debs/$f" ] || echo "$f"; done < "$out/all.list" \
  | sed 's/_[^_]*$//; s/%3a/:/g; s/_/=/')
if [ -n "$need" ]; then
  # shellcheck disable=SC2086
  (cd "$out/debs" && apt-get -qq download $need)
fi
say "downloaded: $(du -sm "$out/debs" | cut -f1) MB of .deb files"

# ------------------------------------------------------------------- unpacking
cat > "$out/exclude" <<E
./usr/share/doc/*
./usr/share/man/*
./usr/share/info/*
./usr/share/locale/*
./usr/share/gir-1.0/*
./usr/lib/$multi/gir-1.0/*
./usr/share/lintian/*
./usr/share/bug/*
./usr/share/vulkan/*
./usr/share/zsh/*
./usr/share/gtk-doc/*
./usr/share/help/*
./usr/lib/systemd/*
./usr/share/icons/hicolor/*/apps/org.gtk.*
./usr/share/fonts/cmap/*
./usr/libexec/gcc/*/*/lto1
./usr/lib/gcc/*/*/liblto_plugin.a
./usr/lib/gcc/*/*/lib*san.a
./usr/share/i18n/locales/*_*@*
E
unpack() { # ROOT LIST
  mkdir -p "$1"/usr/{bin,sbin,lib,lib64} "$1/etc"
  for d in bin sbin lib lib64; do ln -sfn usr/$d "$1/$d"; done
  while read -r f; do
    dpkg-deb --fsys-tarfile "$out/debs/$f" | tar -x -C "$1" --no-same-owner \
      --no-same-permissions --keep-directory-symlink --exclude-from="$out/exclude"
  done < "$2"
  # flatpak wants no device nodes, no setuid bits, everything readable
  find "$1/usr" "$1/etc" -perm /6000 -exec chmod ug-s {} +
  chmod -R u+rwX,go+rX "$1/usr" "$1/etc"
}
rm -rf "$out/platform" "$out/sdk"
unpack "$out/platform" "$out/platform.list"
cp -al "$out/platform" "$out/sdk"     # hard links; tar replaces files, never writes into them
unpack "$out/sdk" "$out/sdk-only.list"
say "unpacked: $(du -sm "$out/platform" "$out/sdk" | cut -f1 | paste -sd ' ') MB"

# -------------------------- what the packages' postinst scripts would have done
inroot() { # ROOT SCRIPT
  bwrap --unshare-all --die-with-parent --bind "$1/usr" /usr --bind "$1/etc" /etc \
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib \
    --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp --tmpfs /var \
    --setenv PATH /usr/sbin:/usr/bin --setenv LC_ALL C.UTF-8 /bin/bash -euc "$2" sh "${@:3}"; }
# shellcheck disable=SC2016
configure='
multi=$1
ln -sf mawk /usr/bin/awk
[ -e /usr/bin/gawk ] && ln -sf gawk /usr/bin/awk
[ -e /usr/bin/gcc ] && ln -sf gcc /usr/bin/cc  # an alternative, which postinst makes
for t in automake aclocal; do
  for f in /usr/bin/$t-1.*; do [ -e "$f" ] && ln -sf "${f##*/}" /usr/bin/$t; done
done
ln -sfn bash /usr/bin/sh
ln -sf ../sbin/ldconfig /usr/bin/ldconfig     # flatpak runs ldconfig with PATH=/app/bin:/usr/bin
rm -f /usr/share/glib-2.0/schemas/gschemas.compiled
glib-compile-schemas /usr/share/glib-2.0/schemas 2>/dev/null
L=/usr/lib/$multi
$L/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders > /tmp/l
cp --remove-destination /tmp/l $L/gdk-pixbuf-2.0/2.10.0/loaders.cache
gio-querymodules $L/gio/modules 2>/dev/null || $L/glib-2.0/gio-querymodules $L/gio/modules
update-mime-database /usr/share/mime 2>/dev/null
for t in Adwaita hicolor; do
  gtk-update-icon-cache -qtf /usr/share/icons/$t || gtk4-update-icon-cache -qtf /usr/share/icons/$t
done
mkdir -p /usr/share/runtime/locale /usr/lib/locale
if [ -e /usr/bin/localedef ] && [ -d /usr/share/i18n/charmaps ]; then
  for l in $2; do localedef -i "$l" -f UTF-8 --no-archive "$l.UTF-8"; done
  rm -rf /usr/share/i18n
fi
'
for r in platform sdk; do
  # these files are rewritten in place by the tools below; un-share them first
  inroot "$out/$r" "$configure" "$multi" "$LOCALES"
done
for l in $LOCALES; do cp -al "$out/sdk/usr/lib/locale/$l.utf8" "$out/platform/usr/lib/locale/"; done
say "configured"

# ------------------------------------------------------- does it hang together?
# shellcheck disable=SC2016
inroot "$out/platform" '
L=/usr/lib/$1
bad=$(for f in $L/lib{gtk-4,adwaita-1,sqlite3}.so.* $L/gdk-pixbuf-2.0/*/loaders/*.so \
    $L/gio/modules/*.so; do
  ldd "$f" 2>/dev/null | sed -n "s|^\(.*not found\)|$f:\1|p"; done)
[ -z "$bad" ] || { echo "libraries missing in the platform: $bad" >&2; exit 1; }' "$multi"
inroot "$out/sdk" 'pkg-config --exists --print-errors gtk4 libadwaita-1 sqlite3 gio-unix-2.0 \
  gnutls libsecret-1 json-glib-1.0'

# ca certificates as one file, the way the real runtime has them
for r in platform sdk; do
  mkdir -p "$out/$r/etc/ssl/certs"
  rm -f "$out/$r/etc/ssl/certs/ca-certificates.crt"
  cat "$out/$r"/usr/share/ca-certificates/mozilla/*.crt \
    > "$out/$r/etc/ssl/certs/ca-certificates.crt"
done

if ! [ -e "$out/sdk/usr/bin/appstream-compose" ]; then
  # stand-in for the old tool: takes --prefix= --basename= --origin= ID
  cat > "$out/sdk/usr/bin/appstream-compose" <<'E'
#!/bin/sh
prefix=/app
for a; do case $a in --prefix=*) prefix=${a#*=};; --*) ;; *) id=$a;; esac; done
t=$(mktemp -d) && mkdir -p "$t/share/metainfo" || exit 1
for d in applications icons; do
  [ -d "$prefix/share/$d" ] && cp -r "$prefix/share/$d" "$t/share/$d"
done
cp "$prefix/share/appdata/$id".* "$prefix/share/metainfo/$id".* "$t/share/metainfo/" 2>/dev/null
for f in "$t"/share/metainfo/*.appdata.xml; do
  [ -e "$f" ] && mv "$f" "${f%.appdata.xml}.metainfo.xml"
done
exec appstreamcli compose --prefix=/ --origin=flatpak --result-root="$prefix" --components="$id" \
  --data-dir="$prefix/share/app-info/xmls" --icons-dir="$prefix/share/app-info/icons/flatpak" "$t"
E
  chmod 755 "$out/sdk/usr/bin/appstream-compose"
fi

# ------------------------------------------------- the shape flatpak asks for
# what flatpak-builder takes from the SDK as the defaults of every module
cat > "$out/defaults.json" <<'E'
{ "cflags": "-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2",
  "ldflags": "-L/app/lib -Wl,-z,relro,-z,now" }
E
shape() { # ROOT NAME
  local tree=$out/tree-$2
  rm -rf "$tree"; mkdir -p "$tree/files"      # build-export wants files/ even for --runtime
  mv "$1/usr" "$tree/usr"
  mv "$1/etc" "$tree/usr/etc"
  rm -rf "$1"
  cat > "$tree/usr/etc/fonts/conf.d/90-app-fonts.conf" <<'E'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/app/share/fonts</dir></fontconfig>
E
  # /etc files that flatpak provides itself, and what only a real system uses
  (cd "$tree/usr/etc" && rm -rf passwd* group* shadow* gshadow* resolv.conf hosts hostname \
     fstab machine-id mtab rc?.d init.d cron* systemd udev ld.so.cache ld.so.conf.d apt dpkg \
     alternatives)
  # flatpak writes its own ld.so.conf (with /app/lib) only over an EMPTY file; with Debian's
  # file left in place no library of the application is ever found
  : > "$tree/usr/etc/ld.so.conf.new" && mv "$tree/usr/etc/ld.so.conf.new" "$tree/usr/etc/ld.so.conf"
  mkdir -p "$tree/usr/etc/flatpak-builder"
  [ "$2" = "$SDK" ] && cp "$out/defaults.json" "$tree/usr/etc/flatpak-builder/"
  cat > "$tree/metadata" <<E
[Runtime]
name=$2
runtime=$PLATFORM/$farch/$BRANCH
sdk=$SDK/$farch/$BRANCH
E
}
shape "$out/platform" "$PLATFORM"
shape "$out/sdk" "$SDK"

# ------------------------------------------------------------------- the repo
# bare-user-only: objects are plain files, `flatpak install` from it hard-links
# them instead of unpacking an archive, and it works for root and others alike.
rm -rf "$out/repo"
ostree init --repo="$out/repo" --mode=bare-user-only
for n in "$PLATFORM" "$SDK"; do
  flatpak build-export --disable-sandbox --runtime --no-update-summary \
    --timestamp=2025-01-01T00:00:00Z "$out/repo" "$out/tree-$n" "$BRANCH" > /dev/null
  say "exported $n//$BRANCH"
done
flatpak build-update-repo --no-update-appstream "$out/repo" > /dev/null 2>&1 ||
  ostree summary -u --repo="$out/repo"
[ -n "${KEEP_TREES:-}" ] || rm -rf "$out"/tree-*
rm -rf "$apt"
say "repo $(du -sm "$out/repo" | cut -f1) MB, all of $out $(du -sm "$out" | cut -f1) MB"
