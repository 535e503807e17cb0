#!/usr/bin/env bash
# Prepares this machine: Python 3.11, the few system libraries that the wheels do not carry, and
# .venv/ with exactly the packages of requirements.lock. Run by `make setup`; safe to run again.
# As root on Debian or Ubuntu it installs what is missing; otherwise it prints the command and stops.
# `setup.sh test-tools` installs what only the tests need beside it: a browser and a type checker.
set -euo pipefail
cd "$(dirname "$0")/.."

# Shared library that a wheel loads, and Debian's package that has it.
LIBRARIES="
libusb-1.0.so.0    libusb-1.0-0
libGL.so.1         libgl1
libEGL.so.1        libegl1
libglib-2.0.so.0   libglib2.0-0
libX11.so.6        libx11-6
libgomp.so.1       libgomp1
libstdc++.so.6     libstdc++6
libudev.so.1       libudev1
libpango-1.0.so.0  libpango-1.0-0
libpangoft2-1.0.so.0 libpangoft2-1.0-0
libharfbuzz-subset.so.0 libharfbuzz-subset0
"
# Program that the tests drive, and Debian's package that has it.
TEST_TOOLS="
chromium chromium
tsc      node-typescript
dciodvfy dicom3tools
"
VENV=.venv

say() { printf '%s\n' "$*" >&2; }

is_python_311() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in "${PYTHON:-python3.11}" python3.11 python3 /usr/bin/python3.11; do
        if is_python_311 "$name"; then
            command -v "$name"
            return
        fi
    done
}

missing_packages() {
    local loaded library package
    [ -n "$(find_python)" ] || printf '%s\n' python3.11 python3.11-venv
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] ||
        echo ca-certificates
    loaded=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    while read -r library package; do
        [ -z "$library" ] || [[ $loaded == *"$library "* ]] || echo "$package"
    done <<<"$LIBRARIES"
}

missing_tools() {
    local program package
    while read -r program package; do
        [ -z "$program" ] || command -v "$program" >/dev/null || echo "$package"
    done <<<"$TEST_TOOLS"
}

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    say "This lock is for Linux x86-64; this machine is $(uname -s) $(uname -m)."
    say "  what to do: on another machine install the dependencies of pyproject.toml yourself."
    exit 1
fi

install() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "Installing system packages: $*"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq </dev/null
        apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
    else
        say "System packages are missing, and only root may install them. On Debian or Ubuntu run:"
        say "    sudo apt-get update && sudo apt-get install --no-install-recommends -y $*"
        say "then \`make\` again. Elsewhere install what corresponds to them."
        exit 1
    fi
}

if [ "${1-}" = test-tools ]; then
    mapfile -t packages < <(missing_tools)
    install "${packages[@]}"
    exit
fi

mapfile -t packages < <(missing_packages)
install "${packages[@]}"

python=$(find_python)
if [ -z "$python" ]; then
    say "Python 3.11 with its venv module is needed and was not found (python3.11 on PATH, or"
    say "PYTHON=/path/to/python3.11 make setup)."
    exit 1
fi

if ! is_python_311 "$VENV/bin/python"; then
    say "Creating $VENV with $python"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
fi

say "Installing the packages of requirements.lock (about 1.5 GB on disk; minutes the first time)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
    --only-binary :all: --require-hashes -r requirements.lock </dev/null
"$VENV/bin/python" -m pip check >/dev/null

# A library that is missing shows here, and not in the middle of a session.
"$VENV/bin/python" -c 'import cv2, imagecodecs, onnxruntime, open3d, pyrealsense2, scipy' || {
    say "A package was installed and does not load (see above): a system library is missing."
    exit 1
}
# The measurement's loops and the packages are compiled once, beside one another, so that no session
# waits for it.
say "Compiling the measurement's loops and the packages"
"$VENV/bin/python" -m compileall -q "$VENV/lib" &
compiling=$!
trap 'kill $(jobs -pr) 2>/dev/null || true' EXIT # whatever ends this, nothing goes on behind it
find tracking models recordings pipeline -name '*.nb[ic]' -delete
"$VENV/bin/python" -c 'import pipeline.measurer; from tracking.compiled import load_loops; load_loops()'
wait "$compiling" || {
    say "A package could not be compiled (see above)."
    exit 1
}
say "Ready: $VENV/bin/python"
