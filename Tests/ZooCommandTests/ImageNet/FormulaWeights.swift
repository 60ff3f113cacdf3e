import Testing
import ZooFormats
import ZooRuntime
import ZooTestSupport
import ZooTypes

/// Weights and images by the formula of Tests/Reference/imagenet.py, which has the reasons.
enum Formula {
  /// Calls `body` with each index and its number, a multiple of 2^-15 in [-1, 1).
  @inline(__always)
  private static func numbers(_ name: String, _ count: Int, _ body: (Int, Float) -> Void) {
    var key: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { key = (key ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for i in 0..<count {
      key &+= 0x9E37_79B9_7F4A_7C15
      var z = (key ^ key >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      body(i, (Float(z >> 48) - 32768) / 32768)
    }
  }

  /// Writes a parameter.
  static func parameter(_ name: String, _ shape: [Int], into floats: UnsafeMutableBufferPointer<Float>) {
    var (factor, offset): (Float, Float) = (0.25, 0)
    if shape.count > 1 {
      var limit = 12
      factor = 1
      while limit < shape[1...].reduce(1, *) { (limit, factor) = (4 * limit, factor / 2) }
    } else if name.hasSuffix("running_var") {
      (factor, offset) = (0.5, 1)
    } else if name.hasSuffix("weight") {
      offset = 0.75
    }
    numbers(name, shape.reduce(1, *)) { floats[$0] = offset + factor * $1 }
  }

  /// A picture of that many pixels across and down, of three channels.
  static func image(_ size: Int) -> [Float] {
    var image = [Float](repeating: 0, count: size * size * 3)
    numbers("image", image.count) { image[$0] = 2 * $1 }
    return image
  }
}

/// What Tests/Reference/imagenet.py found about a model.
struct ImageNetFixture {
  let output: [Float]
  /// Across and down, in pixels.
  let size: Int
  let parameterCount: Int
  /// The state dict, in PyTorch's order.
  let state: [(name: String, shape: [Int])]

  init(_ model: String) throws {
    let file = try SafeTensors(MappedFile("\(Repository.fixtures)/models/\(model).safetensors"))
    let output = try #require(file["output"])
    self.output = TensorBuffer(output.spec, bytes: file.bytes(of: output)).floats
    func said(_ name: String) throws -> String { try #require(file.metadata.first { $0.name == name }?.value) }
    size = try #require(Int(said("size")))
    parameterCount = try #require(Int(said("parameters")))
    state = try said("state").split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      return (String(parts[0]), parts.count < 2 ? [] : parts[1].split(separator: ",").compactMap { Int($0) })
    }
  }

  /// A file like what PyTorch writes for the state dict, with numbers by the formula.
  func weights() -> [UInt8] {
    func isCount(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
    var entries: [String] = []
    var ranges: [Range<Int>] = []
    for (name, shape) in state {
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + shape.reduce(isCount(name) ? 8 : 4, *))
      let (type, offsets) = (isCount(name) ? "I64" : "F32", [start, ranges[ranges.count - 1].upperBound])
      entries.append("\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}")
    }
    var header = "{\(entries.joined(separator: ","))}"
    header += String(repeating: " ", count: (64 - (8 + header.utf8.count) % 64) % 64)
    let start = 8 + header.utf8.count
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    var file = length + Array(header.utf8) + [UInt8](repeating: 0, count: ranges.last?.upperBound ?? 0)
    file.withUnsafeMutableBytes { file in
      for ((name, shape), range) in zip(state, ranges) where !isCount(name) {
        let tensor = UnsafeMutableRawBufferPointer(rebasing: file[(start + range.lowerBound)..<(start + range.upperBound)])
        Formula.parameter(name, shape, into: tensor.bindMemory(to: Float.self))
      }
    }
    return file
  }
}
