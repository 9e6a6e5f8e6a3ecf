# A code is found in any spelling, Temporal's own code too; a code that does not exist is a usage error.
wfsim explain WF203 | head -n 1
wfsim explain wf203 | head -n 1
wfsim explain 203 | head -n 1
wfsim explain TMPRL1100 | head -n 1
wfsim explain WF000
