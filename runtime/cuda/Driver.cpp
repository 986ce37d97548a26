//===- Driver.cpp - libcuda opened at run time ----------------------------===//

#include "runtime/cuda/Driver.h"

#include <cstdlib>
#include <mutex>

namespace vitrt::cuda {

Result<std::unique_ptr<Driver>> Driver::open(const std::string &path) {
  Result<SharedLibrary> library = SharedLibrary::open(path, Diag::E0701);
  if (!library)
    return Status(Diag::E0701,
                  "no CUDA driver (" + library.status().message() +
                      "); install NVIDIA's driver, or use the emulator");
  auto driver = std::make_unique<Driver>();
#define VITRT_CUDA_OPTIONAL(name, symbol_, parameters)                         \
  driver->name = reinterpret_cast<int(*) parameters>(library->symbol(symbol_));
#define VITRT_CUDA(name, symbol_, parameters)                                  \
  VITRT_CUDA_OPTIONAL(name, symbol_, parameters)                               \
  if (!driver->name)                                                           \
    return Status(Diag::E0701, "the CUDA driver has no " symbol_               \
                               "; it is older than CUDA 10.2's");
#include "runtime/cuda/DriverFunctions.def"
  driver->library = std::move(*library);
  int code = driver->init(0);
  if (code != kSuccess)
    return Status(Diag::E0701, driver->check(code, "cuInit").message() +
                                   "; is there a GPU, and its driver loaded?");
  code = driver->driverGetVersion(&driver->version);
  if (code != kSuccess)
    return Status(Diag::E0701,
                  driver->check(code, "cuDriverGetVersion").message());
  return driver;
}

Result<const Driver *> Driver::get() {
  // Retried while it fails: a driver may appear later.
  static std::unique_ptr<Driver> driver;
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  if (!driver) {
    const char *path = std::getenv("VITRT_LIBCUDA");
    Result<std::unique_ptr<Driver>> opened =
        open(path && *path ? path : "libcuda.so.1");
    VITRT_TRY(opened.status());
    driver = std::move(*opened);
    // Other threads may use it while the process ends.
    driver->library.leak();
  }
  return static_cast<const Driver *>(driver.get());
}

Status Driver::check(int code, const char *call) const {
  if (code == kSuccess)
    return Status();
  const char *name = nullptr, *text = nullptr;
  getErrorName(code, &name);
  getErrorString(code, &text);
  return Status(code == kOutOfMemory ? Diag::E0707 : Diag::E0702,
                std::string(call) + ": " + (name ? name : "error") + " " +
                    std::to_string(code) +
                    (text ? std::string(" (") + text + ")" : ""));
}

} // namespace vitrt::cuda
