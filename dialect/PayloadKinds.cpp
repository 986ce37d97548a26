//===- PayloadKinds.cpp - The canonical payload of each named function ----===//
#include "dialect/Payload.h"

#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace mlir;

namespace vitc::vit {
namespace {

/// Emits scalar arithmetic; add, sub, ... take floats or integers alike.
struct Emitter {
  OpBuilder &builder;
  Location loc;

  template <typename OpTy, typename... Args> Value make(Args &&...args) {
    return OpTy::create(builder, loc, std::forward<Args>(args)...);
  }
  static bool isFloat(Value value) { return isa<FloatType>(value.getType()); }
  template <typename FloatOp, typename IntOp> Value either(Value a, Value b) {
    return isFloat(a) ? make<FloatOp>(a, b) : make<IntOp>(a, b);
  }

  /// A constant of `like`'s type.
  Value number(Value like, double value) {
    Type type = like.getType();
    if (isa<FloatType>(type))
      return make<arith::ConstantOp>(builder.getFloatAttr(type, value));
    return make<arith::ConstantOp>(
        builder.getIntegerAttr(type, static_cast<int64_t>(value)));
  }

  Value add(Value a, Value b) {
    return either<arith::AddFOp, arith::AddIOp>(a, b);
  }
  Value sub(Value a, Value b) {
    return either<arith::SubFOp, arith::SubIOp>(a, b);
  }
  Value mul(Value a, Value b) {
    return either<arith::MulFOp, arith::MulIOp>(a, b);
  }
  Value div(Value a, Value b) {
    return either<arith::DivFOp, arith::DivSIOp>(a, b);
  }
  Value max(Value a, Value b) {
    return either<arith::MaximumFOp, arith::MaxSIOp>(a, b);
  }
  Value min(Value a, Value b) {
    return either<arith::MinimumFOp, arith::MinSIOp>(a, b);
  }
  Value add(Value a, double b) { return add(a, number(a, b)); }
  Value mul(Value a, double b) { return mul(a, number(a, b)); }
  Value max(Value a, double b) { return max(a, number(a, b)); }
  Value min(Value a, double b) { return min(a, number(a, b)); }
  Value abs(Value a) {
    return isFloat(a) ? make<math::AbsFOp>(a) : make<math::AbsIOp>(a);
  }
  Value neg(Value a) {
    return isFloat(a) ? make<arith::NegFOp>(a) : sub(number(a, 0), a);
  }
  Value exp(Value a) { return make<math::ExpOp>(a); }
  Value less(Value a, Value b) {
    return compare(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, a, b);
  }
  Value greater(Value a, double b) {
    return compare(arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, a,
                   number(a, b));
  }
  Value compare(arith::CmpFPredicate floats, arith::CmpIPredicate integers,
                Value a, Value b) {
    return isFloat(a) ? make<arith::CmpFOp>(floats, a, b)
                      : make<arith::CmpIOp>(integers, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return make<arith::SelectOp>(condition, a, b);
  }

  /// x / (1 + exp(-slope * x)).
  Value gated(Value x, Value negated) { return div(x, add(exp(negated), 1.0)); }
  Value softplus(Value x) {
    // exp(x) overflows; exp(-|x|) does not.
    return add(max(x, 0.0), make<math::Log1pOp>(exp(neg(abs(x)))));
  }
  Value expm1(Value x) { return make<math::ExpM1Op>(x); }
};

enum class Domain { Float, Number, Bool, Where };
using Params = ArrayRef<double>;
using EmitFn = Value (*)(Emitter &, ValueRange, Params);

struct Kind {
  unsigned arity;
  Domain domain;
  unsigned params;
  EmitFn emit;
};

template <typename OpTy> Value emitOp(Emitter &e, ValueRange a, Params) {
  return e.make<OpTy>(a);
}

template <arith::CmpFPredicate floats, arith::CmpIPredicate integers>
Value emitCompare(Emitter &e, ValueRange a, Params) {
  return e.compare(floats, integers, a[0], a[1]);
}

Value emitGeluErf(Emitter &e, ValueRange a, Params) {
  Value inner = e.make<math::ErfOp>(e.mul(a[0], M_SQRT1_2));
  return e.mul(e.mul(a[0], 0.5), e.add(inner, 1.0));
}

Value emitGeluTanh(Emitter &e, ValueRange a, Params) {
  Value cube = e.mul(e.mul(a[0], a[0]), a[0]);
  Value inner = e.add(a[0], e.mul(cube, 0.044715));
  Value tanh = e.make<math::TanhOp>(e.mul(inner, 0.7978845608028654));
  return e.mul(e.mul(a[0], 0.5), e.add(tanh, 1.0));
}

/// Whole and half powers that models use become exact arithmetic.
Value emitPowScalar(Emitter &e, ValueRange a, Params p) {
  Value x = a[0];
  if (p[0] == 2.0)
    return e.mul(x, x);
  if (p[0] == 3.0)
    return e.mul(e.mul(x, x), x);
  if (p[0] == 0.5)
    return e.make<math::SqrtOp>(x);
  if (p[0] == -0.5)
    return e.make<math::RsqrtOp>(x);
  if (p[0] == -1.0)
    return e.div(e.number(x, 1.0), x);
  return e.make<math::PowFOp>(x, e.number(x, p[0]));
}

Value emitClip(Emitter &e, ValueRange a, Params p) {
  Value x = a[0];
  if (!std::isinf(p[0]))
    x = e.max(x, p[0]);
  return std::isinf(p[1]) ? x : e.min(x, p[1]);
}

/// The remainder has the sign of the divisor, as in Python.
Value emitMod(Emitter &e, ValueRange a, Params) {
  Value rest = Emitter::isFloat(a[0]) ? e.make<arith::RemFOp>(a[0], a[1])
                                      : e.make<arith::RemSIOp>(a[0], a[1]);
  Value zero = e.number(rest, 0);
  Value whole = e.compare(arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq,
                          rest, zero);
  Value signs = e.make<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                      e.less(rest, zero), e.less(a[1], zero));
  return e.select(e.make<arith::OrIOp>(whole, signs), rest, e.add(rest, a[1]));
}

Value emitFmod(Emitter &e, ValueRange a, Params) {
  return e.either<arith::RemFOp, arith::RemSIOp>(a[0], a[1]);
}

Value emitSign(Emitter &e, ValueRange a, Params) {
  Value negative =
      e.select(e.less(a[0], e.number(a[0], 0)), e.number(a[0], -1), a[0]);
  return e.select(e.greater(a[0], 0), e.number(a[0], 1), negative);
}

void addUnary(llvm::StringMap<Kind> &k) {
  auto add = [&](StringRef name, EmitFn fn, Domain domain = Domain::Float) {
    k[name] = Kind{1, domain, 0, fn};
  };
  add(
      "abs", [](Emitter &e, ValueRange a, Params) { return e.abs(a[0]); },
      Domain::Number);
  add(
      "neg", [](Emitter &e, ValueRange a, Params) { return e.neg(a[0]); },
      Domain::Number);
  add("sign", emitSign, Domain::Number);
  add(
      "square",
      [](Emitter &e, ValueRange a, Params) { return e.mul(a[0], a[0]); },
      Domain::Number);
  add(
      "not",
      [](Emitter &e, ValueRange a, Params) {
        return e.make<arith::XOrIOp>(a[0], e.number(a[0], 1));
      },
      Domain::Bool);
  add("exp", emitOp<math::ExpOp>);
  add("log", emitOp<math::LogOp>);
  add("sqrt", emitOp<math::SqrtOp>);
  add("rsqrt", emitOp<math::RsqrtOp>);
  add("erf", emitOp<math::ErfOp>);
  add("sin", emitOp<math::SinOp>);
  add("cos", emitOp<math::CosOp>);
  add("atan", emitOp<math::AtanOp>);
  add("sinh", emitOp<math::SinhOp>);
  add("cosh", emitOp<math::CoshOp>);
  add("tanh", emitOp<math::TanhOp>);
  add("floor", emitOp<math::FloorOp>);
  add("ceil", emitOp<math::CeilOp>);
  add("round", emitOp<math::RoundEvenOp>);
  add("tan", [](Emitter &e, ValueRange a, Params) {
    return e.div(e.make<math::SinOp>(a[0]), e.make<math::CosOp>(a[0]));
  });
  add("reciprocal", [](Emitter &e, ValueRange a, Params) {
    return e.div(e.number(a[0], 1.0), a[0]);
  });
  add("isnan", [](Emitter &e, ValueRange a, Params) {
    return e.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, a[0], a[0]);
  });
  add("isinf", [](Emitter &e, ValueRange a, Params) {
    return e.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, e.abs(a[0]),
                                 e.number(a[0], INFINITY));
  });
}

void addActivations(llvm::StringMap<Kind> &k) {
  auto add = [&](StringRef name, unsigned params, EmitFn fn,
                 Domain domain = Domain::Float) {
    k[name] = Kind{1, domain, params, fn};
  };
  add(
      "relu", 0,
      [](Emitter &e, ValueRange a, Params) { return e.max(a[0], 0.0); },
      Domain::Number);
  add("relu6", 0, [](Emitter &e, ValueRange a, Params) {
    return e.min(e.max(a[0], 0.0), 6.0);
  });
  add("sigmoid", 0, [](Emitter &e, ValueRange a, Params) {
    return e.gated(e.number(a[0], 1.0), e.neg(a[0]));
  });
  add("silu", 0, [](Emitter &e, ValueRange a, Params) {
    return e.gated(a[0], e.neg(a[0]));
  });
  add("quick_gelu", 0, [](Emitter &e, ValueRange a, Params) {
    return e.gated(a[0], e.mul(a[0], -1.702));
  });
  add("gelu_erf", 0, emitGeluErf);
  add("gelu_tanh", 0, emitGeluTanh);
  add("softplus", 0,
      [](Emitter &e, ValueRange a, Params) { return e.softplus(a[0]); });
  add("softsign", 0, [](Emitter &e, ValueRange a, Params) {
    return e.div(a[0], e.add(e.abs(a[0]), 1.0));
  });
  add("mish", 0, [](Emitter &e, ValueRange a, Params) {
    return e.mul(a[0], e.make<math::TanhOp>(e.softplus(a[0])));
  });
  add("hard_sigmoid", 2, [](Emitter &e, ValueRange a, Params p) {
    return e.max(e.min(e.add(e.mul(a[0], p[0]), p[1]), 1.0), 0.0);
  });
  add("hard_swish", 0, [](Emitter &e, ValueRange a, Params) {
    Value gate = e.add(e.mul(a[0], 1.0 / 6.0), 0.5);
    return e.mul(a[0], e.max(e.min(gate, 1.0), 0.0));
  });
  add("leaky_relu", 1, [](Emitter &e, ValueRange a, Params p) {
    return e.select(e.greater(a[0], 0), a[0], e.mul(a[0], p[0]));
  });
  add("elu", 1, [](Emitter &e, ValueRange a, Params p) {
    return e.select(e.greater(a[0], 0), a[0], e.mul(e.expm1(a[0]), p[0]));
  });
  add("selu", 2, [](Emitter &e, ValueRange a, Params p) {
    Value negative = e.mul(e.expm1(a[0]), p[0]);
    return e.mul(e.select(e.greater(a[0], 0), a[0], negative), p[1]);
  });
  add("celu", 1, [](Emitter &e, ValueRange a, Params p) {
    Value negative = e.mul(e.expm1(e.mul(a[0], 1.0 / p[0])), p[0]);
    return e.add(e.max(a[0], 0.0), e.min(negative, 0.0));
  });
  add("thresholded_relu", 1, [](Emitter &e, ValueRange a, Params p) {
    return e.select(e.greater(a[0], p[0]), a[0], e.number(a[0], 0));
  });
  add("clip", 2, emitClip, Domain::Number);
  add(
      "scale", 1,
      [](Emitter &e, ValueRange a, Params p) { return e.mul(a[0], p[0]); },
      Domain::Number);
  add(
      "shift", 1,
      [](Emitter &e, ValueRange a, Params p) { return e.add(a[0], p[0]); },
      Domain::Number);
  add("pow_scalar", 1, emitPowScalar);
}

void addBinary(llvm::StringMap<Kind> &k) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  auto add = [&](StringRef name, EmitFn fn, Domain domain = Domain::Number) {
    k[name] = Kind{2, domain, 0, fn};
  };
  add("add",
      [](Emitter &e, ValueRange a, Params) { return e.add(a[0], a[1]); });
  add("sub",
      [](Emitter &e, ValueRange a, Params) { return e.sub(a[0], a[1]); });
  add("mul",
      [](Emitter &e, ValueRange a, Params) { return e.mul(a[0], a[1]); });
  add("div",
      [](Emitter &e, ValueRange a, Params) { return e.div(a[0], a[1]); });
  add("max",
      [](Emitter &e, ValueRange a, Params) { return e.max(a[0], a[1]); });
  add("min",
      [](Emitter &e, ValueRange a, Params) { return e.min(a[0], a[1]); });
  add("mod", emitMod);
  add("fmod", emitFmod);
  add("pow", emitOp<math::PowFOp>, Domain::Float);
  add(
      "prelu",
      [](Emitter &e, ValueRange a, Params) {
        return e.select(e.less(a[0], e.number(a[0], 0)), e.mul(a[0], a[1]),
                        a[0]);
      },
      Domain::Float);
  add("and", emitOp<arith::AndIOp>, Domain::Bool);
  add("or", emitOp<arith::OrIOp>, Domain::Bool);
  add("xor", emitOp<arith::XOrIOp>, Domain::Bool);
  add("equal", emitCompare<F::OEQ, I::eq>);
  add("less", emitCompare<F::OLT, I::slt>);
  add("less_equal", emitCompare<F::OLE, I::sle>);
  add("greater", emitCompare<F::OGT, I::sgt>);
  add("greater_equal", emitCompare<F::OGE, I::sge>);
  k["where"] = Kind{3, Domain::Where, 0, [](Emitter &e, ValueRange a, Params) {
                      return e.select(a[0], a[1], a[2]);
                    }};
}

const llvm::StringMap<Kind> &kinds() {
  static const llvm::StringMap<Kind> table = [] {
    llvm::StringMap<Kind> k;
    addUnary(k);
    addActivations(k);
    addBinary(k);
    return k;
  }();
  return table;
}

bool fits(const Kind &kind, StringRef name, ValueRange arguments) {
  if (arguments.size() != kind.arity)
    return false;
  Type last = arguments.back().getType();
  for (Value argument : arguments.drop_front(kind.domain == Domain::Where))
    if (argument.getType() != last)
      return false;
  switch (kind.domain) {
  case Domain::Float:
    return last.isF32();
  case Domain::Number:
    return last.isF32() || last.isInteger(32) || last.isInteger(64) ||
           (name == "equal" && last.isInteger(1));
  case Domain::Bool:
    return last.isInteger(1);
  case Domain::Where:
    return arguments.front().getType().isInteger(1);
  }
  llvm_unreachable("all domains are above");
}

} // namespace

Value emitPayload(OpBuilder &builder, Location loc, StringRef kind,
                  ValueRange arguments, ArrayRef<double> params) {
  auto it = kinds().find(kind);
  if (it == kinds().end() || !fits(it->second, kind, arguments) ||
      params.size() != it->second.params)
    return {};
  Emitter emitter{builder, loc};
  return it->second.emit(emitter, arguments, params);
}

} // namespace vitc::vit
