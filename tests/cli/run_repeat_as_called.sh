# The command that repeats a finding names the program as it was called, quoted for a shell, so that it can be pasted. A page is for
# other machines, and an extension of the Temporal CLI is not what one types: there it is wfsim.
mkdir "a place"
ln -s "$(command -v wfsim)" "a place/wfsim"
ln -s "$(command -v wfsim)" temporal-workflow-replay
repeats() { sed -n 's/^  repeat:* *//p' | head -n 1; }
"./a place/wfsim" run scenarios/saga_naive.yaml --seed 9 --report page.html | repeats | tee again
sh again | repeats
grep -o '[^>]*wfsim run [^<]*' page.html | head -n 1
wfsim run scenarios/saga.yaml --seed 92 --record saga.wfh >/dev/null
"./a place/wfsim" replay -w scenarios/saga_v2.c saga.wfh | repeats
"./a place/wfsim" replay -w scenarios/saga_v2.c saga.wfh --shard 1/1 --json part.json >/dev/null
"./a place/wfsim" merge part.json | repeats
./temporal-workflow-replay -w scenarios/saga_v2.c saga.wfh | repeats
"./a place/wfsim" replay --matrix scenarios/saga.c scenarios/saga_v2.c saga.wfh | sed -n 's/^  see why: //p'
