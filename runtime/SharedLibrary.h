//===- SharedLibrary.h - a library opened at run time -----------*- C++ -*-===//
#ifndef VITRT_SHAREDLIBRARY_H
#define VITRT_SHAREDLIBRARY_H

#include "runtime/format/Status.h"

namespace vitrt {

/// Owns a dlopen handle.
class SharedLibrary {
public:
  SharedLibrary() = default;
  SharedLibrary(SharedLibrary &&other) noexcept;
  SharedLibrary &operator=(SharedLibrary &&other) noexcept;
  ~SharedLibrary();

  /// A path, or a name that the loader searches. An error is `onError` with
  /// the loader's words.
  static Result<SharedLibrary> open(const std::string &name, Diag onError);

  /// Null if the library has no such symbol.
  void *symbol(const char *name) const;
  /// Keeps the library loaded until the process ends.
  void leak() { handle = nullptr; }

private:
  void *handle = nullptr;
};

} // namespace vitrt

#endif // VITRT_SHAREDLIBRARY_H
