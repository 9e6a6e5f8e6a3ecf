/* The header for workflow authors, embedded so that a source can be compiled wherever the program is. */
    .section .rodata
    .global sim_header_begin
    .global sim_header_end
sim_header_begin:
    .incbin "engine/wfsim.h"
sim_header_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
