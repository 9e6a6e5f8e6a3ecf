/* Another program, run to its end. */
#ifndef SIM_HOST_PROCESS_H
#define SIM_HOST_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Starts the program that the first word names, with its two outputs going where `out` and `err` go. -1 when it cannot be
 * started; one that is not found ends with 127. */
pid_t sim_process_start(const char *const *words, int out, int err);

/* Its exit status; -1 when it was not started or did not end by itself. */
int sim_process_wait(pid_t child);

/* The memory that a process has in use now; 0 when the system does not tell. */
uint64_t sim_process_memory_bytes(pid_t process);

/* The same for who asks often: a descriptor to read it from again and again. */
int sim_process_memory_open(pid_t process);
uint64_t sim_process_memory_read(int opened);

/* How long a process has been ready to run and had to wait for a processor; 0 when the system does not tell. */
int64_t sim_process_waited_ns(pid_t process);

#endif
