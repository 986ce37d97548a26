// RUN: vitc-opt %s --split-input-file --vit-fuse-qkv --verify-diagnostics | FileCheck %s

vit.initializer @q : tensor<48x48xf32> = #vit.random<1>
vit.initializer @kv : tensor<96x48xf32> = #vit.random<2>

// PVT: keys and values of fewer tokens.
// CHECK-LABEL: func.func @reduced_keys
// CHECK: vit.qkv_projection %arg1, {{.*}} -> (tensor<?x4x0xf32, #vit.batch<1>>, tensor<?x4x48xf32, #vit.batch<1>>, tensor<?x4x48xf32, #vit.batch<1>>)
func.func @reduced_keys(%x: tensor<?x17x48xf32, #vit.batch<1>>, %y: tensor<?x4x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<48x48xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %2 = vit.weight @kv : tensor<96x48xf32>
  %3 = vit.linear %y, %2 : (tensor<?x4x48xf32, #vit.batch<1>>, tensor<96x48xf32>) -> tensor<?x4x96xf32, #vit.batch<1>>
  %4 = vit.slice %3 [0, 0, 0] [1, 1, 1] : tensor<?x4x96xf32, #vit.batch<1>> -> tensor<?x4x48xf32, #vit.batch<1>>
  %5 = vit.slice %3 [0, 0, 48] [1, 1, 1] : tensor<?x4x96xf32, #vit.batch<1>> -> tensor<?x4x48xf32, #vit.batch<1>>
  // expected-remark @below {{K and V are fused alone: Q is a projection of another tensor}}
  %6 = vit.attention %1, %4, %5 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x4x48xf32, #vit.batch<1>>, tensor<?x4x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %6 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @q : tensor<48x48xf32> = #vit.random<1>
vit.initializer @k : tensor<48x48xf32> = #vit.random<2>
vit.initializer @v : tensor<48x48xf32> = #vit.random<3>

// Each of another tensor.
// CHECK-LABEL: func.func @three_inputs
// CHECK-NOT: vit.qkv_projection
// CHECK: return
func.func @three_inputs(%x: tensor<?x17x48xf32, #vit.batch<1>>, %y: tensor<?x17x48xf32, #vit.batch<1>>, %z: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<48x48xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %2 = vit.weight @k : tensor<48x48xf32>
  %3 = vit.linear %y, %2 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %4 = vit.weight @v : tensor<48x48xf32>
  %5 = vit.linear %z, %4 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  // expected-remark @below {{Q, K and V are not fused: K and V are projections of different tensors}}
  %6 = vit.attention %1, %3, %5 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %6 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @q : tensor<48x48xf32> = #vit.random<1>
vit.initializer @k : tensor<48x48xf32> = #vit.random<2>

// V is no projection.
// CHECK-LABEL: func.func @v_is_input
// CHECK-NOT: vit.qkv_projection
// CHECK: return
func.func @v_is_input(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>> {
  %0 = vit.weight @q : tensor<48x48xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %2 = vit.weight @k : tensor<48x48xf32>
  %3 = vit.linear %x, %2 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<48x48xf32>) -> tensor<?x17x48xf32, #vit.batch<1>>
  // expected-remark @below {{Q, K and V are not fused: V does not come from one linear}}
  %4 = vit.attention %1, %3, %x {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  return %4 : tensor<?x17x48xf32, #vit.batch<1>>
}

// -----

vit.initializer @w : tensor<144x48xf32> = #vit.random<1>

// Something else reads the projection.
// CHECK-LABEL: func.func @read_by_others
// CHECK-NOT: vit.qkv_projection
// CHECK: return
func.func @read_by_others(%x: tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x192xf32, #vit.batch<1>> {
  %0 = vit.weight @w : tensor<144x48xf32>
  %1 = vit.linear %x, %0 : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<144x48xf32>) -> tensor<?x17x144xf32, #vit.batch<1>>
  %2 = vit.slice %1 [0, 0, 0] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %3 = vit.slice %1 [0, 0, 48] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  %4 = vit.slice %1 [0, 0, 96] [1, 1, 1] : tensor<?x17x144xf32, #vit.batch<1>> -> tensor<?x17x48xf32, #vit.batch<1>>
  // expected-remark @below {{Q, K and V are not fused: a projection is read by others too}}
  %5 = vit.attention %2, %3, %4 {heads = 3 : i64, kv_heads = 3 : i64, scale = 2.500000e-01 : f32} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x48xf32, #vit.batch<1>>) -> tensor<?x17x48xf32, #vit.batch<1>>
  %6 = vit.concat %5, %1 {axis = 2 : i64} : (tensor<?x17x48xf32, #vit.batch<1>>, tensor<?x17x144xf32, #vit.batch<1>>) -> tensor<?x17x192xf32, #vit.batch<1>>
  return %6 : tensor<?x17x192xf32, #vit.batch<1>>
}
