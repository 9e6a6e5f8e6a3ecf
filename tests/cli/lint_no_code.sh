# What is no workflow code is said, and the exit code tells why.
echo 'int x = ;' >broken.c
wfsim lint broken.c 2>/dev/null; echo "exit $?"
echo 'int x;' >no_module.c
wfsim lint no_module.c; echo "exit $?"
wfsim lint nowhere.c; echo "exit $?"
wfsim lint /dev/null; echo "exit $?"
mkfifo pipe
wfsim lint pipe; echo "exit $?"
wfsim lint; echo "exit $?"
wfsim lint scenarios/saga.c --everything; echo "exit $?"
printf '\177ELF and no more' >cut.so
wfsim lint cut.so; echo "exit $?"
CC=nowhere wfsim lint no_module.c; echo "exit $?"
