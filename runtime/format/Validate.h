//===- Validate.h - may this module be used? --------------------*- C++ -*-===//
//
// Checks every number, name and reference of a module on its own, so that even
// a hostile file with right checksums cannot make a reader, the printer or a
// session touch memory that is not theirs.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_VALIDATE_H
#define VITRT_FORMAT_VALIDATE_H

#include "runtime/format/Module.h"

namespace vitrt::format {

/// Success or E0605 with the place and what is wrong with it.
Status validate(const Module &module);

namespace detail {

/// Sizes up to here keep every product in the checks inside 128 bits.
constexpr int64_t kMaxExtent = int64_t(1) << 40;
constexpr int64_t kMaxBatch = int64_t(1) << 20;

/// Success, or E0605 "<place>: <what>".
Status fault(const std::string &place, const std::string &what);

/// A C identifier of at most 512 characters.
bool isIdentifier(std::string_view name);
/// `prefix` + digits + an optional a or f: "sm_90a".
bool isArch(std::string_view text, std::string_view prefix);

/// One kernel on its own.
Status validateKernel(const Kernel &kernel, int64_t maxBatch,
                      const std::string &place);
/// One plan; `place` names it.
Status validatePlan(const ModulePlan &plan, const Module &module,
                    const std::string &place);

} // namespace detail
} // namespace vitrt::format

#endif // VITRT_FORMAT_VALIDATE_H
