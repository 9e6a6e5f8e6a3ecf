# A command that does not exist is a usage error with a suggestion where one is near.
wfsim frobnicate
echo "exit $?"
wfsim --frobnicate
echo "exit $?"
