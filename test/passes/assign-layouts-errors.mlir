// RUN: vitc-opt %s --vit-assign-layouts --split-input-file --verify-diagnostics

// expected-error @+1 {{model input 0 has its batch dimension behind others}}
func.func @batch_inside(%x: tensor<5x?x4xf32, #vit.batch<1>>) {
  return
}

// -----

func.func @joined_batches(%x: tensor<?x4xf32, #vit.batch<1>>) -> tensor<?x4xf32, #vit.batch<2>> {
  // expected-error @+1 {{joins batches, which no view does}}
  %y = vit.concat %x, %x {axis = 0 : i64} : (tensor<?x4xf32, #vit.batch<1>>, tensor<?x4xf32, #vit.batch<1>>) -> tensor<?x4xf32, #vit.batch<2>>
  return %y : tensor<?x4xf32, #vit.batch<2>>
}

// -----

func.func @no_kernel(%x: tensor<?x2x4x4xf32, #vit.batch<1>>) -> tensor<?x2x2x2xf32, #vit.batch<1>> {
  // expected-error @+1 {{has no kernel}}
  %y = vit.pool2d "max" %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<?x2x4x4xf32, #vit.batch<1>> -> tensor<?x2x2x2xf32, #vit.batch<1>>
  return %y : tensor<?x2x2x2xf32, #vit.batch<1>>
}

// -----

// A region that no template runs at once is taken apart.
func.func @unfused(%x: tensor<?x4xf32, #vit.batch<5>>, %w: tensor<4x4xf32>) -> tensor<?x4xf32, #vit.batch<5>> {
  // expected-remark @+1 {{becomes several launches: an operand that is not the first has a prologue}}
  %y = vit.fused(%x, %w) : (tensor<?x4xf32, #vit.batch<5>>, tensor<4x4xf32>) -> tensor<?x4xf32, #vit.batch<5>> {
  ^bb0(%a: tensor<?x4xf32, #vit.batch<5>>, %b: tensor<4x4xf32>):
    %e = vit.pointwise "exp" (%b) [affine_map<(d0, d1) -> (d0, d1)>] : (tensor<4x4xf32>) -> tensor<4x4xf32> {
    ^bb0(%s: f32):
      %t = math.exp %s : f32
      vit.yield %t : f32
    }
    %l = vit.linear %a, %e : (tensor<?x4xf32, #vit.batch<5>>, tensor<4x4xf32>) -> tensor<?x4xf32, #vit.batch<5>>
    vit.yield %l : tensor<?x4xf32, #vit.batch<5>>
  }
  return %y : tensor<?x4xf32, #vit.batch<5>>
}
