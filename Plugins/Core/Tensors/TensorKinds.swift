import ZooPlugin

let tensorKinds: [Kind] = [
  Kind(Add.self), Kind(Subtract.self), Kind(Multiply.self), Kind(Divide.self), Kind(Scale.self),
  Kind(Concat.self), Kind(Split.self), Kind(Slice.self), Kind(Reshape.self), Kind(Flatten.self), Kind(Transpose.self), Kind(Pad.self),
  Kind(Gather.self), Kind(Embedding.self), Kind(OneHot.self), Kind(Full.self),
  Kind(MatrixProduct.self), Kind(Einsum.self),
  Kind(Sum.self), Kind(Mean.self), Kind(Max.self), Kind(LogSumExp.self), Kind(ArgMax.self),
]
