//===- ConfigFields.h - Names of the configs' fields ------------*- C++ -*-===//
//
// One list a config struct, for printing, parsing and hashing them.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_CONFIGFIELDS_H
#define VITC_DIALECT_CONFIGFIELDS_H

#include "runtime/format/Plan.h"

namespace vitc::vitk {

namespace format = vitrt::format;

template <class Config, class Visitor>
void visitRowShape(Config &c, Visitor &&visit) {
  visit("rows", c.rows);
  visit("cols", c.cols);
  visit("threads_per_row", c.threadsPerRow);
  visit("rows_per_block", c.rowsPerBlock);
}

/// Calls `visit(name, field)` for every field of `c`, which may be const.
template <class Config, class Visitor>
void visitFields(Config &c, Visitor &&visit) {
  using T = std::remove_const_t<Config>;
  if constexpr (std::is_same_v<T, format::GemmConfig>) {
    visit("groups", c.groups);
    visit("rows", c.rows);
    visit("n", c.n);
    visit("k", c.k);
    visit("compute", c.compute);
    visit("bm", c.bm);
    visit("bn", c.bn);
    visit("bk", c.bk);
    visit("wm", c.wm);
    visit("wn", c.wn);
    visit("stages", c.stages);
  } else if constexpr (std::is_same_v<T, format::AttentionConfig>) {
    visit("batch", c.batch);
    visit("heads", c.heads);
    visit("kv_heads", c.kvHeads);
    visit("queries", c.queries);
    visit("keys", c.keys);
    visit("dk", c.dk);
    visit("dv", c.dv);
    visit("compute", c.compute);
    visit("causal", c.causal);
    visit("bm", c.bm);
    visit("bn", c.bn);
    visit("warps", c.warps);
  } else if constexpr (std::is_same_v<T, format::RowNormConfig>) {
    visitRowShape(c, visit);
    visit("epsilon", c.epsilon);
    visit("rms", c.rms);
  } else if constexpr (std::is_same_v<T, format::SoftmaxConfig>) {
    visitRowShape(c, visit);
    visit("log", c.log);
  } else if constexpr (std::is_same_v<T, format::ReduceConfig>) {
    visitRowShape(c, visit);
    visit("kind", c.kind);
  } else {
    static_assert(std::is_same_v<T, format::PointwiseConfig>);
    visit("elements", c.elements);
    visit("threads", c.threads);
    visit("per_thread", c.perThread);
  }
}

} // namespace vitc::vitk

#endif // VITC_DIALECT_CONFIGFIELDS_H
