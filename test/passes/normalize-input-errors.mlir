// RUN: vitc-opt %s --vit-normalize-input="mean=0.5" --verify-diagnostics

// expected-error @below {{expects exactly one f32 input [B, 1, H, W]}}
module {
  func.func @main(%image: tensor<?x3x8x8xf32, #vit.batch<1>>) -> tensor<?x3x8x8xf32, #vit.batch<1>> {
    return %image : tensor<?x3x8x8xf32, #vit.batch<1>>
  }
}
