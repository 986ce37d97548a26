// What equiv.mlir computes, with the weight transposed by a recipe.
vit.initializer @w : tensor<4x8xf32> = #vit.random<1>
vit.initializer @wt : tensor<8x4xf32> {
  %w = vit.weight @w : tensor<4x8xf32>
  %t = vit.transpose %w [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  vit.yield %t : tensor<8x4xf32>
}
func.func @main(%x: tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x4xf32, #vit.batch<3>> {
  %w = vit.weight @wt : tensor<8x4xf32>
  %0 = vit.matmul %x, %w : (tensor<?x8xf32, #vit.batch<3>>, tensor<8x4xf32>) -> tensor<?x4xf32, #vit.batch<3>>
  %1 = vit.softmax %0 {axis = 1 : i64} : tensor<?x4xf32, #vit.batch<3>> -> tensor<?x4xf32, #vit.batch<3>>
  return %1 : tensor<?x4xf32, #vit.batch<3>>
}
