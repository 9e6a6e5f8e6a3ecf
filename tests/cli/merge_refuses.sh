# A shard that is missing or ended early is an error (4), which the report says, too; reports that do not belong together, or are
# no reports, are refused (3).
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Value
ln -s "$ROOT/tests/cli/data/crashing.c" .
for i in 1 2 3; do wfsim replay -w crashing.c h --shard $i/3 --json $i.json >/dev/null; done
merge() { wfsim merge "$@"; echo "exit $?"; }
merge 1.json 3.json --junit r.xml
grep -A1 'the whole batch' r.xml
sed 's/"incomplete":null/"incomplete":"interrupted"/' 2.json >cut.json
merge 1.json cut.json 3.json
merge 1.json 2.json 2.json
sed 's/crashing/other/' 2.json >other.json
merge 1.json other.json 3.json
wfsim replay -w crashing.c h --json all.json >/dev/null
merge 1.json all.json
merge all.json -o json | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"batch":{[^}]*}/"batch":{}/; s/"cached":[0-9]*/"cached":0/'
# The code was changed under its name, the policy too, other files were shared out, another sample was taken.
sed 's/order: 17/order: 18/' "$ROOT/tests/cli/data/crashing.c" >new.c
mkdir new other
mv new.c new/crashing.c
printf 'act-retry ignore\n' >policy.txt
printf 'act-retry finding\n' >new/policy.txt
ln -s ../policy.txt other
cp "$ROOT/tests/cli/data/crashing.c" other
cp -r h new
cp -r h other
cp h/Fine.json other/h/Zero.json
# shard FOLDER I/2 REPORT OPTION...: a shard as a machine makes it that has everything in a folder of its own.
shard() { (cd "$1" && shift && part=$1 && to=$2 && shift 2 && wfsim replay -w crashing.c h --shard "$part" --json "$to" "$@" >/dev/null); }
shard . 1/2 a.json
shard new 2/2 ../b.json
merge a.json b.json
sed 's/,"batch":{[^}]*}//' 1.json >earlier.json # says nothing of it, and hides nothing of the others
shard new 3/3 ../c.json
merge earlier.json 2.json c.json
shard . 1/2 a.json --policy policy.txt
rm new/crashing.c
cp crashing.c new
shard new 2/2 ../b.json --policy policy.txt
merge a.json b.json
shard . 1/2 a.json
shard other 2/2 ../b.json
merge a.json b.json
shard . 2/2 b.json --sample 1
merge a.json b.json
shard new 2/2 ../b.json
merge a.json b.json | tail -n 2
sed 's/"batch":{[^}]*},//' b.json >old.json
merge a.json old.json | tail -n 2
sed 's/"batch":{"code":"/&x/' b.json >wrong.json
merge a.json wrong.json
head -n 2 all.json >half.json
merge half.json h/Fine.json none.json
grep -v '"workflow_type":"Fine"' 1.json >lost.json
merge lost.json 2.json 3.json
sed 's/"shards":3/"shards":4294967299/' 2.json >wide.json
merge 1.json wide.json 3.json
for i in 1 2 3; do sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":9223372036854775807/' $i.json >long$i.json; done
merge long?.json -o json | grep -o '"elapsed_ns":[0-9]*'
merge
wfsim replay -w crashing.c h --shard 4/3
wfsim replay -w crashing.c h --shard 1/99999999999
