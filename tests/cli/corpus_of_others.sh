# Real histories of other people: every one is read, or said to be unreadable, and twice the same is said of them.
corpus=${WFSIM_CORPUS:-$ROOT/../shared/corpus}
[ -d "$corpus/histories" ] || { echo 'no corpus of real histories here (WFSIM_CORPUS): all of them were skipped' >&2; exit 77; }
cd "$corpus" || exit 1
wfsim corpus histories -o json >"$OLDPWD/one" 2>"$OLDPWD/unreadable"; echo "exit $?"
wfsim corpus histories -o json 2>/dev/null | cmp - "$OLDPWD/one"
cd "$OLDPWD" || exit 1
grep -c . unreadable
grep -o '^{"histories":[0-9]*' one
grep -o '"workflow_type"' one | wc -l
grep -o '"first":"I[0-9]*' one
grep -o '"iterations_left":[0-9]*' one | sort | head -n 3
