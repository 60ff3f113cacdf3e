package import ZooFormats
package import ZooRuntime
import ZooTypes

/// One case of a fixture that a script in Tests/Reference computed with PyTorch: a kind, its attributes, and every tensor.
package struct KindFixture: CustomStringConvertible, @unchecked Sendable {
  package let kind: String
  package let name: String
  package let attributes: JSONObject
  /// nil: the case holds in inference and training alike.
  package let training: Bool?
  package let tolerance: Float
  package let absent: Set<Int>
  package let hasGradients: Bool
  private let file: SafeTensors

  package var description: String { "\(kind) \(name)" }

  /// Every case of every file in Tests/Fixtures/kinds.
  package static let all: [KindFixture] = {
    let folder = Repository.fixtures + "/kinds"
    return Repository.files(in: folder).filter { $0.hasSuffix(".safetensors") }.flatMap { name in
      do {
        return try load(folder + "/" + name, kind: String(name.dropLast(".safetensors".count)))
      } catch {
        fatalError("\(name): \(error)")
      }
    }
  }()

  private static func load(_ path: String, kind: String) throws -> [KindFixture] {
    let file = try SafeTensors(MappedFile(path))
    return try file.metadata.filter { $0.name != "format" }.map { entry in
      let json = try JSONDocument(Array(entry.value.utf8), file: "\(path) \(entry.name)").root
      return KindFixture(
        kind: kind, name: entry.name, attributes: json["attributes"]?.object ?? JSONObject(),
        training: json["training"]?.boolean == true ? true : nil, tolerance: Float(json["tolerance"]?.number ?? 1e-5),
        absent: Set((json["absent"]?.array ?? []).compactMap(\.integer)), hasGradients: json["no_gradient"]?.boolean != true, file: file)
    }
  }

  /// The tensor `<case>/<name>`.
  package func tensor(_ name: String) -> TensorBuffer? {
    file[self.name + "/" + name].map { TensorBuffer($0.spec, bytes: file.bytes(of: $0)) }
  }

  /// `prefix.0`, `prefix.1`, ...
  ///
  /// with nil for inputs that are absent.
  package func tensors(_ prefix: String) -> [TensorBuffer?] {
    let indices = file.entries.compactMap { entry -> Int? in
      let start = name + "/" + prefix + "."
      return entry.name.hasPrefix(start) ? Int(entry.name.dropFirst(start.count)) : nil
    }
    guard let last = (indices + (prefix == "input" ? absent : [])).max() else { return [] }
    return (0...last).map { tensor("\(prefix).\($0)") }
  }

  /// Every parameter by name.
  package var parameters: [(name: String, value: TensorBuffer)] { named("parameter") }
  /// What buffers hold after a training forward.
  package var buffersAfter: [(name: String, value: TensorBuffer)] { named("buffer_after") }

  private func named(_ prefix: String) -> [(name: String, value: TensorBuffer)] {
    let start = name + "/" + prefix + "."
    return file.entries.filter { $0.name.hasPrefix(start) }.map {
      (String($0.name.dropFirst(start.count)), TensorBuffer($0.spec, bytes: file.bytes(of: $0)))
    }
  }
}
