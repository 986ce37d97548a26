//===- ImportOptions.cpp - The shapes that a model is imported for --------===//
#include "frontend/ImportOptions.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;
using vitrt::Diag;
using vitrt::Result;
using vitrt::Status;

namespace vitc::frontend {

/// "8" or "1..8..32"; sizes are 1 to 2^31 - 1.
static bool parseDim(StringRef text, DimRange &dim) {
  auto number = [](StringRef digits, int64_t &value) {
    return !digits.empty() && llvm::isDigit(digits.front()) &&
           !digits.getAsInteger(10, value) && value >= 1 && value <= INT32_MAX;
  };
  llvm::SmallVector<StringRef, 3> parts;
  text.split(parts, "..");
  if (parts.size() == 1 && number(parts[0], dim.min)) {
    dim.opt = dim.max = dim.min;
    return true;
  }
  return parts.size() == 3 && number(parts[0], dim.min) &&
         number(parts[1], dim.opt) && number(parts[2], dim.max) &&
         dim.min <= dim.opt && dim.opt <= dim.max;
}

Result<std::vector<InputShape>> parseShapes(const std::string &text) {
  auto fail = [&](const std::string &why) {
    return Status(Diag::E0204,
                  "--shape " + vitrt::escaped(text) + ": " + why +
                      "; expected NAME:DIMS as in image:1..8..32x3x224x224");
  };
  std::vector<InputShape> shapes;
  llvm::SmallVector<StringRef, 4> inputs;
  StringRef(text).split(inputs, ',');
  for (StringRef input : inputs) {
    InputShape shape;
    StringRef dims = input;
    if (size_t colon = input.rfind(':'); colon != StringRef::npos) {
      shape.name = input.take_front(colon).str();
      dims = input.drop_front(colon + 1);
    }
    llvm::SmallVector<StringRef, 6> sizes;
    dims.split(sizes, 'x');
    for (StringRef size : sizes) {
      DimRange dim;
      if (!parseDim(size, dim))
        return fail("'" + vitrt::escaped(size.str()) + "' is no size");
      shape.dims.push_back(dim);
    }
    for (const InputShape &other : shapes)
      if (other.name == shape.name)
        return fail("an input has two shapes");
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

} // namespace vitc::frontend
