//===- Reader.h - reads a module --------------------------------*- C++ -*-===//
//
// Reads and checks a .vitm file. Any bytes are safe to give: checksums first,
// then every number and reference on its own (Validate.h).
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_READER_H
#define VITRT_FORMAT_READER_H

#include "runtime/format/Layout.h"
#include "runtime/format/Module.h"

namespace vitrt::format {

/// The bytes of a file, mapped. The file must not shrink while they are used.
/// Errors: E0607.
Result<Bytes> mapFile(const std::string &path);

/// Weights and images of the result are pieces of `file` and keep it alive.
/// Errors: E0601 to E0605.
Result<Module> readModule(const Bytes &file);

/// mapFile and readModule; messages begin with the path.
Result<Module> readModuleFile(const std::string &path);

/// The section table alone, checked; for inspection.
Result<std::vector<SectionEntry>> readSectionTable(const Bytes &file);

const char *sectionName(uint32_t kind); ///< "plans"; "unknown".

} // namespace vitrt::format

#endif // VITRT_FORMAT_READER_H
