# What code takes in the activations of one history together is a finding (WF311), when it is more than it may. What it leaks in
# each of many histories, in files of their own or in an archive, costs a child now and then, but no verdict. Exit code 0.
ln -s "$ROOT/tests/cli/data/leaking.c" .
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Little Much
WFSIM_CODE_MIB=64
export WFSIM_CODE_MIB
wfsim replay -w leaking.c h/Much.json | grep -v '^$' | sed 's/, having seen.*//'
mkdir many
for i in 0 1 2 3 4 5 6 7 8 9; do
    cp h/Little.json many/$i.json
    cp h/Little.json many/1$i.json
done
wfsim convert many all.wfh
verdicts() { wfsim replay -w leaking.c "$@" --no-cache -o jsonl | sed 's/"elapsed_ns":[0-9]*//'; }
verdicts many --jobs 1 >files
verdicts all.wfh --jobs 1 >archive
wfsim replay -w leaking.c many --no-cache --jobs 1
wfsim replay -w leaking.c all.wfh --no-cache --jobs 1
# Nothing is kept of an archive that several children read: it may have changed meanwhile.
wfsim replay -w leaking.c all.wfh --jobs 1
wfsim replay -w leaking.c all.wfh --jobs 1
WFSIM_CODE_MIB=4096
verdicts many --jobs 3 | cmp - files
verdicts all.wfh --jobs 1 | cmp - archive
