import ZooFormats

extension Model {
  /// Reads the files whose text some attributes of codecs are, such as the names of a thousand classes.
  ///
  /// Their paths lead into the manifest's folder and the zoo.
  public mutating func readFiles(manifestFolder: String, zooRoot: String) throws {
    for g in graphs.indices {
      for i in graphs[g].graph.inputs.indices {
        try graphs[g].graph.inputs[i].codec?.readFiles(manifestFolder: manifestFolder, zooRoot: zooRoot)
      }
      for i in graphs[g].graph.outputs.indices {
        try graphs[g].graph.outputs[i].codec?.readFiles(manifestFolder: manifestFolder, zooRoot: zooRoot)
      }
    }
  }
}

extension CodecChoice {
  fileprivate mutating func readFiles(manifestFolder: String, zooRoot: String) throws {
    for (attribute, path) in files {
      let file = try MappedFile(try path.resolve(manifestFolder: manifestFolder, zooRoot: zooRoot))
      let length = file.withUnsafeBytes(\.count)
      guard length <= Manifest.longest else { throw ManifestError(.tooLong(bytes: length, limit: Manifest.longest), at: path.place) }
      attributes[attribute] = .text(String(decoding: file.contents, as: UTF8.self))
    }
    files = [:]
  }
}
