#!/bin/sh
# Install Debian's Chromium for the browser tests where that can be done; otherwise say in one line that they will be skipped.
command -v chromium >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 && exit 0
fi
echo "telpunt: Chromium is not installed and could not be installed (Debian: apt install chromium); the browser tests are skipped" >&2
exit 0
