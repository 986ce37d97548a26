//===- Module.h - what a .vitm file holds -----------------------*- C++ -*-===//
//
// Plain structs: the compiler fills one and gives it to Writer.h, the runtime
// gets one from Reader.h. docs/module-format.md says how it lies in the file.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_MODULE_H
#define VITRT_FORMAT_MODULE_H

#include "runtime/format/Hash.h"
#include "runtime/format/Plan.h"
#include "runtime/format/Status.h"

#include <functional>
#include <span>

namespace vitrt::format {

/// Bytes that somebody keeps alive: a piece of a mapped file, or a buffer.
struct Bytes {
  std::span<const uint8_t> view;
  std::shared_ptr<const void> owner;

  static Bytes copyOf(std::string_view text);
  size_t size() const { return view.size(); }
  std::string_view text() const {
    return {reinterpret_cast<const char *>(view.data()), view.size()};
  }
  bool operator==(const Bytes &other) const { return text() == other.text(); }
};

enum class ImageKind : uint8_t { Cubin = 1, Ptx = 2 };

/// One compiled form of a kernel text.
struct KernelImage {
  ImageKind kind = ImageKind::Cubin;
  std::string arch; ///< "sm_90a" of a cubin, "compute_80" of PTX.
  Bytes data;       ///< PTX without the final NUL.
  uint32_t registers = 0, spillBytes = 0, staticSharedBytes = 0;
  bool operator==(const KernelImage &) const = default;
};

/// One kernel text, shared by every plan whose printer gave the same text.
struct KernelCode {
  std::string symbol; ///< The `extern "C"` name in the text.
  std::string source; ///< Its own .cu; includes headers of Module::headers.
  /// NVRTC options without the architecture: "-std=c++14", "-DNDEBUG", ...
  std::vector<std::string> options;
  std::vector<KernelImage> images; ///< Empty in a source-only module.
  bool operator==(const KernelCode &) const = default;
};

/// A file of the device library, as the kernels' text includes it.
struct Header {
  std::string name; ///< "vit_device.h": no folders.
  std::string text;
  bool operator==(const Header &) const = default;
};

/// One weight: bytes that plans name by index. The writer stores equal bytes
/// once.
struct Weight {
  std::string name; ///< Of the initializer it came from, for reports.
  DType dtype = DType::F32;
  std::vector<int64_t> shape; ///< Elements; static.
  Hash128 hash;               ///< Of the bytes. The writer fills it in.
  Bytes data;                 ///< The bytes, or empty where `fill` is set.
  /// Writer only: writes the bytes into a buffer of byteSize() bytes. Called
  /// once, in the order of the table.
  std::function<Status(std::span<uint8_t>)> fill;

  /// Product of shape times the element's size; saturates at UINT64_MAX.
  uint64_t byteSize() const;
  /// Compares what lies in a file: all but `fill`.
  bool operator==(const Weight &) const;
};

/// A plan and, for each of its kernels, which text it is.
struct ModulePlan {
  Plan plan;
  std::vector<uint32_t> codes; ///< Parallel to plan.kernels: Module::codes.
  bool operator==(const ModulePlan &) const = default;
};

/// A DLA loadable: what Launch::device 1.. runs. No plan uses one yet.
struct Loadable {
  std::string name;
  std::string target; ///< "agx-orin".
  Bytes data;
  bool operator==(const Loadable &) const = default;
};

struct KeyValue {
  std::string key, value;
  bool operator==(const KeyValue &) const = default;
};

/// How the module came about. Nothing of the machine: no path, host or time.
struct Provenance {
  std::string compiler; ///< "vitc 0.1.0".
  std::string nvrtc;    ///< "12.9", or empty without NVRTC.
  /// XXH3-64 of printer version and device library. Where it differs from the
  /// running one's, the text is not emulated without --trust-source.
  uint64_t codegenHash = 0;
  Hash128 modelHash;                ///< Of the ONNX file's bytes.
  std::string modelName;            ///< Graph name.
  std::vector<std::string> options; ///< Of the command that matter: sorted.
  std::vector<KeyValue> extra;      ///< "mean", "std", "labels" ...
  bool operator==(const Provenance &) const = default;
};

struct Module {
  std::vector<ModulePlan> plans;
  std::vector<KernelCode> codes;
  std::vector<Header> headers;
  std::vector<Weight> weights;
  std::vector<Loadable> loadables;
  Provenance provenance;
  bool operator==(const Module &) const = default;

  /// Index of a text that is already there, or of `code` after appending it.
  /// Images of an equal text are added to it.
  uint32_t addCode(KernelCode code);
};

} // namespace vitrt::format

#endif // VITRT_FORMAT_MODULE_H
