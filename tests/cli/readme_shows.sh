# The first thing that README shows is what the program prints. Rewrite it with ci/readme when the engine changes.
mkdir build
ln -s "$(command -v wfsim)" build/wfsim
build/wfsim run scenarios/saga_naive.yaml --seed 9 | sed -n '/^broken: at_most/,/^  repeat/p' >real
sed -n '/^```text$/,/^```$/p' "$ROOT/README.md" | sed '1d;$d' >shown
diff shown real && wc -l <real | awk '{ print ($1 > 10 ? "shown" : "nothing to show") }'
