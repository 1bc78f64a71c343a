#!/bin/sh
# fetch.sh URL...: download files into the working directory. Those that are there are left alone; an interrupted
# download goes on where it was.
for url in "$@"; do
    file=${url##*/}
    [ -e "$file" ] && continue
    if ! curl --fail --location --continue-at - --output "$file.part" "$url"; then
        echo "could not fetch $url: is there a network?" >&2
        exit 1
    fi
    mv "$file.part" "$file"
done
