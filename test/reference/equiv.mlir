// vitc-equiv runs a module before and after passes, or two modules.
// RUN: vitc-equiv %s --passes=canonicalize,cse | FileCheck %s
// RUN: vitc-equiv %s %S/Inputs/other.mlir --fp64 | FileCheck %s
// RUN: not vitc-equiv %s %S/Inputs/wrong.mlir | FileCheck %s --check-prefix=WRONG
// RUN: vitc-equiv %s --batch=1 | FileCheck %s --check-prefix=PRINT
// CHECK: @main: equivalent
// WRONG: @main: DIFFERS, worst difference 0.5
// PRINT: @main #0 f32 [3, 4]: 0.98

vit.initializer @w : tensor<4x8xf32> = #vit.random<1>
func.func @main(%x: tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x4xf32, #vit.batch<3>> {
  %w = vit.weight @w : tensor<4x8xf32>
  %0 = vit.linear %x, %w : (tensor<?x8xf32, #vit.batch<3>>, tensor<4x8xf32>) -> tensor<?x4xf32, #vit.batch<3>>
  %1 = vit.softmax %0 {axis = 1 : i64} : tensor<?x4xf32, #vit.batch<3>> -> tensor<?x4xf32, #vit.batch<3>>
  return %1 : tensor<?x4xf32, #vit.batch<3>>
}
