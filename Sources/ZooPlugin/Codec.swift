import CZoo

/// Turns the bytes of files into tensors and back.
///
/// The bytes come from anywhere: trust no length that you read in them.
public protocol Codec {
  /// Name, summary, extensions and attributes.
  static var declaration: CodecDeclaration<Self> { get }

  /// A codec whose attributes have their defaults.
  init()

  /// Says what `decode` will write, from as little of the file as it can: one item of the port, or all of it.
  /// `wanted` is the port's shape with -1 for axes of any length; nil: nothing is known.
  func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec

  /// Writes every element of `tensor`, which has the spec that `describe` returned.
  func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError)

  /// The tensor (first axis: the items) as a file's bytes, as lines for a terminal, or as one JSON value.
  func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8]
}

/// What `Codec.encode` is asked for.
public enum EncodingFormat: Int32, Sendable {
  case file = 0
  case text = 1
  case json = 2
}

/// What a codec says about itself.
public struct CodecDeclaration<Owner> {
  let name: String
  let summary: String
  let extensions: [String]
  let attributes: [Attribute<Owner>]
  let reads: Bool
  let writes: Bool
  let isRunningText: Bool

  /// Declares a codec.
  ///
  /// `extensions` are those of the files that it reads and writes. Files of running text may be written by hand, and what it encodes as
  /// text for the parts of one along the last axis is joined without anything between them.
  public init(
    _ name: String, _ summary: String, extensions: [String], attributes: [Attribute<Owner>] = [], reads: Bool = true, writes: Bool = true,
    isRunningText: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.extensions = extensions
    self.attributes = attributes
    self.reads = reads
    self.writes = writes
    self.isRunningText = isRunningText
  }
}

extension Codec {
  /// Says that this codec does not read.
  public func describe(_ bytes: UnsafeRawBufferPointer, wanted: Spec?) throws(LayerError) -> Spec {
    throw .unsupported("this codec does not read")
  }
  /// Says that this codec does not read.
  public func decode(_ bytes: UnsafeRawBufferPointer, into tensor: Tensor) throws(LayerError) {
    throw .unsupported("this codec does not read")
  }
  /// Says that this codec does not write.
  public func encode(_ tensor: Tensor, as format: EncodingFormat) throws(LayerError) -> [UInt8] {
    throw .unsupported("this codec does not write")
  }
}
