# A key, a fault or a check of a scenario is explained as a diagnosis is; a miss names the nearest.
wfsim explain faults.profile
wfsim explain activities.charge.takes | head -n 2
wfsim explain activities.effect.key | head -n 2
wfsim explain worker_crash
wfsim explain neutral -o json
wfsim explain faults.profil
