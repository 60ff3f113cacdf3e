import CFFI
import ZooPlugin

/// What is passed to a function that is called for each element, before its parameters are known.
struct MapBinding {
  let names: [String]
  let specs: [Spec]
  let arguments: String
}

/// A function of numbers, ready to be called for each element.
final class MappedFunction {
  let raw: OpaquePointer
  /// What its results become.
  let output: DType

  /// A function of these types at `address`; `attribute` is where its types stand.
  init(_ address: UnsafeMutableRawPointer, _ signature: Signature, _ binding: MapBinding, _ attribute: String) throws(LayerError) {
    switch signature.result {
    case .f32, .f64: output = .f32
    case .i32: output = .i32
    case .i64: output = .i64
    default: throw .attribute("\(attribute) \(signature): a function for every element returns f32, f64, i32 or i64")
    }
    if let pointer = signature.parameters.first(where: \.isPointer) {
      throw .attribute("\(attribute) \(signature): a function for every element takes numbers, not \(pointer), which foreign.call passes")
    }
    let arguments = try Self.arguments(signature, binding, attribute)
    guard let made = zoo_foreign_map_make(address, signature.resultCode, Int32(arguments.count), arguments) else {
      throw .internal("libffi cannot call a function \(signature)")
    }
    raw = made
  }

  deinit { zoo_foreign_map_destroy(raw) }

  private static func arguments(
    _ signature: Signature, _ binding: MapBinding, _ attribute: String
  ) throws(LayerError) -> [zoo_map_argument] {
    let given = try Argument.list("arguments", binding.arguments, count: signature.parameters.count, of: "\(attribute) \(signature)")
    var arguments: [zoo_map_argument] = []
    var unused = Set(binding.names)
    var reader = AttributeReader("arguments", binding.arguments)
    for (argument, parameter) in zip(given, signature.parameters) {
      var raw = zoo_map_argument(parameter: parameter.code, is_constant: 0, input: 0, constant: 0)
      switch argument {
      case .number(let text, let column):
        guard let word = parameter.type.word(text) else { throw reader.problem("\(text) is no \(parameter.type)", at: column) }
        (raw.is_constant, raw.constant) = (1, word)
      case .reference(let reference):
        guard let input = binding.names.firstIndex(of: reference.name) else {
          throw reader.problem(unknown(reference.name, among: binding.names), at: reference.column)
        }
        guard reference.what == .elements else {
          throw reader.problem("a function for every element takes elements and numbers", at: reference.column)
        }
        let (dtype, type) = (binding.specs[input].dtype, parameter.type)
        guard dtype == .f32 ? type.isFloat : (dtype == .i32 || dtype == .i64) && dtype == type.dtype else {
          throw .dtype("the elements of \(reference.name) are \(dtype), which is not passed as \(type)")
        }
        raw.input = Int32(input)
        unused.remove(reference.name)
      }
      arguments.append(raw)
    }
    if let name = binding.names.first(where: unused.contains) {
      throw .attribute("arguments '\(binding.arguments)' leaves the input '\(name)' out")
    }
    return arguments
  }
}

/// Where inputs are, as an array for C that `forward` can fill without allocating.
final class AddressTable {
  private let table: UnsafeMutableBufferPointer<UnsafeRawPointer?>

  init(_ count: Int) {
    table = .allocate(capacity: count)
    table.initialize(repeating: nil)
  }

  deinit { table.deallocate() }

  func fill(_ tensors: Tensors) -> UnsafePointer<UnsafeRawPointer?>? {
    for i in table.indices { table[i] = tensors.optional(i).map { UnsafeRawPointer($0.address) } }
    return UnsafePointer(table.baseAddress)
  }
}
