# The naive saga fails in more than one way. One story charges twice with a crash between, and its repeat command repeats it.
wfsim run scenarios/saga_naive.yaml --seeds 1..100 >stories
code=$?
[ "$(grep -c '^  signature' stories)" -ge 2 ] && echo "at least two signatures"
# A story with two charges of one order and a crash between them.
awk '/^broken/ {charges = 0; crashed = 0; found = 0}
     /^ .*charge of .* happens/ {if (charges > 0 && crashed) found = 1; charges++}
     /crashes$/ {if (charges > 0) crashed = 1}
     /^  signature/ {signature = $2}
     /^  repeat/ {if (found && !done) {sub(/^  repeat *wfsim /, ""); print signature; print; done = 1}}' stories >twice
signature=$(sed -n 1p twice)
[ -n "$signature" ] && echo "two charges and a crash between"
wfsim $(sed -n 2p twice) >again
echo "the repeat command exits $?"
grep -q "^  signature *$signature" again && echo "with the same signature"
exit $code
