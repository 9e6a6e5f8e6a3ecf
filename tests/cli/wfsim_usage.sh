# Wrong command lines: one sentence, the page that helps, exit code 2.
try() { wfsim "$@"; echo "exit $?"; }
try explian
try explain --help-me
try explain -o xml WF203
try explain -o
try explain WF101 WF102
try --frobnicate
try help frobnicate
