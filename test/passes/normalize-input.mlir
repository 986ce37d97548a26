// RUN: vitc-opt %s --vit-normalize-input="mean=0.5,0.4,0.3 deviation=0.25,0.5,0.2" --split-input-file | FileCheck %s

// CHECK:      vit.initializer @input_{{mean|scale}} : tensor<1x3x1x1xf32>
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[IMAGE:.+]]: tensor<?x3x8x8xf32, #vit.batch<1>>)
// CHECK:         %[[MEAN:.+]] = vit.weight @input_mean
// CHECK:         %[[SCALE:.+]] = vit.weight @input_scale
// CHECK:         %[[CENTRED:.+]] = vit.pointwise "sub"(%[[IMAGE]], %[[MEAN]])
// CHECK:         %[[RESULT:.+]] = vit.pointwise "mul"(%[[CENTRED]], %[[SCALE]])
// CHECK:         return %[[RESULT]]
func.func @main(%image: tensor<?x3x8x8xf32, #vit.batch<1>>) -> tensor<?x3x8x8xf32, #vit.batch<1>> {
  return %image : tensor<?x3x8x8xf32, #vit.batch<1>>
}
