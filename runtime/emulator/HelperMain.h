//===- HelperMain.h - the process that runs kernels -------------*- C++ -*-===//
#ifndef VITRT_EMULATOR_HELPERMAIN_H
#define VITRT_EMULATOR_HELPERMAIN_H

namespace vitrt::emu {

/// The helper finds its socket and the shared memory here.
constexpr int kHelperSocket = 3;
constexpr int kHelperMemory = 4;

/// Serves an EmulatorDevice until it goes away; returns the exit status.
/// `vitc` calls this when its only argument is kHelperArgument, vitrt-emulator
/// always.
int helperMain();
constexpr const char *kHelperArgument = "--vitrt-emulator-helper";

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_HELPERMAIN_H
