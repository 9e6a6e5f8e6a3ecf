# An invariant says what must hold, what decides it and where it is checked.
wfsim explain I36
wfsim explain I102 -o json
