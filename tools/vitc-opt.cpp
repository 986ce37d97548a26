//===- vitc-opt.cpp - Run passes over vit and vitk IR ---------------------===//
#include "dialect/Vit.h"
#include "dialect/Vitk.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<vitc::vit::VitDialect, vitc::vitk::VitkDialect,
                  mlir::func::FuncDialect, mlir::arith::ArithDialect,
                  mlir::math::MathDialect>();
  vitc::vit::registerVitPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "vitc optimizer\n", registry));
}
