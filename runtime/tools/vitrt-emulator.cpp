//===- vitrt-emulator.cpp - runs emulated kernels for libvitrt ------------===//
//
// Started by EmulatorDevice, never by hand.
//
//===----------------------------------------------------------------------===//

#include "runtime/emulator/HelperMain.h"

int main() { return vitrt::emu::helperMain(); }
