# A worker dies in the middle of an activity: the ledger shows the step that was done again, and the record shows that another
# process ran the code again from its first line.
wfsim run scenarios/harvest.yaml --record harvest.wfh >report
code=$?
sed -n 's/^  ledger  *//p' report
wfsim show harvest.wfh | grep -E '^── workflow task'
exit $code
