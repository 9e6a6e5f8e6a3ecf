# Versions and side effects under chaos: forty seeds hold every check, and what they record replays ok and keeps every invariant.
wfsim run scenarios/tariff.yaml --seeds 1..40 --record tariff.wfh >report || exit
grep -oE 'ran pay_toll: in [1-9]' report | sed 's/: in .*/: reached/'
wfsim show tariff.wfh | grep -oE 'MarkerRecorded +(Version|SideEffect|MutableSideEffect) ' | sed 's/  */ /g' | sort -u
wfsim replay -w scenarios/tariff.c tariff.wfh
wfsim check tariff.wfh
