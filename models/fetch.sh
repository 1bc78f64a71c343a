#!/bin/sh
# fetch.sh URL...: download files into the working directory, with curl or else wget. Those that are there are left alone;
# an interrupted download goes on where it was. Each must have the size that the server says and, where a SHA256SUMS in
# the folder lists it, that checksum.
fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

if command -v curl >/dev/null; then
    headers() { curl --fail --silent --location --connect-timeout 20 --head "$1"; }
    download() { curl --fail --location --continue-at - --output "$2" "$1"; }
elif command -v wget >/dev/null; then
    headers() { wget --quiet --tries 1 --timeout 20 --spider --server-response "$1" 2>&1; }
    download() { wget --continue --output-document "$2" "$1"; }
else
    fail "needs curl or wget"
fi

# The value of a header in the last answer: those of redirections come before.
value() {
    printf '%s\n' "$answer" | tr -d '\r' | awk -v name="$1:" 'tolower($1) == name { value = $2 } END { print value }'
}

bytes() {
    if [ -e "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi
}

fetch() {
    answer=$(headers "$1")
    case $? in
        0) ;;
        8 | 22) fail "the server refuses $1" ;;
        *) fail "cannot reach $1: is there a network?" ;;
    esac
    part=$2.part size=$(value content-length) sum=$(awk -v file="$2" '$2 == file { print $1 }' SHA256SUMS 2>/dev/null)
    if [ "$(value accept-ranges)" != bytes ] || [ "$(bytes "$part")" -gt "${size:-0}" ]; then
        rm -f "$part"  # begin anew what cannot be gone on with
    fi
    [ "$(bytes "$part")" = "$size" ] || download "$1" "$part" || fail "$1 broke off: the same command goes on with it"
    [ "$(bytes "$part")" = "${size:-$(bytes "$part")}" ] || fail "$2 has $(bytes "$part") instead of $size bytes: try again"
    if [ -n "$sum" ] && ! echo "$sum  $part" | sha256sum --check --status; then
        rm "$part"
        fail "$2 has not the checksum that SHA256SUMS says: it was removed, try again"
    fi
    mv "$part" "$2"
}

for url in "$@"; do
    [ -e "${url##*/}" ] || fetch "$url" "${url##*/}"
done
