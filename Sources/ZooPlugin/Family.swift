public import CZoo

/// A family: kinds and codecs in one shared library. `Entry.swift` makes one and returns its table:
///
///     let family = Family("tiny", version: "1.0.0", "Two small layers.", kinds: [Kind(Scale.self), Kind(Shift.self)])
///
///     @c(zoo_family_v1) public func entry(_ host: UnsafePointer<zoo_host>) -> UnsafePointer<zoo_family>? { family.table }
public struct Family: @unchecked Sendable {
  /// What the host reads.
  ///
  /// It lives as long as the process.
  public let table: UnsafePointer<zoo_family>

  /// Builds the tables.
  ///
  /// Every kind's name starts with `name` and a dot.
  public init(_ name: String, version: String, _ summary: String, kinds: [Kind], codecs: [CodecEntry] = []) {
    let family = UnsafeMutablePointer<zoo_family>.allocate(capacity: 1)
    family.initialize(
      to: zoo_family(
        size: UInt32(MemoryLayout<zoo_family>.size), abi_major: UInt32(ZOO_ABI_MAJOR), abi_minor: UInt32(ZOO_ABI_MINOR),
        kind_count: UInt32(kinds.count), codec_count: UInt32(codecs.count),
        name: permanent(name), version: permanent(version), summary: permanent(summary), build: permanent("Swift 6"),
        kinds: UnsafePointer(permanent(kinds.map { Optional($0.table) })),
        codecs: UnsafePointer(permanent(codecs.map { Optional($0.table) }))))
    table = UnsafePointer(family)
  }
}

/// A layer type as the protocol's table.
public struct Kind: @unchecked Sendable {
  let table: UnsafePointer<zoo_kind>

  /// A kind without backward.
  public init<L: Layer>(_ type: L.Type) {
    table = kindTable(type.declaration, backward: nil) { LayerBox<L>(layer: L()) }
  }

  /// A kind with backward.
  public init<L: DifferentiableLayer>(_ type: L.Type) {
    table = kindTable(type.declaration, backward: backwardThunk) { DifferentiableLayerBox<L>(layer: L()) }
  }
}

/// A codec type as the protocol's table.
public struct CodecEntry: @unchecked Sendable {
  let table: UnsafePointer<zoo_codec>

  /// A codec.
  public init<C: Codec>(_ type: C.Type) {
    table = codecTable(type)
  }
}
