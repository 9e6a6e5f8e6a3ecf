# The version is one line, for scripts.
wfsim --version | grep -cE '^wfsim [0-9]+\.[0-9]+\.[0-9]+$'
