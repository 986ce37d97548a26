//===- Context.cpp - The dialects of a vitc module ------------------------===//
#include "dialect/Vitk.h"
#include "tools/vitc/Driver.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace vitc {

std::unique_ptr<mlir::MLIRContext> makeContext() {
  mlir::DialectRegistry registry;
  registry.insert<vit::VitDialect, vitk::VitkDialect, mlir::func::FuncDialect,
                  mlir::arith::ArithDialect, mlir::math::MathDialect>();
  auto context = std::make_unique<mlir::MLIRContext>(
      registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

} // namespace vitc
