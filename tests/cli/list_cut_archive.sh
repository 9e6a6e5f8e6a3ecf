# An archive whose writer died is read up to its last whole history, with a warning.
wfsim convert "$ROOT/tests/cli/data" all.wfh
size=$(wc -c <all.wfh)
head -c $((size - 41)) all.wfh >cut.wfh
wfsim list cut.wfh 2>warning >rows
echo "exit $?"
wc -l <rows
sed 's/[0-9][0-9]* bytes/N bytes/; s/first [0-9]* of/first N of/; s/byte [0-9]*/byte N/' warning
# Whoever goes on with what was converted must know that it is not all: exit code 3.
wfsim convert cut.wfh whole/ --to json 2>/dev/null
echo "exit $?"
ls whole
