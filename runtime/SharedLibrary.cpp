//===- SharedLibrary.cpp - a library opened at run time -------------------===//

#include "runtime/SharedLibrary.h"

#include <dlfcn.h>

namespace vitrt {

SharedLibrary::SharedLibrary(SharedLibrary &&other) noexcept
    : handle(std::exchange(other.handle, nullptr)) {}

SharedLibrary &SharedLibrary::operator=(SharedLibrary &&other) noexcept {
  std::swap(handle, other.handle);
  return *this;
}

SharedLibrary::~SharedLibrary() {
  if (handle)
    ::dlclose(handle);
}

Result<SharedLibrary> SharedLibrary::open(const std::string &name,
                                          Diag onError) {
  SharedLibrary library;
  library.handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library.handle) {
    const char *words = ::dlerror();
    return Status(onError, words ? escaped(words, 512)
                                 : "cannot open " + escaped(name, 512));
  }
  return library;
}

void *SharedLibrary::symbol(const char *name) const {
  return handle ? ::dlsym(handle, name) : nullptr;
}

} // namespace vitrt
