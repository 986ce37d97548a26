//===- VitkAttrs.cpp - Text and hashes of the vitk attributes -------------===//
#include "dialect/ConfigFields.h"
#include "dialect/ElementTypes.h"
#include "dialect/Vitk.h"

using namespace mlir;
using namespace vitc::vitk;
using namespace vitrt::format;
using vitc::Factor;

//===----------------------------------------------------------------------===//
// Configs
//===----------------------------------------------------------------------===//

// In the order of ReduceKind, from 1.
static constexpr const char *kReduceKinds[] = {
    "sum", "mean", "max", "min", "sum_square", "l2", "l1", "prod", "argmax"};

StringRef vitc::vitk::reduceKindName(ReduceKind kind) {
  return kReduceKinds[int(kind) - 1];
}

std::optional<ReduceKind> vitc::vitk::reduceKindByName(StringRef name) {
  for (auto [index, known] : llvm::enumerate(kReduceKinds))
    if (name == known)
      return ReduceKind(index + 1);
  return std::nullopt;
}

namespace {
struct Hasher {
  llvm::hash_code code = 0;
  void operator()(const char *, const Extent &x) {
    code = llvm::hash_combine(code, x.value, x.perBatch);
  }
  void operator()(const char *, float x) {
    code = llvm::hash_combine(code, llvm::bit_cast<uint32_t>(x));
  }
  template <class T> void operator()(const char *, const T &x) {
    code = llvm::hash_combine(code, int64_t(x));
  }
};

struct ConfigPrinter {
  AsmPrinter &printer;
  bool first = true;
  template <class T> void operator()(const char *name, const T &x) {
    printer << (first ? "" : ", ") << name << " = ";
    first = false;
    print(x);
  }
  void print(const Extent &x) {
    printer << x.value << (x.perBatch ? "*B" : "");
  }
  void print(DType x) { printer << vitc::dtypeName(x); }
  void print(ReduceKind x) { printer << reduceKindName(x); }
  void print(bool x) { printer << (x ? "true" : "false"); }
  void print(float x) { printer.printFloat(llvm::APFloat(x)); }
  template <class T> void print(T x) { printer << int64_t(x); }
};

struct ConfigParser {
  AsmParser &parser;
  bool first = true;
  ParseResult result = success();
  template <class T> void operator()(const char *name, T &x) {
    if (failed(result))
      return;
    if ((!first && parser.parseComma()) || parser.parseKeyword(name) ||
        parser.parseEqual() || parse(x))
      result = failure();
    first = false;
  }
  ParseResult parse(Extent &x) {
    if (parser.parseInteger(x.value))
      return failure();
    x.perBatch = succeeded(parser.parseOptionalStar());
    return x.perBatch ? parser.parseKeyword("B") : success();
  }
  ParseResult parse(DType &x) {
    StringRef name;
    llvm::SMLoc place = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    std::optional<DType> dtype = vitc::dtypeByName(name);
    if (!dtype)
      return parser.emitError(place, "expected an element type");
    x = *dtype;
    return success();
  }
  ParseResult parse(bool &x) {
    x = succeeded(parser.parseOptionalKeyword("true"));
    return x ? success() : parser.parseKeyword("false");
  }
  ParseResult parse(float &x) {
    llvm::APFloat value(0.0f);
    if (parser.parseFloat(llvm::APFloat::IEEEsingle(), value))
      return failure();
    x = value.convertToFloat();
    return success();
  }
  ParseResult parse(ReduceKind &x) {
    StringRef name;
    llvm::SMLoc place = parser.getCurrentLocation();
    if (parser.parseKeyword(&name))
      return failure();
    std::optional<ReduceKind> kind = vitc::vitk::reduceKindByName(name);
    if (!kind)
      return parser.emitError(place, "expected a kind of reduction");
    x = *kind;
    return success();
  }
  template <class T> ParseResult parse(T &x) { return parser.parseInteger(x); }
};
} // namespace

template <class Config>
static llvm::hash_code hashConfig(const Config &config) {
  Hasher hasher;
  visitFields(config, hasher);
  return hasher.code;
}

template <class Config>
static void printConfig(AsmPrinter &printer, const Config &config) {
  printer << "<";
  ConfigPrinter fields{printer};
  visitFields(config, fields);
  printer << ">";
}

template <class Attr, class Config>
static Attribute parseConfig(AsmParser &parser) {
  Config config;
  ConfigParser fields{parser};
  if (parser.parseLess())
    return {};
  visitFields(config, fields);
  if (failed(fields.result) || parser.parseGreater())
    return {};
  return Attr::get(parser.getContext(), config);
}

#define VITK_CONFIG(NAME)                                                      \
  llvm::hash_code vitrt::format::hash_value(const NAME &config) {              \
    return hashConfig(config);                                                 \
  }                                                                            \
  void NAME##Attr::print(AsmPrinter &printer) const {                          \
    printConfig(printer, getValue());                                          \
  }                                                                            \
  Attribute NAME##Attr::parse(AsmParser &parser, Type) {                       \
    return parseConfig<NAME##Attr, NAME>(parser);                              \
  }
VITK_CONFIG(GemmConfig)
VITK_CONFIG(AttentionConfig)
VITK_CONFIG(RowNormConfig)
VITK_CONFIG(SoftmaxConfig)
VITK_CONFIG(ReduceConfig)
VITK_CONFIG(PointwiseConfig)
#undef VITK_CONFIG

//===----------------------------------------------------------------------===//
// View
//===----------------------------------------------------------------------===//

// The code is: base; axes: count, then for each its dims' count and (extent,
// stride, table); guards: count, then for each its terms' count, (axis, dim,
// factor), base, lo and hi.
ViewAttr ViewAttr::get(MLIRContext *context, int64_t offset, const View &view) {
  SmallVector<int64_t> code{view.offset, int64_t(view.axes.size())};
  for (const std::vector<AxisDim> &axis : view.axes) {
    code.push_back(axis.size());
    for (const AxisDim &dim : axis)
      code.append({dim.extent, dim.stride, dim.table});
  }
  code.push_back(view.guards.size());
  for (const Guard &guard : view.guards) {
    code.push_back(guard.terms.size());
    for (const GuardTerm &term : guard.terms)
      code.append({int64_t(term.axis), int64_t(term.dim), term.factor});
    code.append({guard.base, guard.lo, guard.hi});
  }
  return get(context, offset, code);
}

View ViewAttr::value() const {
  ArrayRef<int64_t> code = getCode();
  auto next = [&] {
    int64_t value = code.front();
    code = code.drop_front();
    return value;
  };
  View view;
  view.offset = next();
  view.axes.resize(next());
  for (std::vector<AxisDim> &axis : view.axes) {
    axis.resize(next());
    for (AxisDim &dim : axis) {
      dim.extent = next();
      dim.stride = next();
      dim.table = next();
    }
  }
  view.guards.resize(next());
  for (Guard &guard : view.guards) {
    guard.terms.resize(next());
    for (GuardTerm &term : guard.terms) {
      term.axis = next();
      term.dim = next();
      term.factor = next();
    }
    guard.base = next();
    guard.lo = next();
    guard.hi = next();
  }
  return view;
}

void ViewAttr::print(AsmPrinter &printer) const {
  View view = value();
  printer << "<" << getOffset() << " +";
  for (const std::vector<AxisDim> &axis : view.axes) {
    printer << " [";
    llvm::interleaveComma(axis, printer.getStream(), [&](const AxisDim &dim) {
      printer << dim.extent << ":" << dim.stride;
      if (dim.table >= 0)
        printer << " at " << dim.table;
    });
    printer << "]";
  }
  if (view.offset)
    printer << " base " << view.offset;
  for (const Guard &guard : view.guards) {
    printer << " guard([";
    llvm::interleaveComma(
        guard.terms, printer.getStream(), [&](const GuardTerm &term) {
          printer << term.axis << ":" << term.dim << ":" << term.factor;
        });
    printer << "], " << guard.base << ", " << guard.lo << ", " << guard.hi
            << ")";
  }
  printer << ">";
}

static ParseResult parseTriple(AsmParser &parser, int64_t &a, int64_t &b,
                               int64_t &c) {
  return failure(parser.parseInteger(a) || parser.parseColon() ||
                 parser.parseInteger(b) || parser.parseColon() ||
                 parser.parseInteger(c));
}

static ParseResult parseDim(AsmParser &parser, AxisDim &dim) {
  if (parser.parseInteger(dim.extent) || parser.parseColon() ||
      parser.parseInteger(dim.stride))
    return failure();
  if (failed(parser.parseOptionalKeyword("at")))
    return success();
  return parser.parseInteger(dim.table);
}

static ParseResult parseGuard(AsmParser &parser, Guard &guard) {
  auto parseTerm = [&]() -> ParseResult {
    int64_t axis, dim, factor;
    if (parseTriple(parser, axis, dim, factor))
      return failure();
    guard.terms.push_back({uint32_t(axis), uint32_t(dim), factor});
    return success();
  };
  return failure(
      parser.parseLParen() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseTerm) ||
      parser.parseComma() || parser.parseInteger(guard.base) ||
      parser.parseComma() || parser.parseInteger(guard.lo) ||
      parser.parseComma() || parser.parseInteger(guard.hi) ||
      parser.parseRParen());
}

Attribute ViewAttr::parse(AsmParser &parser, Type) {
  int64_t offset = 0;
  View view;
  if (parser.parseLess() || parser.parseInteger(offset) || parser.parsePlus())
    return {};
  while (succeeded(parser.parseOptionalLSquare())) {
    std::vector<AxisDim> &axis = view.axes.emplace_back();
    if (succeeded(parser.parseOptionalRSquare()))
      continue;
    do {
      if (parseDim(parser, axis.emplace_back()))
        return {};
    } while (succeeded(parser.parseOptionalComma()));
    if (parser.parseRSquare())
      return {};
  }
  if (succeeded(parser.parseOptionalKeyword("base")) &&
      parser.parseInteger(view.offset))
    return {};
  while (succeeded(parser.parseOptionalKeyword("guard")))
    if (parseGuard(parser, view.guards.emplace_back()))
      return {};
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), offset, view);
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

// The code is: dims' count, then for each its factors' count and (extent, per
// batch, stride).
LayoutAttr LayoutAttr::get(MLIRContext *context, const Layout &layout) {
  SmallVector<int64_t> code{int64_t(layout.view.dims.size())};
  for (const auto &dim : layout.view.dims) {
    code.push_back(dim.size());
    for (const Factor &factor : dim)
      code.append({factor.extent.value, factor.extent.perBatch, factor.stride});
  }
  return get(context, layout.output, layout.root, layout.view.offset, code);
}

Layout LayoutAttr::value() const {
  ArrayRef<int64_t> code = getCode();
  auto next = [&] {
    int64_t value = code.front();
    code = code.drop_front();
    return value;
  };
  Layout layout{getOutput(), getRoot(), {}};
  layout.view.offset = getOffset();
  layout.view.dims.resize(next());
  for (auto &dim : layout.view.dims) {
    dim.resize(next());
    for (Factor &factor : dim) {
      factor.extent.value = next();
      factor.extent.perBatch = next();
      factor.stride = next();
    }
  }
  return layout;
}

void LayoutAttr::print(AsmPrinter &printer) const {
  Layout layout = value();
  printer << "<" << (layout.output ? "output " : "buffer ") << layout.root
          << " + " << layout.view.offset << ",";
  for (const auto &dim : layout.view.dims) {
    printer << " [";
    llvm::interleaveComma(dim, printer.getStream(), [&](const Factor &factor) {
      printer << factor.extent.value << (factor.extent.perBatch ? "*B:" : ":")
              << factor.stride;
    });
    printer << "]";
  }
  printer << ">";
}

static ParseResult parseFactor(AsmParser &parser, Factor &factor) {
  if (parser.parseInteger(factor.extent.value))
    return failure();
  factor.extent.perBatch = succeeded(parser.parseOptionalStar());
  if (factor.extent.perBatch && parser.parseKeyword("B"))
    return failure();
  return failure(parser.parseColon() || parser.parseInteger(factor.stride));
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  Layout layout;
  if (parser.parseLess())
    return {};
  layout.output = succeeded(parser.parseOptionalKeyword("output"));
  if ((!layout.output && parser.parseKeyword("buffer")) ||
      parser.parseInteger(layout.root) || parser.parsePlus() ||
      parser.parseInteger(layout.view.offset) || parser.parseComma())
    return {};
  while (succeeded(parser.parseOptionalLSquare())) {
    auto &dim = layout.view.dims.emplace_back();
    if (succeeded(parser.parseOptionalRSquare()))
      continue;
    do {
      if (parseFactor(parser, dim.emplace_back()))
        return {};
    } while (succeeded(parser.parseOptionalComma()));
    if (parser.parseRSquare())
      return {};
  }
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), layout);
}
