/*
 * wf_switch_stack(void **save, void *load): stops the caller, with its stack pointer in *save, and goes on where `load` was
 * stopped. Everything that the calling convention lets a callee keep is pushed on the stack that is left.
 *
 * It leaves by an indirect jump and not by a return: the processor predicts a return to go where the last call came from, which
 * after a switch is always the other side.
 *
 * wf_switch_enter is where a new coroutine begins: it calls the function with the argument that prepare_stack left in two saved
 * registers, and never comes back.
 */
#if defined(__x86_64__) && !defined(WF_COROUTINE_UCONTEXT)

/*  frame, in words from the stack pointer:  r15 r14 r13 r12 rbx rbp return-address */

    .text
    .p2align 4
    .globl wf_switch_stack
    .type wf_switch_stack, @function
wf_switch_stack:
    .cfi_startproc
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmpq *%rcx
    .cfi_endproc
    .size wf_switch_stack, . - wf_switch_stack

    .p2align 4
    .globl wf_switch_enter
    .type wf_switch_enter, @function
wf_switch_enter:
    .cfi_startproc
    .cfi_undefined rip
    andq $-16, %rsp
    movq %r12, %rdi
    callq *%r13
    ud2
    .cfi_endproc
    .size wf_switch_enter, . - wf_switch_enter

#elif defined(__aarch64__) && !defined(WF_COROUTINE_UCONTEXT)

/*  frame, in words from the stack pointer:  x19..x28 x29 x30 d8..d15; 20 words, so the stack stays aligned to 16 */

    .text
    .p2align 4
    .globl wf_switch_stack
    .type wf_switch_stack, %function
wf_switch_stack:
    .cfi_startproc
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    mov x16, x30
    br x16
    .cfi_endproc
    .size wf_switch_stack, . - wf_switch_stack

    .p2align 4
    .globl wf_switch_enter
    .type wf_switch_enter, %function
wf_switch_enter:
    .cfi_startproc
    .cfi_undefined x30
    mov x0, x19
    blr x20
    brk #1
    .cfi_endproc
    .size wf_switch_enter, . - wf_switch_enter

#endif

    .section .note.GNU-stack, "", %progbits
