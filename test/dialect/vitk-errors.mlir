// RUN: vitc-opt %s --split-input-file --verify-diagnostics

// kernel_c1
func.func @kernel_c1(%x: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expects 2 views, but got 1}}
  %r = vitk.pointwise "simt" <elements = 4, threads = 256, per_thread = 1> ins(%x : tensor<4xf32>) outs(%d : tensor<4xf32>) views [#vitk.view<0 + [4:1]>] attributes {bytes = 0.0 : f64, device = 0 : i64, flops = 0.0 : f64, grid = array<i64: 0, 4, 256, 0, 1, 1, 0, 1, 1>, shared_bytes = 0 : i64, threads = 256 : i64, vit_op = "vit.pointwise", why = ""}
  return %r : tensor<4xf32>
}

// -----

// kernel_c3
func.func @kernel_c3(%x: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expects arguments of the prologue to be inputs or -1, but got 3}}
  %r = vitk.pointwise "simt" <elements = 4, threads = 256, per_thread = 1> ins(%x : tensor<4xf32>) outs(%d : tensor<4xf32>) views [#vitk.view<0 + [4:1]>, #vitk.view<0 + [4:1]>] prologue [3] {
  ^bb0(%a: f32):
    vit.yield %a : f32
  } attributes {bytes = 0.0 : f64, device = 0 : i64, flops = 0.0 : f64, grid = array<i64: 0, 4, 256, 0, 1, 1, 0, 1, 1>, shared_bytes = 0 : i64, threads = 256 : i64, vit_op = "vit.pointwise", why = ""}
  return %r : tensor<4xf32>
}

// -----

// kernel_c4
func.func @kernel_c4(%x: tensor<4xf32>, %d: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expects table 0 to be an i32 input}}
  %r = vitk.pointwise "simt" <elements = 4, threads = 256, per_thread = 1> ins(%x : tensor<4xf32>) outs(%d : tensor<4xf32>) views [#vitk.view<0 + [4:1 at 0]>, #vitk.view<0 + [4:1]>] attributes {bytes = 0.0 : f64, device = 0 : i64, flops = 0.0 : f64, grid = array<i64: 0, 4, 256, 0, 1, 1, 0, 1, 1>, shared_bytes = 0 : i64, threads = 256 : i64, vit_op = "vit.pointwise", why = ""}
  return %r : tensor<4xf32>
}

// -----

func.func @buffer_c1() {
  // expected-error @+1 {{expects an output or an offset, but got both}}
  %b = vitk.buffer output 0 at 256 : tensor<4xf32>
  return
}
