# An archive whose writer died is read up to its last whole history, with a warning.
wfsim convert "$ROOT/tests/cli/data" all.wfh
size=$(wc -c <all.wfh)
head -c $((size - 41)) all.wfh >cut.wfh
wfsim list cut.wfh 2>warning | wc -l
sed 's/[0-9][0-9]* bytes/N bytes/; s/first [0-9]* of/first N of/' warning
