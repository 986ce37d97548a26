//===- Writer.h - writes a module -------------------------------*- C++ -*-===//
#ifndef VITRT_FORMAT_WRITER_H
#define VITRT_FORMAT_WRITER_H

#include "runtime/format/AtomicFile.h"
#include "runtime/format/Module.h"

namespace vitrt::format {

struct WriteStats {
  uint64_t fileBytes = 0;
  uint64_t weightBytes = 0; ///< Stored; equal weights once.
  uint64_t imageBytes = 0;
};

/// Writes `module` and fills in its weights' hashes. Weights are evaluated one
/// at a time, in order. The same module gives the same bytes. Refuses, with
/// the reader's own checks, a module that the reader would refuse (E0606).
Result<WriteStats> writeModule(Module &module, Sink &sink);

/// The same into a file that is old or complete, never partial.
Result<WriteStats> writeModuleFile(Module &module, const std::string &path);

/// The same into memory.
Result<Bytes> writeModuleMemory(Module &module);

} // namespace vitrt::format

#endif // VITRT_FORMAT_WRITER_H
