//===- WireScan.h - The model's bytes without the weights -------*- C++ -*-===//
#ifndef VITC_FRONTEND_WIRESCAN_H
#define VITC_FRONTEND_WIRESCAN_H

#include "runtime/format/Status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace vitc::frontend {

/// Rewrites the protobuf bytes of a ModelProto so that each tensor's
/// `raw_data` becomes its place in `file` (TensorProto's raw_offset and
/// raw_size), and drops doc strings and training info: parsing then costs
/// memory for the graph alone, and the weights' bytes stay where they are.
///
/// Fails with E0101 where the bytes are no protobuf message, or nest deeper
/// than a model may.
vitrt::Result<std::string> stripWeights(std::string_view file);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_WIRESCAN_H
