//===- vit_emu_check.h - every access of a checked kernel -------*- C++ -*-===//
//
// With -fsanitize=thread the compiler calls these functions before each access.
// They are answered here, hidden in the object, so that it neither needs nor
// meets the real runtime of that sanitizer. Included by vit_emu_device.h only.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_EMU_CHECK_H
#define VIT_EMU_CHECK_H

#define VIT_EMU_HOOK                                                           \
  __attribute__((visibility("hidden"), no_sanitize("thread")))
#define VIT_EMU_ACCESS(p, n, flags)                                            \
  vit_emu_engine->access(p, n, flags, __builtin_return_address(0))
#define VIT_EMU_HOOKS(N)                                                       \
  VIT_EMU_HOOK void __tsan_read##N(void *p) { VIT_EMU_ACCESS(p, N, 0); }       \
  VIT_EMU_HOOK void __tsan_write##N(void *p) { VIT_EMU_ACCESS(p, N, 1); }      \
  VIT_EMU_HOOK void __tsan_unaligned_read##N(void *p) {                        \
    VIT_EMU_ACCESS(p, N, VIT_EMU_ACCESS_UNALIGNED);                            \
  }                                                                            \
  VIT_EMU_HOOK void __tsan_unaligned_write##N(void *p) {                       \
    VIT_EMU_ACCESS(p, N, VIT_EMU_ACCESS_UNALIGNED | VIT_EMU_ACCESS_WRITE);     \
  }
extern "C" {
VIT_EMU_HOOKS(1)
VIT_EMU_HOOKS(2)
VIT_EMU_HOOKS(4)
VIT_EMU_HOOKS(8)
VIT_EMU_HOOKS(16)
VIT_EMU_HOOK void __tsan_read_range(void *p, unsigned long n) {
  VIT_EMU_ACCESS(p, n, VIT_EMU_ACCESS_UNALIGNED);
}
VIT_EMU_HOOK void __tsan_write_range(void *p, unsigned long n) {
  VIT_EMU_ACCESS(p, n, VIT_EMU_ACCESS_UNALIGNED | VIT_EMU_ACCESS_WRITE);
}
VIT_EMU_HOOK void __tsan_init(void) {}
VIT_EMU_HOOK void __tsan_func_entry(void *) {}
VIT_EMU_HOOK void __tsan_func_exit(void) {}
}
#undef VIT_EMU_HOOKS
#undef VIT_EMU_ACCESS
#undef VIT_EMU_HOOK

#endif // VIT_EMU_CHECK_H
