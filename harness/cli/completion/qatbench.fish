# fish completion of qatbench: the program itself says what can follow; where it says nothing, files can.
function __qatbench_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l lines ($words[1] completion words -- $words[2..-1] "$word" 2>/dev/null) # a candidate, a tab, what it means
    if set -q lines[1]
        printf '%s\n' $lines
    else if set -l parts (string match -r -- '^(--[^=]*=)(.*)$' $word)
        string replace -r -- '^' $parts[2] (__fish_complete_path "$parts[3]")
    else
        __fish_complete_path "$word"
    end
end
complete -c qatbench -f -a '(__qatbench_complete)'
