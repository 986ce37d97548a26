//===- Symbolizer.h - instructions to lines ---------------------*- C++ -*-===//
//
// Asks addr2line (binutils) where instructions of a kernel object come from.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_SYMBOLIZER_H
#define VITRT_EMULATOR_SYMBOLIZER_H

#include "runtime/emulator/Engine.h"

namespace vitrt::emu {

struct SourceLine {
  std::string file; ///< Empty if unknown.
  int line = 0;
};

/// The last component of a path.
std::string baseName(const std::string &path);

/// For each return address, the line of the call before it: of the innermost
/// inlined function that is not one of vit_device.h.
std::vector<SourceLine> symbolize(const KernelObject &object,
                                  std::span<const void *const> addresses);

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_SYMBOLIZER_H
