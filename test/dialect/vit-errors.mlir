// One case a constraint of the contractions and norms: function <op>_c<number>
// breaks (C<number>) of vit.<op>.
// RUN: vitc-opt %s -split-input-file -verify-diagnostics

func.func @linear_c1(%x: tensor<4x8xf32>, %w: tensor<3x7xf32>) {
  // expected-error @+1 {{expects 8 weight columns to match the last input dimension, but got 7}}
  %0 = vit.linear %x, %w : (tensor<4x8xf32>, tensor<3x7xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<4x8xf32>, %w: tensor<3x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{expects a bias of [3], but got [8]}}
  %0 = vit.linear %x, %w, %b : (tensor<4x8xf32>, tensor<3x8xf32>, tensor<8xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @linear_c3(%x: tensor<?x8xf32, #vit.batch<5>>, %w: tensor<3x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<?x3xf32, #vit.batch<5>>', but got 'tensor<?x3xf32, #vit.batch<4>>'}}
  %0 = vit.linear %x, %w : (tensor<?x8xf32, #vit.batch<5>>, tensor<3x8xf32>) -> tensor<?x3xf32, #vit.batch<4>>
  return
}

// -----

func.func @linear_c4(%x: tensor<4x8xf32>, %w: tensor<3x8xf16>) {
  // expected-error @+1 {{expects input and weight of one element type, but got 'f32' and 'f16'}}
  %0 = vit.linear %x, %w : (tensor<4x8xf32>, tensor<3x8xf16>) -> tensor<4x3xf32>
  return
}

// -----

func.func @matmul_c1(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>) {
  // expected-error @+1 {{expects contracted sizes that agree, but got 8 and 4}}
  %0 = vit.matmul %a, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_c2(%a: tensor<2x4x8xf32>, %b: tensor<3x8x4xf32>) {
  // expected-error @+1 {{expects shapes that broadcast, but got [2] and [3]}}
  %0 = vit.matmul %a, %b : (tensor<2x4x8xf32>, tensor<3x8x4xf32>) -> tensor<2x4x4xf32>
  return
}

// -----

func.func @matmul_c3(%a: tensor<2x4x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<2x4x4xf32>', but got 'tensor<4x4xf32>'}}
  %0 = vit.matmul %a, %b : (tensor<2x4x8xf32>, tensor<8x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @qkv_projection_c1(%x: tensor<4x8xf32>, %w: tensor<12x4xf32>) {
  // expected-error @+1 {{expects 8 weight columns to match the last input dimension, but got 4}}
  %0:3 = vit.qkv_projection %x, %w : (tensor<4x8xf32>, tensor<12x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @qkv_projection_c2(%x: tensor<4x8xf32>, %w: tensor<12x8xf32>) {
  // expected-error @+1 {{expects three widths that add up to the 12 weight rows, but got 13 of 3}}
  %0:3 = vit.qkv_projection %x, %w : (tensor<4x8xf32>, tensor<12x8xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x5xf32>)
  return
}

// -----

func.func @qkv_projection_c3(%x: tensor<4x8xf32>, %w: tensor<12x8xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expects a bias of [12], but got [4]}}
  %0:3 = vit.qkv_projection %x, %w, %b : (tensor<4x8xf32>, tensor<12x8xf32>, tensor<4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @qkv_projection_c4(%x: tensor<4x8xf32>, %w: tensor<12x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<4x4xf32>', but got 'tensor<2x4xf32>'}}
  %0:3 = vit.qkv_projection %x, %w : (tensor<4x8xf32>, tensor<12x8xf32>) -> (tensor<4x4xf32>, tensor<2x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @attention_c1(%q: tensor<1x4x8xf32>, %k: tensor<1x5x8xf32>, %v: tensor<1x6x8xf32>) {
  // expected-error @+1 {{expects q, k and v of one batch, k and v of one length, but got [1, 4, 8], [1, 5, 8] and [1, 6, 8]}}
  %0 = vit.attention %q, %k, %v {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<1x4x8xf32>, tensor<1x5x8xf32>, tensor<1x6x8xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

func.func @attention_c2(%q: tensor<1x4x8xf32>) {
  // expected-error @+1 {{expects the width of q to be a multiple of 3 heads, but got 8}}
  %0 = vit.attention %q, %q, %q {heads = 3 : i64, kv_heads = 1 : i64, scale = 0.5 : f32} : (tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

func.func @attention_c3(%q: tensor<1x4x8xf32>, %k: tensor<1x4x4xf32>) {
  // expected-error @+1 {{expects heads of q and k of one size, but got 4 and 2}}
  %0 = vit.attention %q, %k, %q {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<1x4x8xf32>, tensor<1x4x4xf32>, tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

func.func @attention_c4(%q: tensor<?x4x8xf32, #vit.batch<1>>, %b: tensor<4x4xf32>) {
  // expected-error @+1 {{expects a bias of rank 4 that broadcasts to [1*B, 2, 4, 4], but got [4, 4]}}
  %0 = vit.attention %q, %q, %q bias %b {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<?x4x8xf32, #vit.batch<1>>, tensor<?x4x8xf32, #vit.batch<1>>, tensor<?x4x8xf32, #vit.batch<1>>, tensor<4x4xf32>) -> tensor<?x4x8xf32, #vit.batch<1>>
  return
}

// -----

func.func @attention_c5(%q: tensor<1x4x8xf32>, %v: tensor<1x4x2xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<1x4x2xf32>', but got 'tensor<1x4x8xf32>'}}
  %0 = vit.attention %q, %q, %v {heads = 2 : i64, kv_heads = 2 : i64, scale = 0.5 : f32} : (tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x2xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

func.func @window_attention_c1(%q: tensor<1x16x8xf32>, %k: tensor<1x16x4xf32>) {
  // expected-error @+1 {{expects q, k and v of one shape}}
  %0 = vit.window_attention %q, %k, %q {heads = 2 : i64, scale = 0.5 : f32, grid = array<i64: 4, 4>, window = array<i64: 2, 2>, shift = array<i64: 0, 0>} : (tensor<1x16x8xf32>, tensor<1x16x4xf32>, tensor<1x16x8xf32>) -> tensor<1x16x8xf32>
  return
}

// -----

func.func @window_attention_c2(%q: tensor<1x16x8xf32>) {
  // expected-error @+1 {{expects a window that divides the grid and a shift in [0, window), but got grid 4, window 2, shift 2}}
  %0 = vit.window_attention %q, %q, %q {heads = 2 : i64, scale = 0.5 : f32, grid = array<i64: 4, 4>, window = array<i64: 2, 2>, shift = array<i64: 0, 2>} : (tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>) -> tensor<1x16x8xf32>
  return
}

// -----

func.func @window_attention_c3(%q: tensor<1x16x8xf32>, %b: tensor<1x4x4xf32>) {
  // expected-error @+1 {{expects a bias of [2, 4, 4], but got [1, 4, 4]}}
  %0 = vit.window_attention %q, %q, %q bias %b {heads = 2 : i64, scale = 0.5 : f32, grid = array<i64: 4, 4>, window = array<i64: 2, 2>, shift = array<i64: 0, 0>} : (tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x16x8xf32>, tensor<1x4x4xf32>) -> tensor<1x16x8xf32>
  return
}

// -----

func.func @patch_embed_c1(%i: tensor<1x3x8x8xf32>, %w: tensor<6x4x4x4xf32>) {
  // expected-error @+1 {{expects 3 channels in the weight, but got 4}}
  %0 = vit.patch_embed %i, %w : (tensor<1x3x8x8xf32>, tensor<6x4x4x4xf32>) -> tensor<1x4x6xf32>
  return
}

// -----

func.func @patch_embed_c2(%i: tensor<1x3x8x8xf32>, %w: tensor<6x3x4x4xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expects a bias of [6], but got [4]}}
  %0 = vit.patch_embed %i, %w, %b : (tensor<1x3x8x8xf32>, tensor<6x3x4x4xf32>, tensor<4xf32>) -> tensor<1x4x6xf32>
  return
}

// -----

func.func @patch_embed_c3(%i: tensor<1x3x8x8xf32>, %w: tensor<6x3x4x4xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<1x4x6xf32>', but got 'tensor<1x6x4xf32>'}}
  %0 = vit.patch_embed %i, %w : (tensor<1x3x8x8xf32>, tensor<6x3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}

// -----

func.func @conv2d_c1(%i: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects channels that 2 groups divide}}
  %0 = vit.conv2d %i, %w {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 2 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @conv2d_c2(%i: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expects a bias of [6], but got [4]}}
  %0 = vit.conv2d %i, %w, %b {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @conv2d_c3(%i: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<1x6x4x4xf32>', but got 'tensor<1x6x8x8xf32>'}}
  %0 = vit.conv2d %i, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @layer_norm_c1(%x: tensor<4x8xf32>, %g: tensor<4xf32>) {
  // expected-error @+1 {{expects gamma and beta of [8] to match the last input dimension, but got [4]}}
  %0 = vit.layer_norm %x gamma %g {epsilon = 1.0e-6 : f32} : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @layer_norm_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<4x8xf32>', but got 'tensor<8x4xf32>'}}
  %0 = vit.layer_norm %x {epsilon = 1.0e-6 : f32} : (tensor<4x8xf32>) -> tensor<8x4xf32>
  return
}

// -----

func.func @layer_norm_c3(%x: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{expects no beta with rms}}
  %0 = vit.layer_norm %x beta %b {epsilon = 1.0e-6 : f32, rms} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @softmax_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects an axis in [0, 2), but got -1}}
  %0 = vit.softmax %x {axis = -1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @reduce_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects ascending axes in [0, 2), but got 0 at position 1}}
  %0 = vit.reduce "sum" %x {axes = array<i64: 1, 0>} : tensor<4x8xf32> -> tensor<f32>
  return
}

// -----

func.func @reduce_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<4x1xf32>', but got 'tensor<4xf32>'}}
  %0 = vit.reduce "sum" %x {axes = array<i64: 1>, keep_dims} : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce_c3(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a known kind of reduction, but got 'median'}}
  %0 = vit.reduce "median" %x {axes = array<i64: 1>} : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @pool2d_c1(%x: tensor<1x3x5x5xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<1x3x3x3xf32>', but got 'tensor<1x3x2x2xf32>'}}
  %0 = vit.pool2d "max" %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, ceil_mode} : tensor<1x3x5x5xf32> -> tensor<1x3x2x2xf32>
  return
}
