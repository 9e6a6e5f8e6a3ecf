# Help is results, not diagnostics: on standard output, exit code 0; without a command it is shown too, with exit code 2.
wfsim --help | head -n 3
wfsim help explain
wfsim explain --help | cmp - "$(wfsim help explain >page; echo page)"
wfsim >overview
echo "exit $?"
wfsim --help | cmp - overview
