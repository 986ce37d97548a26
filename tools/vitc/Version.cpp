//===- Version.cpp - What this vitc is ------------------------------------===//
#include "tools/vitc/Version.h"

#include "runtime/format/Layout.h"

#include "llvm/Config/llvm-config.h"

namespace vitc {

std::string compilerName() { return "vitc " VITC_VERSION; }

std::string versionText() {
  return compilerName() + " (MLIR " LLVM_VERSION_STRING ", module format " +
         std::to_string(vitrt::format::kVersion) + ")";
}

} // namespace vitc
