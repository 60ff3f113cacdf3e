import CFFI
import ZooPlugin

/// A tensor that a layer's call comes with.
enum TensorPlace: Hashable {
  case input(Int)
  case output(Int)
  case inputGradient(Int)
  case outputGradient(Int)

  /// Whether it is for a function to write; a derivative reads what the function wrote.
  func isWritten(inDerivative isDerivative: Bool) -> Bool {
    switch self {
    case .output: !isDerivative
    case .inputGradient: true
    case .input, .outputGradient: false
    }
  }
}

/// The tensors that a function can be called with, by their names in a manifest.
struct TensorNames {
  let inputs: [String]
  let inputSpecs: [Spec]
  let outputs: [String]
  let outputSpecs: [Spec]
  /// In a derivative outputs are read, and there are gradients.
  let isDerivative: Bool

  /// The tensor that `reference` is about.
  func find(_ reference: Reference, _ reader: inout AttributeReader) throws(LayerError) -> (place: TensorPlace, spec: Spec) {
    let isGradient = reference.what == .gradient
    if isGradient, !isDerivative { throw reader.problem("gradients are for derivative_arguments", at: reference.column) }
    if let i = inputs.firstIndex(of: reference.name) {
      if isGradient, inputSpecs[i].dtype != .f32 {
        throw reader.problem("\(reference.name) is \(inputSpecs[i].dtype), which has no gradient", at: reference.column)
      }
      return (isGradient ? .inputGradient(i) : .input(i), inputSpecs[i])
    }
    if let i = outputs.firstIndex(of: reference.name) {
      if isGradient, outputSpecs[i].dtype != .f32 {
        throw reader.problem("\(reference.name) is \(outputSpecs[i].dtype), which has no gradient", at: reference.column)
      }
      return (isGradient ? .outputGradient(i) : .output(i), outputSpecs[i])
    }
    throw reader.problem(unknown(reference.name, among: inputs + outputs), at: reference.column)
  }
}

/// A function with what it is called with: numbers that are known when it is planned, and tensors that are known when it is called.
final class Invocation {
  private enum Slot {
    case known
    case address(TensorPlace)
    /// The only element of an input; `widens`: an f32 passed as f64.
    case element(Int, widens: Bool)
  }

  /// Every tensor whose elements it reads or writes.
  private(set) var places: Set<TensorPlace> = []
  private let function: OpaquePointer
  private var slots: [Slot] = []
  private let words: UnsafeMutablePointer<UInt64>
  private var shapes: [UnsafeMutableRawPointer] = []

  /// Binds the arguments in the text of `attribute` to the parameters.
  init(
    _ address: UnsafeMutableRawPointer, _ signature: Signature, _ names: TensorNames, _ attribute: String, _ text: String
  ) throws(LayerError) {
    let arguments = try Argument.list(attribute, text, count: signature.parameters.count, of: "\(signature)")
    let codes = signature.parameters.map(\.code)
    guard let made = zoo_foreign_make(address, signature.resultCode, Int32(codes.count), codes) else {
      throw .internal("libffi cannot call a function \(signature)")
    }
    function = made
    words = .allocate(capacity: max(codes.count, 1))
    words.initialize(repeating: 0, count: max(codes.count, 1))
    var reader = AttributeReader(attribute, text)
    for (i, (argument, parameter)) in zip(arguments, signature.parameters).enumerated() {
      slots.append(try slot(i, argument, parameter, names, &reader))
    }
  }

  deinit {
    zoo_foreign_destroy(function)
    words.deallocate()
    for shape in shapes { shape.deallocate() }
  }

  private func slot(
    _ i: Int, _ argument: Argument, _ parameter: Signature.Parameter, _ names: TensorNames, _ reader: inout AttributeReader
  ) throws(LayerError) -> Slot {
    switch argument {
    case .number(let text, let column):
      guard !parameter.isPointer, let word = parameter.type.word(text) else {
        throw reader.problem("parameter \(i + 1) is \(parameter), which \(text) is not", at: column)
      }
      words[i] = word
      return .known
    case .reference(let reference):
      let (place, spec) = try names.find(reference, &reader)
      switch reference.what {
      case .elements where !parameter.isPointer: return try element(place, spec, parameter.type, reference, &reader)
      case .elements, .gradient: return try address(i, place, spec, parameter, isDerivative: names.isDerivative, reference, &reader)
      case .shape: words[i] = try shape(i, spec, parameter, reference, &reader)
      case .count, .rank, .length:
        let number = try reference.number(of: spec, &reader)
        guard !parameter.isPointer, !parameter.type.isFloat else {
          throw reader.problem("parameter \(i + 1) is \(parameter), but this is a whole number", at: reference.column)
        }
        guard let word = parameter.type.word(number) else {
          throw reader.problem("this is \(number), which is no \(parameter.type)", at: reference.column)
        }
        words[i] = word
      }
      return .known
    }
  }

  private func element(
    _ place: TensorPlace, _ spec: Spec, _ type: ScalarType, _ reference: Reference, _ reader: inout AttributeReader
  ) throws(LayerError) -> Slot {
    guard case .input(let input) = place, spec.count == 1 else {
      throw reader.problem(
        "only an input of one element is passed as \(type); \(reference.name) has shape \(spec.shape)", at: reference.column)
    }
    guard spec.dtype == type.dtype || spec.dtype == .f32 && type == .f64 else {
      throw reader.problem("the element of \(reference.name) is \(spec.dtype), which is not passed as \(type)", at: reference.column)
    }
    places.insert(place)
    return .element(input, widens: spec.dtype != type.dtype)
  }

  private func address(
    _ i: Int, _ place: TensorPlace, _ spec: Spec, _ parameter: Signature.Parameter, isDerivative: Bool, _ reference: Reference,
    _ reader: inout AttributeReader
  ) throws(LayerError) -> Slot {
    guard parameter.isPointer, parameter.type.dtype == spec.dtype else {
      throw reader.problem(
        "parameter \(i + 1) is \(parameter), but the elements of \(reference.name) are \(spec.dtype)", at: reference.column)
    }
    let isWritten = place.isWritten(inDerivative: isDerivative)
    guard parameter.isConst != isWritten else {
      throw reader.problem(
        isWritten
          ? "parameter \(i + 1) is \(parameter), but this is for the function to write: it takes \(parameter.type)*"
          : "parameter \(i + 1) is \(parameter), but this is for the function to read: it takes const \(parameter.type)*",
        at: reference.column)
    }
    places.insert(place)
    return .address(place)
  }

  private func shape(
    _ i: Int, _ spec: Spec, _ parameter: Signature.Parameter, _ reference: Reference, _ reader: inout AttributeReader
  ) throws(LayerError) -> UInt64 {
    guard parameter.isPointer, parameter.isConst, parameter.type == .i64 || parameter.type == .i32 else {
      throw reader.problem("parameter \(i + 1) is \(parameter), but a shape is const i64* or const i32*", at: reference.column)
    }
    let width = parameter.type.dtype.byteCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(spec.rank, 1) * width, alignment: width)
    shapes.append(memory)
    for (axis, length) in spec.shape.enumerated() {
      if parameter.type == .i64 {
        memory.storeBytes(of: Int64(length), toByteOffset: axis * width, as: Int64.self)
      } else if let narrow = Int32(exactly: length) {
        memory.storeBytes(of: narrow, toByteOffset: axis * width, as: Int32.self)
      } else {
        throw reader.problem("its axis \(axis) has length \(length), which is no i32", at: reference.column)
      }
    }
    return UInt64(UInt(bitPattern: memory))
  }

  /// Calls the function with the tensors that `locate` knows, and returns its result in the first bytes of a word.
  func invoke(_ inputs: Tensors, _ locate: (TensorPlace) -> UnsafeMutableRawPointer) -> UInt64 {
    for i in slots.indices {
      switch slots[i] {
      case .known: continue
      case .address(let place): words[i] = UInt64(UInt(bitPattern: locate(place)))
      case .element(let input, widens: true): words[i] = Double(inputs[input].floats[0]).bitPattern
      case .element(let input, widens: false):
        words[i] = 0
        UnsafeMutableRawPointer(words + i).copyMemory(from: inputs[input].address, byteCount: inputs[input].dtype.byteCount)
      }
    }
    var result: UInt64 = 0
    zoo_foreign_invoke(function, words, &result)
    return result
  }
}
