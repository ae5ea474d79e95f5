#compdef qatbench
# zsh completion of qatbench: the program itself says what can follow; where it says nothing, files can.
_qatbench()
{
    local -a lines
    lines=("${(@f)$("${words[1]}" completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    lines=("${(@)lines//:/\\:}")
    lines=("${(@)lines/$'\t'/:}") # a candidate, a colon, what it means
    if [[ -n ${lines[1]} ]]; then
        _describe -V 'qatbench' lines
    else
        compset -P '--*='
        _files
    fi
}
if [[ ${funcstack[1]} == _qatbench ]]; then
    _qatbench "$@"
else
    compdef _qatbench qatbench
fi
