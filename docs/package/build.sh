#!/bin/sh
# Makes the .deb and the .rpm of a built program, of one staged tree. Both hold the same files but for zsh's completion, whose folder
# differs. Times come from the last commit, so that the same program gives the same packages.
#
# Usage: docs/package/build.sh PROGRAM DIR     (needs dpkg-deb and rpmbuild)
set -eu
umask 022
project=$(cd "$(dirname "$0")/../.." && pwd)
program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
package="$project/docs/package"
version=$("$program" --version | cut -d ' ' -f 2)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

fail() { printf 'package: %s\n' "$*" >&2; exit 1; }

# The C library of RHEL 9 is 2.34; a program that was linked on a newer system may need more, and would not start there.
newest=$(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
[ "$(printf '%s\n2.34\n' "$newest" | sort -V | tail -n 1)" = 2.34 ] \
  || fail "$program needs glibc $newest, and RHEL 9 has 2.34; build on Debian 12 or RHEL 9"
libraries=$(objdump -p "$program" | sed -n 's/^ *NEEDED *//p' | grep -v -E '^(lib(c|m|gcc_s)\.so|ld-linux)' || true)
[ -z "$libraries" ] || fail "$program needs libraries beside the C library: $libraries; build it with --features vendored"

# pages TREE : a man page for the program and each of its commands.
pages() {
  man="$1/usr/share/man/man1"
  mkdir -p "$man"
  "$program" man >"$man/mirrorwatch.1"
  for command in $(sed -n 's/^mirrorwatch\\-\([a-z]*\)(1)$/\1/p' "$man/mirrorwatch.1"); do
    [ "$command" = help ] || "$program" man "$command" >"$man/mirrorwatch-$command.1"
  done
  gzip -9n "$man"/*.1
}

# stage TREE ZSH : what is installed, with zsh's completion in the folder ZSH.
stage() {
  rm -rf "$1"
  install -D -m 0755 "$program" "$1/usr/bin/mirrorwatch"
  strip "$1/usr/bin/mirrorwatch"
  install -D -m 0644 "$package/mirrorwatch.service" "$1/usr/lib/systemd/system/mirrorwatch.service"
  install -D -m 0644 -t "$1/etc/mirrorwatch" "$package/mirrorwatch.yml" "$package/mirrorwatch.env"
  mkdir -p "$1/usr/share/mirrorwatch" "$1/usr/share/doc/mirrorwatch/docs"
  (cd "$project" && cp -R rules alerts dashboards "$1/usr/share/mirrorwatch/" && cp README.md CHANGELOG.md "$1/usr/share/doc/mirrorwatch/" \
    && cp -R docs/*.* docs/dashboards "$1/usr/share/doc/mirrorwatch/docs/")
  install -m 0644 "$project/LICENSE" "$1/usr/share/doc/mirrorwatch/copyright"
  pages "$1"
  mkdir -p "$1/usr/share/bash-completion/completions" "$1/usr/share/fish/vendor_completions.d" "$1$2"
  "$program" completions bash >"$1/usr/share/bash-completion/completions/mirrorwatch"
  "$program" completions fish >"$1/usr/share/fish/vendor_completions.d/mirrorwatch.fish"
  "$program" completions zsh >"$1$2/_mirrorwatch"
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

deb() {
  tree="$out/deb"
  stage "$tree" /usr/share/zsh/vendor-completions
  # Debian 12 still looks for units below /lib in a root whose /usr is not merged.
  mkdir -p "$tree/lib/systemd/system"
  mv "$tree/usr/lib/systemd/system/mirrorwatch.service" "$tree/lib/systemd/system/"
  rm -r "$tree/usr/lib"
  install -d "$tree/DEBIAN"
  install -m 0755 "$package/postinst" "$package/prerm" "$package/postrm" "$tree/DEBIAN/"
  (cd "$tree" && find etc -type f | sed 's#^#/#' | sort) >"$tree/DEBIAN/conffiles"
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -print | sed 's#^\./##' | sort | xargs md5sum) >"$tree/DEBIAN/md5sums"
  cat >"$tree/DEBIAN/control" <<CONTROL
Package: mirrorwatch
Version: $version
Architecture: amd64
Maintainer: mirrorwatch <mirrorwatch@example.org>
Installed-Size: $(du -sk --exclude DEBIAN "$tree" | cut -f 1)
Depends: ca-certificates, libc6 (>= 2.34), libgcc-s1, passwd
Section: admin
Priority: optional
Homepage: https://example.org/mirrorwatch
Description: watches Kafka MirrorMaker 2 on Kafka Connect
 An exporter for Prometheus that polls Kafka Connect, Jolokia and Kafka and
 sends canary records through MirrorMaker 2, and an evaluator that judges
 resilience tests by its evidence.
CONTROL
  dpkg-deb --root-owner-group -Zxz -z6 --build "$tree" "$out/mirrorwatch_${version}_amd64.deb"
}

rpm() {
  stage "$out/rpm" /usr/share/zsh/site-functions
  cp "$package/mirrorwatch.spec" "$out/mirrorwatch.spec"
  { for part in post:postinst preun:prerm postun:postrm; do printf '\n%%%s\n' "${part%:*}"; sed 1d "$package/${part#*:}"; done; } >>"$out/mirrorwatch.spec"
  rpmbuild -bb --quiet --target x86_64 --define "version $version" --define "tree $out/rpm" --define "_topdir $out/rpmbuild" \
    --define "_rpmdir $out" --define "_build_name_fmt %%{name}-%%{version}-%%{release}.%%{arch}.rpm" --define "_binary_payload w6.xzdio" \
    --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" "$out/mirrorwatch.spec"
}

deb
rpm
ls -l "$out"/*.deb "$out"/*.rpm
