//===- HostCompiler.h - kernel text to kernel objects -----------*- C++ -*-===//
//
// Compiles kernel text with g++ for KernelObject::load, through a cache of
// objects by content: text, headers, flags and compiler decide the name.
// Whoever calls this compiles and will run the text on the host: it must come
// from the printer (see "Trust" in the design).
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_HOSTCOMPILER_H
#define VITRT_EMULATOR_HOSTCOMPILER_H

#include "runtime/format/Status.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vitrt::emu {

/// The text of one .cu file and the headers that it may include.
struct KernelText {
  std::string name; ///< File name for reports, "gemm_n768.cu"; no slashes.
  std::string text;
  /// Name (no slashes) and text of each header.
  std::span<const std::pair<std::string, std::string>> headers;
  bool check = false; ///< For LaunchOptions::check and memory counters.
  bool count = false; ///< VIT_COUNT counts.
};

struct HostCompilerOptions {
  std::string compiler = {}; ///< Empty: CXX of the environment, else g++.
  /// Empty: $XDG_CACHE_HOME/vitc/emulator, else ~/.cache/vitc/emulator.
  std::string cacheDirectory = {};
  uint64_t cacheBytes = uint64_t(512) << 20; ///< Older objects are removed.
};

class HostCompiler {
public:
  explicit HostCompiler(HostCompilerOptions options = {});

  /// Fails with E0710 if there is no host compiler.
  Status available() const;

  /// Path of the object. E0710: no compiler; E0711: it refused the text; E0801,
  /// E0802: the cache cannot be written.
  Result<std::string> compile(const KernelText &text) const;

  /// The same for many, at most `jobs` at a time; in order. Equal texts are
  /// compiled once.
  std::vector<Result<std::string>> compileAll(std::span<const KernelText> texts,
                                              unsigned jobs) const;

  const std::string &cacheDirectory() const { return directory; }
  /// Where an object of this text is or would be.
  std::string objectPath(const KernelText &text) const;

private:
  std::vector<std::string> flags(const KernelText &text) const;
  Result<std::string> build(const KernelText &text,
                            const std::string &object) const;
  void trimCache() const;

  std::string compiler;  ///< Absolute, or empty if there is none.
  std::string requested; ///< What was looked for.
  std::string identity;  ///< Changes when the compiler does.
  std::string directory;
  uint64_t cacheBytes;
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_HOSTCOMPILER_H
