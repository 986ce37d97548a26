// Switches fibers on x86-64: void vitrt_emu_switch(void **save, void *to).
// Pushes the callee-saved registers, stores the stack pointer, takes the other
// fiber's. Jumps instead of returning: the return stack buffer would
// mispredict, it belongs to the fiber that is left.
#if defined(__x86_64__)
        .text
        .globl  vitrt_emu_switch
        .hidden vitrt_emu_switch
        .type   vitrt_emu_switch, @function
vitrt_emu_switch:
        .cfi_startproc
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        popq    %rcx
        jmpq    *%rcx
        .cfi_endproc
        .size   vitrt_emu_switch, .-vitrt_emu_switch
#endif
#if defined(__linux__)
        .section .note.GNU-stack, "", %progbits
#endif
