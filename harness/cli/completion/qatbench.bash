# bash completion of qatbench: the program itself says what can follow; where it says nothing, files can.
_qatbench()
{
    local line
    COMPREPLY=()
    while read -r line; do
        COMPREPLY+=("${line%%$'\t'*}") # a candidate, a tab, what it means
    done < <("${COMP_WORDS[0]}" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _qatbench qatbench
