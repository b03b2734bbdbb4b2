#!/usr/bin/env bash
# Installs what a build needs: Swift 6.2 or later and the -dev packages of the C libraries. With --test also the
# Python environment in .venv that holds the programs the tests compare us with. Safe to run again: it looks first.
set -euo pipefail
cd "$(dirname "$0")/.."

want_test=no
case "${1:-}" in
  "") ;;
  --test) want_test=yes ;;
  *) echo "usage: tools/setup.sh [--test]" >&2; exit 2 ;;
esac

packages=(build-essential pkg-config libzstd-dev liblz4-dev zlib1g-dev libxxhash-dev libssl-dev libyaml-dev
  libedit-dev libre2-dev curl)
[ "$want_test" = yes ] && packages+=(python3 python3-venv strace)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
# A Python of another origin serves as well as Debian's, if it can make environments.
if [ "${#missing[@]}" -gt 0 ] && python3 -c 'import venv, ensurepip' 2>/dev/null; then
  kept=()
  for package in "${missing[@]}"; do
    case "$package" in python3|python3-venv) ;; *) kept+=("$package") ;; esac
  done
  missing=("${kept[@]+"${kept[@]}"}")
fi
if [ "${#missing[@]}" -gt 0 ]; then
  line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  echo "setup: installing ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive sh -c "$line" >/dev/null
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive sh -c "$line" >/dev/null
  else
    echo "setup: needs packages and may not install them; type: sudo sh -c '$line'" >&2
    exit 1
  fi
fi

swift_is_new_enough() {
  command -v swift >/dev/null || return 1
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -1)
  [ -n "$version" ] || return 1
  set -- $version
  [ "$1" -gt 6 ] || { [ "$1" = 6 ] && [ "$2" -ge 2 ]; }
}

# swiftly is the Swift project's own installer; tools/run and tools/test read its environment file too.
swiftly_environment="${SWIFTLY_HOME_DIR:-$HOME/.local/share/swiftly}/env.sh"
if ! swift_is_new_enough && [ -f "$swiftly_environment" ]; then . "$swiftly_environment"; fi
if ! swift_is_new_enough; then
  echo "setup: installing Swift with swiftly"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  if curl -fsSL "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz" | tar -xz -C "$scratch" 2>/dev/null &&
    "$scratch/swiftly" init --assume-yes --quiet-shell-followup &&
    . "$swiftly_environment" && swift_is_new_enough; then
    echo "setup: $(swift --version 2>/dev/null | head -1)"
  else
    echo "setup: install Swift 6.2 or later (https://www.swift.org/install/linux) so that 'swift --version' shows it, then run this again" >&2
    exit 1
  fi
fi

if [ "$want_test" = yes ]; then
  stamp=.venv/requirements.installed
  if ! cmp -s tools/requirements-test.txt "$stamp"; then
    echo "setup: Python environment in .venv (about 1 GB)"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r tools/requirements-test.txt
    cp tools/requirements-test.txt "$stamp"
  fi
fi
