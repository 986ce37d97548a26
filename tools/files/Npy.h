//===- Npy.h - NumPy's .npy and .npz files ----------------------*- C++ -*-===//
//
// Any bytes are safe to read: a header of at most 64 KiB, at most 16
// dimensions, sizes that match the file. .npz members may be stored or
// deflated; at most 4 GiB in all are unpacked.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_TOOLS_FILES_NPY_H
#define VITC_TOOLS_FILES_NPY_H

#include "runtime/format/Status.h"
#include "tools/files/HostTensor.h"

#include <string_view>

namespace vitc {

/// One array. f64 becomes f32, wider integers stay as they are; types that a
/// tensor cannot have are refused. Errors: E0211 malformed, E0210 unreadable.
vitrt::Result<HostTensor> readNpy(const std::string &path);
vitrt::Result<HostTensor> parseNpy(std::string_view bytes,
                                   const std::string &what);

/// All arrays of an archive, named by their keys, in the archive's order.
vitrt::Result<std::vector<HostTensor>> readNpz(const std::string &path);

/// Writes one array; the file is old or complete.
vitrt::Status writeNpy(const std::string &path, const HostTensor &tensor);

/// The bytes of a file. Errors: E0210; E0211 above `limit` bytes.
vitrt::Result<std::string> readFile(const std::string &path,
                                    size_t limit = size_t(4) << 30);

/// `name` as part of a file name: letters, digits, `.`, `_` and `-` stay, all
/// else becomes `_`.
std::string fileName(std::string_view name);

} // namespace vitc

#endif // VITC_TOOLS_FILES_NPY_H
