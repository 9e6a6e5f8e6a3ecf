# Results that cannot be written are an error of the environment (4), not silence.
[ -e /dev/full ] || { echo 'no /dev/full' >&2; exit 77; }
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
ln -s "$ROOT/tests/cli/data/crashing.c" .
for format in text json jsonl; do
    wfsim replay -w crashing.c h -o $format >/dev/full
    echo "exit $?"
done
