//===- Version.h - What this vitc is ----------------------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_VERSION_H
#define VITC_TOOLS_VITC_VERSION_H

#include <string>

namespace vitc {

/// "vitc 0.1.0": recorded in modules.
std::string compilerName();
/// What --version prints: vitc, MLIR, module format.
std::string versionText();

} // namespace vitc

#endif // VITC_TOOLS_VITC_VERSION_H
