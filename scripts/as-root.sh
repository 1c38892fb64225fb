# To be sourced before any cd: as_root runs a command as root, which installs what the operating system has.
this_script=$(realpath "$0")
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "this needs root, and there is no sudo here; run this as root once: sh '$this_script'" >&2
        exit 1
    fi
}
