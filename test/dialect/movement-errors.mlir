// One case a constraint of weights, data movement, pointwise and regions:
// function <op>_c<number> breaks (C<number>) of vit.<op>.
// RUN: vitc-opt %s -split-input-file -verify-diagnostics

// initializer_c1
// expected-error @+1 {{expects exactly one of a source and a recipe}}
vit.initializer @initializer_c1 : tensor<4xf32>

// -----

vit.initializer @w : tensor<4xf32> = #vit.random<1>
// expected-error @+1 {{expects to yield types ('tensor<2x2xf32>'), but got ('tensor<4xf32>')}}
vit.initializer @initializer_c2 : tensor<2x2xf32> {
  %0 = vit.weight @w : tensor<4xf32>
  vit.yield %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{expects a static type}}
vit.initializer @initializer_c3 : tensor<?xf32, #vit.batch<1>> = #vit.random<1>

// -----

// expected-error @+1 {{expects 16 bytes for 'tensor<4xf32>', but got 15 at offset 0}}
vit.initializer @initializer_c4 : tensor<4xf32> = #vit.file<"m.onnx", 0, 15, "">

// -----

func.func @weight_c1() {
  // expected-error @+1 {{expects @nothing to be a vit.initializer}}
  %0 = vit.weight @nothing : tensor<4xf32>
  return
}

// -----

vit.initializer @w : tensor<4xf32> = #vit.random<1>
func.func @weight_c1_type() {
  // expected-error @+1 {{expects the type of @w, 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %0 = vit.weight @w : tensor<5xf32>
  return
}

// -----

vit.initializer @weight_c2 : tensor<4xf32> {
  // expected-error @+1 {{expects @late to stand before the recipe that uses it}}
  %0 = vit.weight @late : tensor<4xf32>
  vit.yield %0 : tensor<4xf32>
}
vit.initializer @late : tensor<4xf32> = #vit.random<1>

// -----

func.func @reshape_c1(%x: tensor<?x8xf32, #vit.batch<4>>) {
  // expected-error @+1 {{expects 32*B elements, but got 16*B in [2*B, 8]}}
  %0 = vit.reshape %x : tensor<?x8xf32, #vit.batch<4>> -> tensor<?x8xf32, #vit.batch<2>>
  return
}

// -----

func.func @transpose_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a permutation of 2 dimensions, but got [0, 0]}}
  %0 = vit.transpose %x [0, 0] : tensor<4x8xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @transpose_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<8x4xf32>', but got 'tensor<4x8xf32>'}}
  %0 = vit.transpose %x [1, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects strides that are not 0}}
  %0 = vit.slice %x [0, 0] [1, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects elements within [0, 8) of dimension 1, but got 4 from 2 by 2}}
  %0 = vit.slice %x [0, 2] [1, 2] : tensor<4x8xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @slice_c3(%x: tensor<?x8xf32, #vit.batch<4>>) {
  // expected-error @+1 {{expects batch dimension 0 to be taken whole}}
  %0 = vit.slice %x [1, 0] [1, 1] : tensor<?x8xf32, #vit.batch<4>> -> tensor<?x8xf32, #vit.batch<3>>
  return
}

// -----

func.func @concat_c1(%x: tensor<4x8xf32>, %y: tensor<4x7xf32>) {
  // expected-error @+1 {{expects inputs that agree but for axis 0, but got [4, 8] and [4, 7]}}
  %0 = vit.concat %x, %y {axis = 0 : i64} : (tensor<4x8xf32>, tensor<4x7xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @gather_c1(%x: tensor<4x8xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects an axis in [0, 2), but got 2}}
  %0 = vit.gather %x, %i {axis = 2 : i64} : (tensor<4x8xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return
}

// -----

func.func @gather_c2(%x: tensor<4x8xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects a result of type 'tensor<2x8xf32>', but got 'tensor<4x2xf32>'}}
  %0 = vit.gather %x, %i {axis = 0 : i64} : (tensor<4x8xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<?x8xf32, #vit.batch<1>>) {
  // expected-error @+1 {{expects no padding of batch dimension 0}}
  %0 = vit.pad %x [1, 0] [0, 0] {value = 0.0 : f32} : tensor<?x8xf32, #vit.batch<1>> -> tensor<?x8xf32, #vit.batch<1>>
  return
}

// -----

func.func @pad_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a result of type 'tensor<5x7xf32>', but got 'tensor<5x8xf32>'}}
  %0 = vit.pad %x [1, -1] [0, 0] {value = 0.0 : f32} : tensor<4x8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @broadcast_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a shape that [4, 8] broadcasts to, but got [8]}}
  %0 = vit.broadcast %x : tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @pointwise_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects block arguments of types ('f32'), but got ('i32')}}
  %0 = vit.pointwise "id" (%x) [affine_map<(d0) -> (d0)>] : (tensor<4xf32>) -> tensor<4xi32> {
  ^bb0(%a: i32):
    vit.yield %a : i32
  }
  return
}

// -----

func.func @pointwise_c2(%x: tensor<4x8xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{expects map results that are dimensions of the input's sizes, or 0 at a size of 1}}
  %0 = vit.pointwise "add" (%x, %y) [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>] : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    vit.yield %s : f32
  }
  return
}

// -----

func.func @pointwise_c3(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects to yield types ('f16'), but got ('f32')}}
  %0 = vit.pointwise "cast" (%x) [affine_map<(d0) -> (d0)>] : (tensor<4xf32>) -> tensor<4xf16> {
  ^bb0(%a: f32):
    vit.yield %a : f32
  }
  return
}

// -----

func.func @pointwise_c4(%x: tensor<4xf16>) {
  %0 = vit.pointwise "add" (%x) [affine_map<(d0) -> (d0)>] : (tensor<4xf16>) -> tensor<4xf16> {
  ^bb0(%a: f16):
    // expected-error @+1 {{expects f32, i32, i64 or i1 in a pointwise payload (f16, bf16 and i8 in conversions), but got 'f16'}}
    %s = arith.addf %a, %a : f16
    vit.yield %s : f16
  }
  return
}

// -----

func.func @pointwise_c4_unknown(%x: tensor<4xi32>) {
  %0 = vit.pointwise "shift" (%x) [affine_map<(d0) -> (d0)>] : (tensor<4xi32>) -> tensor<4xi32> {
  ^bb0(%a: i32):
    // expected-error @+1 {{is no operation of a pointwise payload}}
    %s = arith.shli %a, %a : i32
    vit.yield %s : i32
  }
  return
}

// -----

func.func @quantize_c1(%x: tensor<4x8xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{expects a scale that is a scalar or [8], but got [4]}}
  %0 = vit.quantize %x, %s {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xi8>
  return
}

// -----

func.func @dequantize_c1(%x: tensor<4x8xi8>, %s: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+1 {{expects a zero point of 'i8', but got 'ui8'}}
  %0 = vit.dequantize %x, %s, %z {axis = 0 : i64} : (tensor<4x8xi8>, tensor<f32>, tensor<ui8>) -> tensor<4x8xf32>
  return
}

// -----

func.func @fused_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects to yield types ('tensor<8x4xf32>'), but got ('tensor<4x8xf32>')}}
  %0 = vit.fused (%x) : (tensor<4x8xf32>) -> tensor<8x4xf32> {
  ^bb0(%in: tensor<4x8xf32>):
    vit.yield %in : tensor<4x8xf32>
  }
  return
}

// -----

func.func @fused_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects at most one op that is not vit.pointwise, but got 2}}
  %0 = vit.fused (%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%in: tensor<4x8xf32>):
    %1 = vit.softmax %in {axis = 0 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
    %2 = vit.softmax %1 {axis = 0 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>
    vit.yield %2 : tensor<4x8xf32>
  }
  return
}

// -----

func.func @region_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects block arguments of types ('tensor<4x8xf32>'), but got ()}}
  %0 = vit.region 0 (%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
    %1 = vit.weight @w : tensor<4x8xf32>
    vit.yield %1 : tensor<4x8xf32>
  }
  return
}
vit.initializer @w : tensor<4x8xf32> = #vit.random<1>

// -----

func.func @region_c2(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{expects a device of 0 or more, but got -1}}
  %0 = vit.region -1 (%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%in: tensor<4x8xf32>):
    vit.yield %in : tensor<4x8xf32>
  }
  return
}

// -----

// expected-error @+1 {{#vit.batch expects one '?' dimension, but got 2}}
func.func @batch_one(%x: tensor<?x?xf32, #vit.batch<1>>) { return }
