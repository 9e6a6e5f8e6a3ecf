# What code prints past the limit is left out, which is said once, and changes no verdict: no write of the code fails.
ln -s "$ROOT/tests/cli/data/printing.c" .
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
cp h/Fine.json h/Again.json
for jobs in 1 2; do
    wfsim replay -w printing.c h --no-cache --jobs $jobs 2>words
    echo "exit $?"
    tr -d 'x\n' <words
    [ "$(wc -c <words)" -lt 1050000 ] && echo
done
