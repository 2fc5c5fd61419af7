#!/bin/sh
# Install Debian's Chromium and nginx for the tests that use them, where that can be done; otherwise say in one line what will be skipped.
missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >/dev/null 2>&1
    # One by one, so that one that is not to be had does not keep the other away; no service is started.
    for package in $missing; do
        DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
            echo "telpunt: $package could not be installed (Debian: apt install $package); its tests are skipped" >&2
    done
else
    echo "telpunt: not installed and cannot be installed here:$missing (Debian: apt install $missing); their tests are skipped" >&2
fi
exit 0
