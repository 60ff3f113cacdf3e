import ZooFormats
import ZooTypes

/// A file that training can go on from: tensors, and what else there is to know as JSON in its metadata.
///
/// A checksum over both tells whether it is whole.
struct CheckpointFile {
  /// Its state.
  let state: JSON
  private let file: SafeTensors
  private let mapping: MappedFile

  private static let stateKey = "zoo.checkpoint"
  private static let checksumKey = "zoo.checksum"

  /// Reads and checks the file; `previous` is the checkpoint before it, if there is one.
  init(_ path: String, previous: String?) throws {
    let mapping = try MappedFile(path)
    let file: SafeTensors
    do throws(FileContentError) {
      file = try SafeTensors(mapping)
    } catch {
      throw CheckpointError.damaged(path: path, reason: error.cause.message, previous: previous)
    }
    guard let text = file.metadata.first(where: { $0.name == Self.stateKey })?.value else { throw CheckpointError.noCheckpoint(path: path) }
    let wanted = file.metadata.first { $0.name == Self.checksumKey }?.value
    let tensors = file.entries.map { NamedTensor($0.name, $0.spec, file.bytes(of: $0)) }
    guard Self.checksum(tensors, text) == wanted else {
      throw CheckpointError.damaged(path: path, reason: "its bytes do not have its checksum", previous: previous)
    }
    (self.file, self.mapping) = (file, mapping)
    do throws(JSONError) {
      state = try JSONDocument(Array(text.utf8), file: path).root
    } catch {
      throw CheckpointError.damaged(path: path, reason: error.message, previous: previous)
    }
  }

  /// Writes a checkpoint: into a temporary file, onto the disk, then renamed.
  static func write(_ tensors: [NamedTensor], state: JSON, to path: String) throws {
    let text = state.text()
    try SafeTensorsWriter.write(
      tensors, metadata: [("format", "pt"), (stateKey, text), (checksumKey, checksum(tensors, text))], to: path)
  }

  /// Copies the tensor of that name into memory that has its shape.
  func read(_ name: String, _ spec: Spec, into pointer: UnsafeMutableRawPointer?) throws(CheckpointError) {
    guard let entry = file[name], entry.spec == spec,
      let source = file.bytes(of: entry).baseAddress ?? pointer.map({ UnsafeRawPointer($0) })
    else { throw .otherTensor(path: mapping.path, tensor: name, wants: spec, has: file[name]?.spec) }
    pointer?.copyMemory(from: source, byteCount: spec.byteCount)
  }

  /// Does not depend on the order.
  private static func checksum(_ tensors: [NamedTensor], _ text: String) -> String {
    var whole = Checksum()
    whole.add(text)
    for tensor in tensors.sorted(by: { $0.name < $1.name }) {
      whole.add("\(tensor.name) \(tensor.spec)")
      whole.add(tensor.bytes)
    }
    return whole.text
  }
}
