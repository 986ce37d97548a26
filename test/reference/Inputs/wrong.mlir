// Half of what equiv.mlir computes.
vit.initializer @w : tensor<4x8xf32> = #vit.random<1>
func.func @main(%x: tensor<?x8xf32, #vit.batch<3>>) -> tensor<?x4xf32, #vit.batch<3>> {
  %w = vit.weight @w : tensor<4x8xf32>
  %0 = vit.linear %x, %w : (tensor<?x8xf32, #vit.batch<3>>, tensor<4x8xf32>) -> tensor<?x4xf32, #vit.batch<3>>
  %1 = vit.softmax %0 {axis = 1 : i64} : tensor<?x4xf32, #vit.batch<3>> -> tensor<?x4xf32, #vit.batch<3>>
  %2 = vit.pointwise "scale" (%1) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<?x4xf32, #vit.batch<3>>) -> tensor<?x4xf32, #vit.batch<3>> {
  ^bb0(%a: f32):
    %h = arith.constant 0.5 : f32
    %m = arith.mulf %a, %h : f32
    vit.yield %m : f32
  }
  return %2 : tensor<?x4xf32, #vit.batch<3>>
}
