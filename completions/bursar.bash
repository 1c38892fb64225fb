_bursar() {
    local IFS=$'\n'
    COMPREPLY=($(BURSAR_COMPLETE=bash bursar -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _bursar bursar 2>/dev/null || complete -o bashdefault -F _bursar bursar
