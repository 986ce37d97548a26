//===- Api.h - the functions that kernels call ------------------*- C++ -*-===//
//
// The table that a kernel object gets when it is loaded. Every function acts
// on Worker::current.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_API_H
#define VITRT_EMULATOR_API_H

#include "runtime/emulator/Abi.h"

namespace vitrt::emu {
const abi::Api &api();
} // namespace vitrt::emu

#endif // VITRT_EMULATOR_API_H
