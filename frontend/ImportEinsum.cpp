//===- ImportEinsum.cpp - Einsum ------------------------------------------===//
#include "frontend/OpTables.h"
namespace vitc::frontend {
OpTable einsumOps() { return {}; }
OpTable attentionOps() { return {}; }
OpTable quantOps() { return {}; }
OpTable controlOps() { return {}; }
OpTable contribOps() { return {}; }
} // namespace vitc::frontend
