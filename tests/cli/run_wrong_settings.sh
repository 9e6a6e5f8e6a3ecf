# What is wrong with --set is wrong with the command line, exit code 2, wherever the scenario finds it; with the scenario, 3.
for setting in cluster.workers=none cluster.wrokers=3 cluster.workers=-1 'cluster.workers=[' cluster; do
    wfsim run scenarios/saga.yaml --seed 1 --set "$setting"; echo "exit $?"
done
sed 's/workers:/wrokers:/' scenarios/saga.yaml >wrong.yaml
ln -s scenarios/saga.c .
wfsim run wrong.yaml --seed 1 --set cluster.servers=2; echo "exit $?"
