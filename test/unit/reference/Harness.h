//===- Harness.h - Runs a line of IR in the reference executor --*- C++ -*-===//
#ifndef VITC_TEST_UNIT_REFERENCE_HARNESS_H
#define VITC_TEST_UNIT_REFERENCE_HARNESS_H

#include "dialect/ElementTypes.h"
#include "dialect/WeightFiles.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "reference/Interpreter.h"
#include "gtest/gtest.h"

namespace vitc::reference {

/// A parsed module and its context.
struct ParsedModule {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  explicit ParsedModule(const std::string &text) {
    context.loadDialect<vit::VitDialect, mlir::func::FuncDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(
        text, mlir::ParserConfig(&context));
    EXPECT_TRUE(module) << text;
  }
};

/// Runs @main of `text`. Failures of the run are failures of the test.
inline std::vector<Tensor> runMain(const std::string &text,
                                   llvm::ArrayRef<Tensor> inputs,
                                   InterpreterOptions options = {}) {
  ParsedModule parsed(text);
  if (!parsed.module)
    return {};
  WeightEvaluator weights(*parsed.module, nullptr);
  Interpreter interpreter(weights, std::move(options));
  auto results = interpreter.run(
      parsed.module->lookupSymbol<mlir::func::FuncOp>("main"), inputs);
  EXPECT_TRUE(results) << results.status().str();
  return results ? *results : std::vector<Tensor>();
}

/// A function of one op: `body` computes %r of type `result` from %a, %b ...
/// of `types`.
inline Tensor runOp(const std::string &body, std::vector<std::string> types,
                    const std::string &result, llvm::ArrayRef<Tensor> inputs,
                    InterpreterOptions options = {}) {
  std::string text = "func.func @main(";
  for (size_t i = 0; i < types.size(); ++i)
    text += std::string(i ? ", " : "") + "%" + char('a' + i) + ": " + types[i];
  text += ") -> " + result + " {\n" + body + "\nreturn %r : " + result + "\n}";
  std::vector<Tensor> results = runMain(text, inputs, std::move(options));
  return results.empty() ? Tensor() : results.front();
}

/// 0, 1, 2 ... scaled: small numbers that are exact.
inline Tensor iota(llvm::ArrayRef<int64_t> shape, float step = 1,
                   float first = 0) {
  Tensor tensor(DType::F32, shape);
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    tensor.mutableAs<float>()[i] = first + step * float(i);
  return tensor;
}

inline void expectValues(const Tensor &tensor, std::vector<double> values,
                         double tolerance = 1e-6) {
  ASSERT_EQ(tensor.numElements(), int64_t(values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(tensor.at(i), values[i], tolerance) << "at " << i;
}

} // namespace vitc::reference

#endif // VITC_TEST_UNIT_REFERENCE_HARNESS_H
