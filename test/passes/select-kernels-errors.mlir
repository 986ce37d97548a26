// RUN: vitc-opt %s --vit-assign-layouts --vit-select-kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{unknown target 'voodoo2': expected a device or sm_NN}}
module attributes {vit.target = "voodoo2"} {
}

// -----

func.func @wide_heads(%q: tensor<2x5x512xf32>) -> tensor<2x5x512xf32> {
  // expected-error @+1 {{has heads of 512 and 512, but kernels take at most 256}}
  %a = vit.attention %q, %q, %q {heads = 1 : i64, kv_heads = 1 : i64, scale = 1.0 : f32} : (tensor<2x5x512xf32>, tensor<2x5x512xf32>, tensor<2x5x512xf32>) -> tensor<2x5x512xf32>
  return %a : tensor<2x5x512xf32>
}

// -----

func.func @across_batch(%x: tensor<?x5xf32, #vit.batch<1>>) -> tensor<5xf32> {
  // expected-error @+1 {{works across the batch, which no kernel does}}
  %m = vit.reduce "sum" %x {axes = array<i64: 0>} : tensor<?x5xf32, #vit.batch<1>> -> tensor<5xf32>
  return %m : tensor<5xf32>
}
