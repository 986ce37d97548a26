//===- Handles.h - behind the handles of vitrt.h ----------------*- C++ -*-===//
#ifndef VITRT_CAPI_HANDLES_H
#define VITRT_CAPI_HANDLES_H

#include "runtime/Session.h"
#include "runtime/include/vitrt.h"

#include <cstring>
#include <new>

struct VitrtModule {
  std::shared_ptr<vitrt::Module> module;
};
struct VitrtDevice {
  std::shared_ptr<vitrt::Device> device;
};
struct VitrtSession {
  std::unique_ptr<vitrt::Session> session;
};

namespace vitrt::capi {

/// Remembers the message for vitrtErrorMessage; the status' number.
VitrtStatus report(const Status &status) noexcept;

/// A caller's argument is wrong: E0798 with `what`.
Status invalid(const char *what);

/// Runs `body`, which returns a Status, and lets no exception out.
template <class Body> VitrtStatus guarded(Body &&body) noexcept {
  try {
    return report(body());
  } catch (const std::bad_alloc &) {
    return report(Status(Diag::E0724, "out of memory"));
  } catch (...) {
    return report(Status(Diag::E0799, "an unexpected exception"));
  }
}

/// The caller's struct in this version's size: fields that it does not have are
/// zero. Null gives all zeros.
template <class T> Status take(const T *from, T &to) {
  std::memset(&to, 0, sizeof(T));
  if (!from)
    return Status();
  if (from->structSize < sizeof(size_t) || from->structSize > 4096)
    return invalid("structSize is not set");
  std::memcpy(&to, from, std::min(from->structSize, sizeof(T)));
  return Status();
}

/// Fills in the fields that the caller's struct has.
template <class T> Status give(const T &from, T *to) {
  if (!to || to->structSize < sizeof(size_t) || to->structSize > 4096)
    return invalid("structSize is not set");
  size_t size = to->structSize;
  std::memcpy(to, &from, std::min(size, sizeof(T)));
  to->structSize = size;
  return Status();
}

} // namespace vitrt::capi

#endif // VITRT_CAPI_HANDLES_H
